import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.trust.policy import Policy, PolicyRefused, read_draft, read_signed, sign_policy
from mien.trust.tenant_policy import TenantPolicy

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ACME = TenantPolicy(likeness="required", recording="deny")
WITH_ACME = Policy(tenants={"acme": ACME})


def draft(tenants: Any, **installation: Any) -> bytes:
    return json.dumps({**Policy(**installation).as_json(), "tenants": tenants}).encode()


def test_a_tenant_is_under_its_own_fields_and_everybody_else_s() -> None:
    assert WITH_ACME.of("acme") == Policy(likeness="required", recording="deny")
    assert WITH_ACME.of("other") == Policy()
    assert Policy().of("acme") == Policy()


def test_it_is_signed_with_the_installation_s() -> None:
    data = sign_policy(WITH_ACME, KEY)
    assert json.loads(data)["policy"]["tenants"] == {
        "acme": {"likeness": "required", "recording": "deny"}
    }
    assert read_signed(data, KEY.public_key()) == WITH_ACME
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(PolicyRefused):
            read_signed(bytes(changed), KEY.public_key())


def test_a_file_from_before_there_were_tenants_is_still_good() -> None:
    assert "tenants" not in json.loads(sign_policy(Policy(), KEY))["policy"]
    assert Policy().digest == Policy(tenants={}).digest
    assert WITH_ACME.digest != Policy().digest
    assert read_draft(draft({})) == Policy()


@pytest.mark.parametrize(
    ("own", "installation"),
    [
        ({"likeness": "implicit"}, {"likeness": "required"}),
        ({"gate": "off"}, {}),
        ({"gate": "on"}, {"gate": "required"}),
        ({"recording": "allow"}, {"recording": "deny"}),
        ({"recording_days": 7.5}, {}),
        ({"lost_face": "pass"}, {"lost_face": "hold"}),
    ],
)
def test_laxer_is_refused_unless_the_operator_says_that_it_is_meant(
    own: dict[str, Any], installation: dict[str, Any]
) -> None:
    (field,) = own
    with pytest.raises(PolicyRefused, match=rf"tenant acme lets more through.*: {field}\."):
        read_draft(draft({"acme": own}, **installation))
    meant = read_draft(draft({"acme": {**own, "laxer": True}}, **installation))
    assert meant.of("acme").as_json()[field] == own[field]
    assert meant.of("other") == Policy(**installation)


def test_a_signed_file_is_held_to_it_too() -> None:
    careless = Policy(gate="required", tenants={"acme": TenantPolicy(gate="off")})
    with pytest.raises(PolicyRefused, match="lets more through"):
        read_signed(sign_policy(careless, KEY), KEY.public_key())


@pytest.mark.parametrize(
    "tenants",
    [
        {"acme": {"gate": "never"}},
        {"acme": {"watermark": "off"}},
        {"acme": {"label": "none"}},
        {"acme": {"label": "burned_in"}},
        {"acme": {"recording_days": 0}},
        {"acme": {"laxer": "yes"}},
        {"acme": {"tenants": {}}},
        {"acme": None},
        {"acme": "required"},
        ["acme"],
        None,
    ],
)
def test_what_nobody_understands_is_refused(tenants: Any) -> None:
    with pytest.raises(PolicyRefused, match="The policy's tenants"):
        read_draft(draft(tenants))
