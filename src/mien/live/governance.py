"""Which policy an installation is under: the signed one in its data directory, or its settings."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mien.settings import LostFace, Settings
from mien.trust.audit import AuditLog
from mien.trust.policy import Policy, PolicyRefused, read_signed, sign_policy
from mien.trust.private_file import write_private

POLICY_FILE, PIN_FILE = "policy.json", "policy-key.pem"


def signed_policy(data_dir: Path) -> Policy | None:
    """The policy in force; None where nobody has ever signed one. Raises PolicyRefused."""
    path, pin = data_dir / POLICY_FILE, data_dir / PIN_FILE
    if not path.exists() and not pin.exists():
        return None
    if not pin.exists():
        raise PolicyRefused(f"{pin} is missing: nothing says whose policy {path} may be.")
    if not path.exists():
        raise PolicyRefused(
            f"{path} is missing, but {pin} says that there is a policy. Sign it again, or delete "
            "that file too to go back to the settings."
        )
    return read_signed(path.read_bytes(), _pinned(pin))


def install_policy(data_dir: Path, policy: Policy, key: Ed25519PrivateKey, log: AuditLog) -> None:
    """Sign a policy and put it in force from the next start on; the first one pins the key.

    Raises PolicyRefused for another key than the pinned one.
    """
    pin, signed = data_dir / PIN_FILE, sign_policy(policy, key)
    if pin.exists():
        read_signed(signed, _pinned(pin))
    else:
        write_private(pin, _public_pem(key.public_key()))
    log.append("policy.changed", digest=policy.digest, label=policy.label)
    write_private(data_dir / POLICY_FILE, signed)


def govern(settings: Settings, policy: Policy | None) -> Settings:
    """The settings as the policy has them; a policy decides alone."""
    if policy is None:
        return settings
    recording = settings.recording.model_copy(
        update={"allow": policy.recording == "allow", "keep_days": policy.recording_days}
    )
    return settings.model_copy(
        update={
            "likeness": policy.likeness,
            "gate": policy.gate,
            "lost_face": LostFace(policy.lost_face),
            "recording": recording,
        }
    )


def policy_of(settings: Settings) -> Policy:
    """What settings amount to."""
    return Policy(
        likeness=settings.likeness,
        gate=settings.gate,
        recording="allow" if settings.recording.allow else "deny",
        recording_days=settings.recording.keep_days,
        lost_face=settings.lost_face.value,
    )


def _pinned(pin: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pin.read_bytes())
    except ValueError as error:
        raise PolicyRefused(f"{pin} can't be read as a key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise PolicyRefused(f"{pin} holds no Ed25519 key.")
    return key


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
