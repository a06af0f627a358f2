"""What the server says of a live session, signed: a compact JWS that anybody can check.

Our own extension, and named as such in the header's `typ`: no C2PA exists for RTP.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import TypeAdapter, ValidationError

from mien.errors import MienError
from mien.trust.statement_keys import StatementKeys
from mien.trust.strictness import LabelBy

TYPE = "mien-session-statement+jwt"
# RFC 9864's name for EdDSA over Ed25519; no other algorithm is ever accepted.
ALGORITHMS = ["Ed25519"]
MAX_TEXT = 4096


class StatementRefused(MienError):
    """It was changed, or is signed by nobody who is known, or is no session statement."""


@dataclass(frozen=True)
class SessionStatement:
    """Nothing in it names a person or a tenant.

    iss: the installation. iat: seconds since 1970. session, mark_id: as the registry has them, 32
    and 12 hex digits. policy: digest of the policy in force; policy_signed: by an operator, else
    it is what the settings amount to. label: who draws the visible label.
    """

    iss: str
    iat: int
    session: str
    mark_id: str
    policy: str
    policy_signed: bool
    label: LabelBy
    engine_version: str

    def as_text(self) -> str:
        """In a sentence."""
        made = datetime.fromtimestamp(self.iat, UTC)
        return (
            f"On {made:%Y-%m-%d at %H:%M:%S} UTC {self.iss} had session {self.session} live, "
            f"marked {self.mark_id}, by mien {self.engine_version} under policy {self.policy[:16]}."
        )


def sign_statement(statement: SessionStatement, key: OKPKey) -> str:
    """The statement as a compact JWS."""
    header = {"typ": TYPE, "alg": ALGORITHMS[0], "kid": key.thumbprint()}
    payload = json.dumps(asdict(statement), separators=(",", ":")).encode()
    return jws.serialize_compact(header, payload, key, algorithms=ALGORITHMS)


def read_statement(text: str, keys: StatementKeys) -> SessionStatement:
    """What one of the keys has signed, byte for byte. Raises StatementRefused."""
    if len(text) > MAX_TEXT:
        raise StatementRefused("This is no session statement.")
    try:
        header = jws.extract_compact(text.encode()).headers()
        key = keys.find(header.get("kid"))
        if header.get("typ") != TYPE or key is None:
            raise StatementRefused("No key that is known here has signed this as a statement.")
        payload = jws.deserialize_compact(text, key, algorithms=ALGORITHMS).payload
        return TypeAdapter(SessionStatement).validate_json(payload, strict=True)
    except (JoseError, ValidationError, ValueError, TypeError) as error:
        raise StatementRefused("The statement was changed after it was signed.") from error


def statement_json(statement: SessionStatement) -> dict[str, Any]:
    """Its claims."""
    return asdict(statement)
