from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.live.desk import OTHER, TENANT, Desk, eventually, opened_desk
from tests.live.fakes import FakeStation

from mien.errors import Forbidden, NotFound
from mien.live.certificates import trust_anchors
from mien.live.placement import EndReason
from mien.live.recordings import DAY_S
from mien.live.records import Recording
from mien.media.recording import RecordingWriter
from mien.settings import RecordingSettings
from mien.trust.credentials import read


@pytest.fixture
def options() -> dict[str, Any]:
    return {}


@pytest.fixture
async def desk(tmp_path: Path, options: dict[str, Any]) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, **options) as desk:
        yield desk


def record(station: FakeStation) -> Path:
    """What a worker would have written."""
    path = station.brief.record_to
    assert path is not None
    writer = RecordingWriter(path, (160, 120), 5.0)
    writer.picture(np.full((120, 160, 3), 90, np.uint8), 5.0)
    writer.close()
    return path


async def ready(desk: Desk) -> Recording:
    async def look() -> Recording | None:
        found = await desk.recordings.listed(TENANT.id)
        return found[0] if found and found[0].ready else None

    return await eventually(look)


async def test_a_recording_is_signed_when_its_process_has_ended(desk: Desk) -> None:
    view = await desk.create(record=True)
    path = record(desk.station)
    (begun,) = await desk.recordings.listed(TENANT.id)
    assert (begun.ready, begun.session_id) == (False, view.session.id)
    with pytest.raises(NotFound, match="still being recorded"):
        await desk.recordings.file(TENANT.id, begun.id)
    await desk.service.close(TENANT, view.session.id)
    done = await ready(desk)
    assert await desk.recordings.file(TENANT.id, done.id) == path
    assert done.bytes == path.stat().st_size
    found = read(path, trust_anchors(desk.settings))
    assert found.state == "trusted"
    assert found.mark_id == desk.station.brief.marking.mark_id


async def test_nobody_is_recorded_unasked(desk: Desk) -> None:
    await desk.create()
    assert desk.station.brief.record_to is None
    assert await desk.recordings.listed(TENANT.id) == []


@pytest.mark.parametrize("options", [{"recording": RecordingSettings(allow=False)}])
async def test_where_the_policy_says_no(desk: Desk) -> None:
    with pytest.raises(Forbidden, match="records no sessions"):
        await desk.create(record=True)
    assert desk.placement.stations == []


async def test_another_tenant_s_recording_is_not_there(desk: Desk) -> None:
    view = await desk.create(record=True)
    record(desk.station)
    await desk.service.close(TENANT, view.session.id)
    recording = await ready(desk)
    assert await desk.recordings.listed(OTHER.id) == []
    said = []
    for tenant, wanted in ((OTHER.id, recording.id), (TENANT.id, "rec_none")):
        for ask in (desk.recordings.get, desk.recordings.file, desk.recordings.delete):
            with pytest.raises(NotFound) as error:
                await ask(tenant, wanted)
            said.append(str(error.value))
    assert len(set(said)) == 1
    assert await desk.recordings.file(TENANT.id, recording.id)


async def test_it_is_deleted_on_time_or_on_demand(desk: Desk) -> None:
    for _ in range(2):
        view = await desk.create(record=True)
        record(desk.station)
        await desk.service.close(TENANT, view.session.id)
        await ready(desk)

    async def both() -> list[Recording] | None:
        found = await desk.recordings.listed(TENANT.id)
        return found if all(one.ready for one in found) else None

    first, second = await eventually(both)
    await desk.recordings.delete(TENANT.id, first.id)
    assert not desk.recordings.path(first.id).exists()
    assert await desk.recordings.sweep() == 0
    desk.now += 7 * DAY_S + 1
    with pytest.raises(NotFound):
        await desk.recordings.file(TENANT.id, second.id)
    assert await desk.recordings.sweep() == 1
    assert not desk.recordings.path(second.id).exists()
    assert await desk.recordings.listed(TENANT.id) == []


async def test_what_a_crash_left_is_signed_at_the_next_start(desk: Desk) -> None:
    await desk.create(record=True)
    path = record(desk.station)
    assert await desk.recordings.recover() == 1
    assert (await ready(desk)).bytes == path.stat().st_size
    assert read(path, trust_anchors(desk.settings)).state == "trusted"
    assert await desk.recordings.recover() == 0


async def test_a_session_without_a_picture_leaves_no_recording(desk: Desk) -> None:
    await desk.create(record=True)
    desk.station.end(EndReason.WORKER_LOST)

    async def gone() -> bool:
        return not await desk.recordings.listed(TENANT.id)

    assert await eventually(gone)


async def test_a_session_that_goes_on_elsewhere_begins_another_recording(desk: Desk) -> None:
    view = await desk.create(record=True)
    first = record(desk.station)
    desk.station.end(EndReason.WORKER_LOST)
    await ready(desk)
    await desk.join(view)
    second = desk.station.brief.record_to
    assert second is not None
    assert second != first
    assert [one.ready for one in await desk.recordings.listed(TENANT.id)].count(True) == 1
