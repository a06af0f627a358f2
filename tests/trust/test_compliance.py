import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mien.settings import C2paSettings, LostFace, RecordingSettings, Settings
from mien.trust.compliance import compliance_of
from mien.trust.policy import Policy
from mien.trust.signed_json import is_signed
from mien.trust.tenant_policy import TenantPolicy

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def stated(policy: Policy | None = None, **settings: Any) -> dict[str, Any]:
    statement: dict[str, Any] = compliance_of(
        Settings(**settings), policy, "1.2.3", 1_800_000_000.0, KEY
    )["statement"]
    return statement


def states(**settings: Any) -> dict[str, str]:
    return {one["id"]: one["state"] for one in stated(**settings)["requirements"]}


def test_a_fresh_installation_says_what_it_lacks() -> None:
    assert states() == {
        **{f"R{number}": "on" for number in (1, 2, 4, 5, 6, 7, 10, 11, 12, 13)},
        **{f"R{number}": "partly" for number in (3, 8, 9)},
    }
    assert list(states()) == [f"R{number}" for number in range(1, 14)]
    assert stated()["encrypted_at_rest"][:3] == ["prepared source faces", "previews", "recordings"]


@pytest.mark.parametrize(
    ("settings", "requirement", "state"),
    [
        ({"likeness": "required"}, "R8", "on"),
        ({"gate": "required"}, "R9", "on"),
        ({"gate": "off"}, "R9", "off"),
        ({"lost_face": LostFace.PASS}, "R12", "off"),
        ({"lost_face": LostFace.HOLD}, "R12", "on"),
        ({"c2pa": C2paSettings(cert=Path("c"), key=Path("k"))}, "R3", "partly"),
        (
            {"c2pa": C2paSettings(cert=Path("c"), key=Path("k"), tsa_url="http://tsa.test")},
            "R3",
            "on",
        ),
    ],
)
def test_it_follows_what_is_set(settings: dict[str, Any], requirement: str, state: str) -> None:
    assert states(**settings)[requirement] == state


def test_it_says_when_what_and_by_whose_word() -> None:
    statement = stated(recording=RecordingSettings(allow=False, keep_days=2))
    assert statement["version"] == "1.2.3"
    assert statement["made_at"] == "2027-01-15T08:00:00Z"
    assert statement["policy"] == {"signed": False, "digest": None}
    assert statement["tenants"] == {"with_own_rules": 0, "laxer": 0}
    assert statement["recording"] == {"allowed": False, "days": 2}
    by_policy = stated(Policy())
    assert by_policy["policy"] == {"signed": True, "digest": Policy().digest}


def test_anybody_can_check_who_signed_it() -> None:
    signed = compliance_of(Settings(), None, "1.2.3", 0.0, KEY)
    kept = json.loads(json.dumps(signed))
    key = Ed25519PublicKey.from_public_bytes(b64decode(kept["key"]))
    assert key == KEY.public_key()
    assert is_signed(kept["statement"], kept["signature"], key)
    kept["statement"]["requirements"][7]["state"] = "on"
    assert not is_signed(kept["statement"], kept["signature"], key)


def test_a_stricter_tenant_changes_nothing_that_is_said_of_all() -> None:
    strict = TenantPolicy(likeness="required", recording_days=1.0)
    statement = stated(Policy(tenants={"acme": strict}))
    assert statement["tenants"] == {"with_own_rules": 1, "laxer": 0}
    assert statement["requirements"] == stated(Policy())["requirements"]
    assert statement["recording"] == {"allowed": True, "days": 7.0}


def test_a_laxer_tenant_is_told_and_not_named() -> None:
    lax = TenantPolicy(gate="off", lost_face="pass", recording="allow", laxer=True)
    policy = Policy(gate="required", recording="deny", tenants={"acme": lax})
    # A server's settings are those of its policy.
    denied = RecordingSettings(allow=False)
    statement = stated(policy, gate="required", recording=denied)
    assert statement["tenants"] == {"with_own_rules": 1, "laxer": 1}
    assert statement["recording"]["allowed"] is True
    told = {one["id"]: one for one in statement["requirements"]}
    assert (told["R9"]["state"], told["R12"]["state"]) == ("off", "off")
    assert told["R9"]["detail"] == "For some tenants: Contents are not checked."
    assert "acme" not in json.dumps(statement)


def test_it_says_who_draws_the_label() -> None:
    details = [
        next(one["detail"] for one in stated(policy)["requirements"] if one["id"] == "R2")
        for policy in (None, Policy(), Policy(label="client"))
    ]
    assert details[0] == details[1] == "Burned in, with an opening card."
    assert details[2].startswith("Drawn by the pages that say that they do")
