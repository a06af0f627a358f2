"""What an installation makes for itself at its first start, and keeps in the data directory."""

import base64
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from joserfc.jwk import OKPKey

from mien.errors import ParameterError
from mien.live.ids import RandomBytes
from mien.settings import Settings
from mien.trust.private_file import write_private

SECRETS_FILE = "installation.json"
KEY_FILE = "token-key.pem"
OPERATOR_FILE = "operator-token"


@dataclass(frozen=True, repr=False)
class Installation:
    """The installation's own secrets; its repr shows none of them.

    app_id and app_certificate sign media tokens (32 hex each, as Agora's are). pepper: hex, mixed
    into every stored secret's digest.
    """

    client_id: str
    client_secret: str
    app_id: str
    app_certificate: str
    pepper: str


def open_installation(settings: Settings, random: RandomBytes) -> Installation:
    """Read what an earlier start kept, or make it. Credentials in the settings win."""
    path = settings.data_dir / SECRETS_FILE
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        write_private(path, json.dumps(asdict(_fresh(random)), indent=2).encode())
    kept = Installation(**json.loads(path.read_text()))
    secret = settings.client_secret
    return Installation(
        client_id=settings.client_id or kept.client_id,
        client_secret=secret.get_secret_value() if secret else kept.client_secret,
        app_id=kept.app_id,
        app_certificate=kept.app_certificate,
        pepper=kept.pepper,
    )


def keep_secret(settings: Settings, secret: str) -> None:
    """Have the next start use another client secret.

    Raises ParameterError where the settings say it: they would win.
    """
    if settings.client_secret is not None:
        raise ParameterError("The secret is MIEN_CLIENT_SECRET", "set another one there.")
    path = settings.data_dir / SECRETS_FILE
    kept = Installation(**json.loads(path.read_text()))
    changed = asdict(replace(kept, client_secret=secret))
    write_private(path, json.dumps(changed, indent=2).encode())


def open_signing_key(data_dir: Path) -> OKPKey:
    """The Ed25519 key that signs tokens; made at the first start."""
    path = data_dir / KEY_FILE
    if not path.exists():
        write_private(path, OKPKey.generate_key("Ed25519").as_pem(private=True))
    return OKPKey.import_key(path.read_bytes())


def open_operator_token(data_dir: Path, random: RandomBytes) -> str:
    """What the operator's own calls are told by; made at the first start."""
    path = data_dir / OPERATOR_FILE
    if not path.exists():
        write_private(path, base64.urlsafe_b64encode(random(32)).rstrip(b"="))
    return path.read_text().strip()


def _fresh(random: RandomBytes) -> Installation:
    return Installation(
        client_id=random(12).hex(),
        client_secret=base64.urlsafe_b64encode(random(32)).decode().rstrip("="),
        app_id=random(16).hex(),
        app_certificate=random(16).hex(),
        pepper=random(32).hex(),
    )
