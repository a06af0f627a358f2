"""`compliance.json`: which of the requirements R1 to R13 an installation meets as it is set up.

A requirement that is met by half is `partly`, and its text says which half.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.settings import C2paSettings, Settings
from mien.trust.policy import Policy
from mien.trust.signed_json import key_name, sign_json
from mien.trust.strictness import LabelBy

State = Literal["on", "partly", "off", "absent"]
# The more of a requirement is met, the further behind.
BY_STRICTNESS: tuple[State, ...] = ("absent", "off", "partly", "on")

LIKENESS: dict[str, tuple[State, str]] = {
    "required": ("on", "A face needs a proven record; withdrawing it ends its sessions."),
    "implicit": ("partly", "Who uploads a face attests by that; nothing is proven."),
}
GATE: dict[str, tuple[State, str]] = {
    "required": ("on", "Uploads and live pictures are checked; what can't be checked is refused."),
    "on": ("partly", "Uploads and live pictures are checked; what can't be checked passes."),
    "off": ("off", "Contents are not checked."),
}
LABEL: dict[LabelBy, str] = {
    "burned_in": "Burned in, with an opening card.",
    "client": "Drawn by the pages that say that they do, else burned in; the policy has it so.",
}
LOST_FACE: dict[str, tuple[State, str]] = {
    "blur": ("on", "Blurred while there is no face to swap."),
    "hold": ("on", "The last swapped picture is held while there is no face to swap."),
    "pass": ("off", "The camera's own picture is shown while there is no face to swap."),
}

ENCRYPTED = (
    "prepared source faces",
    "previews",
    "recordings",
    "embeddings",
    "names in likeness records",
    "consent clips",
)


@dataclass(frozen=True)
class Requirement:
    """One of R1 to R13, and how far it is met."""

    id: str
    name: str
    state: State
    detail: str


def compliance_of(
    settings: Settings, policy: Policy | None, version: str, now: float, key: Ed25519PrivateKey
) -> dict[str, Any]:
    """The statement with the installation's signature.

    settings: as the policy has them. policy: the signed one, None where settings decide.
    """
    statement = {
        "about": "mien compliance 1",
        "version": version,
        "made_at": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "policy": {
            "signed": policy is not None,
            "digest": None if policy is None else policy.digest,
        },
        "tenants": _tenants(policy),
        "recording": _recording(settings, policy),
        "requirements": [asdict(one) for one in _requirements(settings, policy)],
        "encrypted_at_rest": list(ENCRYPTED),
    }
    return {
        "statement": statement,
        "signature": sign_json(statement, key),
        "key": key_name(key.public_key()),
    }


def _requirements(settings: Settings, policy: Policy | None) -> Iterator[Requirement]:
    yield from _marks(settings, policy)
    told = "To every page at the start and every minute, and by GET for players."
    yield Requirement("R7", "signed session statements", "on", told)
    yield Requirement(
        "R8", "likeness records", *_laxest("likeness", LIKENESS, settings.likeness, policy)
    )
    yield Requirement(
        "R9", "content gate and block list", *_laxest("gate", GATE, settings.gate, policy)
    )
    yield Requirement("R10", "audit log", "on", "Chained and signed; keep checkpoints elsewhere.")
    yield Requirement("R11", "kill switch", "on", "For all, a tenant, a likeness, a session.")
    lost = _laxest("lost_face", LOST_FACE, settings.lost_face.value, policy)
    yield Requirement("R12", "lost faces", *lost)
    by = "The settings decide." if policy is None else "The operator's signed policy decides."
    yield Requirement("R13", "this statement", "on", by)


def _laxest(
    field: str, table: Mapping[str, tuple[State, str]], value: str, policy: Policy | None
) -> tuple[State, str]:
    """What is met for every tenant; the statement names none of them."""
    own = [getattr(policy.of(name), field) for name in policy.tenants] if policy else []
    general = table[value]
    state, detail = min([general, *map(table.__getitem__, own)], key=_rank)
    return general if state == general[0] else (state, f"For some tenants: {detail}")


def _rank(met: tuple[State, str]) -> int:
    return BY_STRICTNESS.index(met[0])


def _tenants(policy: Policy | None) -> dict[str, int]:
    """How many have rules of their own, and how many of those let more through."""
    if policy is None:
        return {"with_own_rules": 0, "laxer": 0}
    general = policy.as_json()
    laxer = sum(bool(own.laxer_in(general)) for own in policy.tenants.values())
    return {"with_own_rules": len(policy.tenants), "laxer": laxer}


def _recording(settings: Settings, policy: Policy | None) -> dict[str, Any]:
    """Whether any tenant's sessions may be recorded, and the longest that recordings are kept."""
    own = [policy.of(name) for name in policy.tenants] if policy else []
    allowed = settings.recording.allow or any(one.recording == "allow" for one in own)
    days = max([settings.recording.keep_days, *(one.recording_days for one in own)])
    return {"allowed": allowed, "days": days}


def _marks(settings: Settings, policy: Policy | None) -> Iterator[Requirement]:
    yield Requirement("R1", "invisible mark", "on", "In every frame that leaves.")
    yield Requirement("R2", "visible label", "on", LABEL[policy.label if policy else "burned_in"])
    yield Requirement("R3", "C2PA manifests", *_manifests(settings.c2pa))
    kept = "Kept as ingredients of swapped files, recordings and snapshots."
    yield Requirement("R4", "inputs' manifests", "on", kept)
    kept = "Session, tenant, likeness records, time and version, for good."
    yield Requirement("R5", "registry of marks", "on", kept)
    yield Requirement("R6", "free detector", "on", "By command, page and API.")


def _manifests(c2pa: C2paSettings) -> tuple[State, str]:
    if c2pa.cert is None:
        return "partly", "Signed by a development CA that nobody else trusts."
    if c2pa.tsa_url is None:
        return "partly", "Signed by the operator's certificate, without time stamps."
    return "on", "Signed by the operator's certificate, with time stamps."
