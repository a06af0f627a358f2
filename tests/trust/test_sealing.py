import hmac
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.trust.sealing import KEY_FILE, Seal, SealBroken, open_seal

SEAL = Seal(bytes(range(32)), os.urandom)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_opens_under_its_name(data: bytes, about: str) -> None:
    sealed = SEAL.close(data, about)
    assert SEAL.open(sealed, about) == data
    assert len(sealed) == len(data) + 28


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    sealed = SEAL.close(b"a face" * 20, "source")
    assert b"a face" not in sealed
    assert sealed != SEAL.close(b"a face" * 20, "source")


def test_the_first_bytes_are_the_nonce_and_the_key_is_aes_256() -> None:
    """Against a ciphertext of the AES-GCM test vectors (McGrew and Viega, case 13)."""
    seal = Seal(bytes(32), lambda count: bytes(count))
    assert seal.close(b"", "").hex() == "00" * 12 + "530f8afbc74536b9a963b4f1c4cb738b"


@given(st.integers(0, 33), st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, change: int) -> None:
    sealed = bytearray(SEAL.close(b"secret", "x"))
    sealed[at] ^= change
    with pytest.raises(SealBroken):
        SEAL.open(bytes(sealed), "x")


def test_it_opens_under_no_other_name_or_key_and_not_cut_short() -> None:
    sealed = SEAL.close(b"secret", "source src_1")
    other = Seal(bytes(32), os.urandom)
    for seal, data, about in (
        (SEAL, sealed, "source src_2"),
        (other, sealed, "source src_1"),
        (SEAL, sealed[:-1], "source src_1"),
        (SEAL, b"", "source src_1"),
    ):
        with pytest.raises(SealBroken):
            seal.open(data, about)


def test_a_thing_s_own_key_is_that_of_rfc_5869_and_tells_nothing_of_others() -> None:
    seal = Seal(b"\x0b" * 32, os.urandom)
    # By Python's own HMAC: HKDF without salt, one block.
    extracted = hmac.digest(bytes(32), b"\x0b" * 32, "sha256")
    assert seal.key_for("recording rec_1") == hmac.digest(
        extracted, b"recording rec_1\x01", "sha256"
    )
    assert seal.key_for("recording rec_2") != seal.key_for("recording rec_1")


@pytest.mark.parametrize("loss", ["gone", "another", "short"])
def test_a_directory_without_its_key_is_not_opened_with_a_new_one(
    tmp_path: Path, loss: str
) -> None:
    open_seal(tmp_path, os.urandom)
    key = tmp_path / KEY_FILE
    if loss == "gone":
        key.unlink()
    else:
        key.write_bytes(os.urandom(32 if loss == "another" else 7))
    with pytest.raises(SealBroken, match="Put it back"):
        open_seal(tmp_path, os.urandom)
    assert loss != "gone" or not key.exists()


def test_the_key_may_be_a_link_to_where_secrets_are_kept(tmp_path: Path) -> None:
    sealed = open_seal(tmp_path / "data", os.urandom).close(b"secret", "x")
    key, safe = tmp_path / "data" / KEY_FILE, tmp_path / "safe"
    key.rename(safe)
    key.symlink_to(safe)
    assert open_seal(tmp_path / "data", os.urandom).open(sealed, "x") == b"secret"
    safe.unlink()
    with pytest.raises(SealBroken):
        open_seal(tmp_path / "data", os.urandom)
    assert key.is_symlink() and not safe.exists()


def test_a_key_of_an_earlier_version_is_kept_and_watched_from_then_on(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(bytes(32))
    sealed = open_seal(tmp_path, os.urandom).close(b"secret", "x")
    assert Seal(bytes(32), os.urandom).open(sealed, "x") == b"secret"
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(SealBroken):
        open_seal(tmp_path, os.urandom)


def test_an_installation_keeps_one_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    sealed = open_seal(tmp_path, os.urandom).close(b"secret", "x")
    assert open_seal(tmp_path, os.urandom).open(sealed, "x") == b"secret"
    mode = stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode)
    assert mode == 0o600
    assert len((tmp_path / KEY_FILE).read_bytes()) == 32
