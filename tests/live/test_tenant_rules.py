"""One signed policy, two tenants: t1 is under stricter rules than the installation, t2 is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.live.desk import OTHER, TENANT, URL, Desk, opened_desk
from tests.live.fakes import GRACE, JPEG, NUDE

from mien.errors import ContentRefused, Forbidden, VerificationRequired
from mien.live.live_gate import LiveGate
from mien.live.recordings import DAY_S
from mien.live.session import Reason
from mien.live.sources import SourceRequest
from mien.trust.policy import Policy
from mien.trust.tenant_policy import TenantPolicy

FACE = SourceRequest(URL)


@pytest.fixture
async def desk(tmp_path: Path, own: TenantPolicy) -> AsyncIterator[Desk]:
    signed = Policy(tenants={"t1": own})
    async with opened_desk(tmp_path, signed=signed, join_grace_s=60) as desk:
        desk.placement.limit = 9
        yield desk


@pytest.mark.parametrize("own", [TenantPolicy(likeness="required")])
async def test_a_record_is_asked_of_one_alone(desk: Desk) -> None:
    desk.pages[URL] = GRACE
    with pytest.raises(VerificationRequired):
        await desk.service.create(TENANT, [FACE], 2)
    await desk.service.create(OTHER, [FACE], 2)


@pytest.mark.parametrize("own", [TenantPolicy(gate="required")])
async def test_what_was_not_checked_is_refused_to_one_alone(desk: Desk) -> None:
    assert desk.pages[URL] == JPEG, "nothing is known of this picture"
    with pytest.raises(ContentRefused):
        await desk.service.create(TENANT, [FACE], 2)
    await desk.service.create(OTHER, [FACE], 2)


@pytest.mark.parametrize("own", [TenantPolicy(gate="off", laxer=True)])
async def test_a_gate_may_be_off_for_one_alone(desk: Desk) -> None:
    desk.pages[URL] = NUDE
    mine = (await desk.service.create(TENANT, [FACE], 2)).session
    with pytest.raises(ContentRefused):
        await desk.service.create(OTHER, [FACE], 2)
    desk.pages[URL] = GRACE
    other = (await desk.service.create(OTHER, [FACE], 2)).session
    signed = desk.signed
    assert signed is not None
    looker = LiveGate(desk.service.running, desk.service.end, desk.imaging, signed, desk.clock)
    for station in desk.placement.stations:
        station.camera = NUDE
    for _ in range(2):
        await looker.look()
    assert (await desk.service.info(OTHER, other.id)).session.reason is Reason.CONTENT_REFUSED
    assert not (await desk.service.info(TENANT, mine.id)).session.closed


@pytest.mark.parametrize("own", [TenantPolicy(recording="deny")])
async def test_one_is_not_recorded(desk: Desk) -> None:
    with pytest.raises(Forbidden, match="records no sessions of this account"):
        await desk.create(record=True)
    await desk.service.create(OTHER, [FACE], 2, record=True)


@pytest.mark.parametrize("own", [TenantPolicy(recording_days=1.0)])
async def test_recordings_of_one_end_sooner(desk: Desk) -> None:
    for tenant, days in (("t1", 1.0), ("t2", 7.0)):
        made = desk.recordings.new(tenant, "session", 5)
        assert made.expires_at - made.created_at == days * DAY_S


@pytest.mark.parametrize("own", [TenantPolicy(lost_face="hold")])
async def test_each_process_is_told_what_its_tenant_s_lost_face_becomes(desk: Desk) -> None:
    await desk.create()
    await desk.service.create(OTHER, [FACE], 2)
    assert [station.brief.lost_face for station in desk.placement.stations] == ["hold", "blur"]
