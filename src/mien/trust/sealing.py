"""What lies on the disk of people's faces is encrypted with the installation's key."""

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mien.errors import MienError
from mien.trust.private_file import write_private

KEY_FILE, CHECK_FILE = "storage-key", "storage-key-check"
KEY_BYTES = 32
# NIST SP 800-38D: 96 random bits are safe for 2^32 messages under one key.
NONCE_BYTES = 12

RandomBytes = Callable[[int], bytes]


class SealBroken(MienError):
    """Sealed bytes were changed, belong elsewhere, or were sealed with another key."""


class Seal:
    """AES-256-GCM. `about` names whose bytes they are; sealed bytes open under that name alone."""

    def __init__(self, key: bytes, random: RandomBytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)
        self._random = random

    def close(self, data: bytes, about: str) -> bytes:
        """The bytes, encrypted; 28 more than before."""
        nonce = self._random(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed under that name. Raises SealBroken."""
        try:
            nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return self._cipher.decrypt(nonce, body, about.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                f"The stored {about} can't be opened: it was changed, or {KEY_FILE} was."
            ) from error

    def key_for(self, about: str) -> bytes:
        """A key of 256 bits for one thing alone (RFC 5869): it tells nothing of this seal's."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=about.encode()).derive(self._key)


def open_seal(data_dir: Path, random: RandomBytes) -> Seal:
    """The seal of a data directory; its key is made at the first use, for its owner only.

    Raises SealBroken where the key is not the one that the directory was sealed with.
    """
    path, check = data_dir / KEY_FILE, data_dir / CHECK_FILE
    if not path.exists() and not check.exists():
        write_private(path, random(KEY_BYTES))
    try:
        seal = Seal(path.read_bytes(), random)
        if check.exists():
            seal.open(check.read_bytes(), CHECK_FILE)
        else:
            write_private(check, seal.close(b"", CHECK_FILE))
    except (OSError, ValueError, SealBroken) as error:
        raise SealBroken(
            f"{path} is missing or not the key that this directory was sealed with. Put it back; "
            "without it faces, records and recordings are lost, and only an empty directory helps."
        ) from error
    return seal
