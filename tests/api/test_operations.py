import json
import secrets
from base64 import b64decode
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.api.conftest import House
from tests.live.fakes import FakeImaging, FakePlacement

from mien.api.assembly import build_services
from mien.api.services import World
from mien.errors import Forbidden
from mien.live.governance import policy_of
from mien.settings import Settings
from mien.trust.audit import LOG_FILE
from mien.trust.policy import Policy
from mien.trust.signed_json import is_signed
from mien.trust.tenant_policy import TenantPolicy


async def test_health_and_readiness(house: House) -> None:
    assert (await house.http.get("/healthz")).json() == {"status": "ok"}
    ready = await house.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    house.placement.limit = 0
    lost = await house.http.get("/readyz")
    assert (lost.status_code, lost.json()) == (503, {"status": "no worker"})
    assert (await house.http.get("/healthz")).status_code == 200


async def test_a_draining_server_is_not_ready(house: House) -> None:
    await house.services.sessions.stop()
    answer = await house.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})


async def test_metrics_count_by_route(house: House) -> None:
    session = await house.create()
    for path in ("/v1/channels/made-up/ice", "/v1/channels/another/ice", "/made-up", "/made-up/2"):
        await house.http.get(path)
    await house.http.request("INVENTED", "/healthz")
    text = (await house.http.get("/metrics")).text
    for line in (
        'mien_http_requests_total{method="POST",route="/api/open/v3/faceswap/live/create"'
        ',status="200"} 1.0',
        'mien_http_requests_total{method="GET",route="/v1/channels/{channel_id}/ice"'
        ',status="401"} 2.0',
        'mien_http_requests_total{method="GET",route="other",status="404"} 2.0',
        "mien_sessions_live 1.0",
        "mien_sessions_limit 2.0",
    ):
        assert line in text
    for gone in ("made-up", session["_id"], "INVENTED"):
        assert gone not in text


@pytest.mark.parametrize("again", range(2))
async def test_each_application_has_its_own_figures(house: House, again: int) -> None:
    await house.http.get("/healthz")
    text = (await house.http.get("/metrics")).text
    route = 'mien_http_requests_total{method="GET",route="/healthz",status="200"}'
    assert f"{route} 1.0" in text


async def test_start_and_stop_reach_the_processes(house: House) -> None:
    assert house.placement.started
    assert not house.placement.stopped


async def test_anybody_may_read_what_is_on(house: House) -> None:
    answer = await house.http.get("/v1/compliance")
    assert answer.status_code == 200
    signed = answer.json()
    key = house.services.audit_key.public_key()
    assert b64decode(signed["key"]) == key.public_bytes_raw()
    assert is_signed(signed["statement"], signed["signature"], key)
    assert signed["statement"]["policy"] == {"signed": False, "digest": None}
    assert signed["statement"]["made_at"] == "2027-01-15T08:00:00Z"


async def test_a_policy_overrides_the_settings_of_a_server(tmp_path: Path) -> None:
    policy = Policy("required", "off", "deny", 1.0, "burned_in", "hold")
    services = build_services(
        Settings(data_dir=tmp_path),
        FakePlacement(),
        FakeImaging(),
        World(clock=lambda: 1.0, monotonic=lambda: 1.0, random=secrets.token_bytes),
        policy=policy,
    )
    assert policy_of(services.settings) == policy
    with pytest.raises(Forbidden, match="records no sessions"):
        services.recordings.require_allowed("default")
    await services.start()
    await services.stop()
    started = json.loads((tmp_path / LOG_FILE).read_text().splitlines()[0])
    assert (started["event"], started["policy"]) == ("server.started", policy.digest)


async def test_a_mistyped_tenant_of_the_policy_is_told_at_the_start(tmp_path: Path) -> None:
    services = build_services(
        Settings(data_dir=tmp_path),
        FakePlacement(),
        FakeImaging(),
        World(clock=lambda: 1.0, monotonic=lambda: 1.0, random=secrets.token_bytes),
        policy=Policy(tenants={"default": TenantPolicy(), "amce": TenantPolicy(gate="required")}),
    )
    with capture_logs() as logs:
        await services.start()
        await services.stop()
    told = [line["tenants"] for line in logs if line["event"].startswith("policy names")]
    assert told == [["amce"]]
