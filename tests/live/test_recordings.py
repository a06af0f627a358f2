import io
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import av
import c2pa
import numpy as np
import pytest
from sqlalchemy import select
from tests.live.desk import OTHER, TENANT, URL, Desk, eventually
from tests.live.fakes import EILEEN, GRACE, FakeStation

from mien.errors import Forbidden, NotFound
from mien.live.certificates import open_identity, trust_anchors
from mien.live.placement import EndReason
from mien.live.recordings import DAY_S
from mien.live.records import Recording
from mien.live.schema import RecordingInputRow
from mien.live.session import State
from mien.live.signing import Signing
from mien.live.sources import SourceRequest
from mien.media.recording import RecordingWriter
from mien.settings import RecordingSettings
from mien.trust.credentials import SigningFailed, archive, read
from mien.trust.manifest import SESSION
from mien.trust.policy import Policy
from mien.trust.registry import Statement
from mien.trust.sealed_file import SealedPath
from mien.trust.sealing import SealBroken

EILEEN_URL, GRACE_URL = "https://example.com/eileen.jpg", "https://example.com/grace.jpg"
HOPPER = (Path(__file__).parents[1] / "media" / "grace_hopper.jpg").read_bytes()
SAID = Statement(5, "", "file", 1_800_000_000.0, "1.0")
# Boxes of an MP4 that nothing else has.
MP4 = (b"ftypiso", b"moovmvhd", b"moofmfhd")


def record(station: FakeStation) -> SealedPath:
    """What a worker would have written."""
    place = station.brief.record_to
    assert place is not None
    place = SealedPath.from_json(place.as_json())
    writer = RecordingWriter(place.create(os.urandom), (160, 120), 5.0)
    noise = np.random.default_rng(1)
    for number in range(30):
        writer.picture(noise.integers(0, 255, (120, 160, 3), np.uint8), 5 + number / 15)
    writer.close()
    return place


def opened(place: SealedPath) -> bytes:
    with place.open() as file:
        return file.read() or b""


def on_disk(folder: Path, *wanted: bytes) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(part in path.read_bytes() for part in wanted)]


async def ready(desk: Desk) -> Recording:
    async def look() -> Recording | None:
        found = await desk.recordings.listed(TENANT.id)
        return found[0] if found and found[0].ready else None

    return await eventually(look)


async def test_a_recording_is_signed_when_its_process_has_ended(desk: Desk) -> None:
    view = await desk.create(record=True)
    place = record(desk.station)
    (begun,) = await desk.recordings.listed(TENANT.id)
    assert (begun.ready, begun.session_id) == (False, view.session.id)
    with pytest.raises(NotFound, match="still being recorded"):
        await desk.recordings.open(TENANT.id, begun.id)
    await desk.service.close(TENANT, view.session.id)
    done = await ready(desk)
    with await desk.recordings.open(TENANT.id, done.id) as file:
        data = file.read() or b""
    assert data == opened(place)
    assert done.bytes == len(data)
    assert on_disk(desk.folder, *MP4) == []
    found = read(data, trust_anchors(desk.settings))
    assert found.state == "trusted"
    assert found.mark_id == desk.station.brief.marking.mark_id


def said_by(desk: Desk, title: str) -> bytes:
    """What a signed photo says, as imaging would give it."""
    signing, statement = (
        Signing(open_identity(desk.settings, time.time)),
        replace(SAID, session=title),
    )
    return archive(signing.picture(HOPPER, statement))


def ingredients(data: bytes) -> list[str]:
    """The sessions that the manifests of a recording's inputs name."""
    with c2pa.Reader("video/mp4", io.BytesIO(data)) as reader:
        whole = json.loads(reader.json())
    active = whole["manifests"][whole["active_manifest"]]
    inputs = [whole["manifests"][one["active_manifest"]] for one in active.get("ingredients", ())]
    return [
        claim["data"]["session"]
        for manifest in inputs
        for claim in manifest["assertions"]
        if claim["label"] == SESSION
    ]


async def test_it_keeps_what_the_pictures_of_every_face_worn_say(desk: Desk) -> None:
    desk.pages |= {URL: EILEEN, GRACE_URL: GRACE}
    desk.imaging.said = {EILEEN: (said_by(desk, "a" * 32),), GRACE: (said_by(desk, "b" * 32),)}
    view = await desk.create(record=True)
    await desk.service.update(TENANT, view.session.id, [SourceRequest(GRACE_URL)])
    await desk.service.update(TENANT, view.session.id, [SourceRequest(GRACE_URL)])
    place = record(desk.station)
    await desk.service.close(TENANT, view.session.id)
    await ready(desk)
    data = opened(place)
    assert ingredients(data)[:2] == ["a" * 32, "b" * 32]
    assert read(data, trust_anchors(desk.settings)).state == "trusted"
    left = await desk.store.read(lambda db: list(db.scalars(select(RecordingInputRow))))
    assert left == []


async def test_a_manifest_that_can_t_be_kept_costs_the_recording_nothing(desk: Desk) -> None:
    desk.pages[URL] = EILEEN
    desk.imaging.said = {EILEEN: (b"no archive",)}
    view = await desk.create(record=True)
    place = record(desk.station)
    await desk.service.close(TENANT, view.session.id)
    await ready(desk)
    data = opened(place)
    assert read(data, trust_anchors(desk.settings)).state == "trusted"
    assert ingredients(data) == []


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
        for ask in (desk.recordings.get, desk.recordings.open, desk.recordings.delete):
            with pytest.raises(NotFound) as error:
                await ask(tenant, wanted)
            said.append(str(error.value))
    assert len(set(said)) == 1
    assert await desk.recordings.get(TENANT.id, recording.id)


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
    assert not desk.recordings.place(first.id).path.exists()
    assert await desk.recordings.sweep() == 0
    desk.now += 7 * DAY_S + 1
    with pytest.raises(NotFound):
        await desk.recordings.open(TENANT.id, second.id)
    assert await desk.recordings.sweep() == 1
    assert not desk.recordings.place(second.id).path.exists()
    assert await desk.recordings.listed(TENANT.id) == []


async def test_what_a_crash_left_is_signed_at_the_next_start(desk: Desk) -> None:
    await desk.create(record=True)
    place = record(desk.station)
    sealed = place.path.read_bytes()
    # Cut off in a block, and in the second of its two fragments.
    place.path.write_bytes(sealed[: len(sealed) * 7 // 10])
    (desk.folder / ".rec_1.7.part.sealed").write_bytes(sealed)
    assert await desk.recordings.recover() == 1
    data = opened(place)
    assert (await ready(desk)).bytes == len(data)
    assert read(data, trust_anchors(desk.settings)).state == "trusted"
    assert list(desk.folder.glob(".*")) == []
    with av.open(io.BytesIO(data), "r") as clip:
        assert len(list(clip.decode(video=0))) == 15
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


async def test_what_an_earlier_version_kept_readable_is_sealed(desk: Desk) -> None:
    view = await desk.create(record=True)
    place = record(desk.station)
    await desk.service.close(TENANT, view.session.id)
    done = await ready(desk)
    data = opened(place)
    place.path.unlink()
    (desk.folder / f"{done.id}.mp4").write_bytes(data)
    assert await desk.recordings.recover() == 0
    assert on_disk(desk.folder, *MP4) == []
    with await desk.recordings.open(TENANT.id, done.id) as file:
        assert file.read() == data
    assert (await desk.recordings.get(TENANT.id, done.id)).bytes == done.bytes


async def test_a_recording_that_can_t_be_signed_is_whole_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise SigningFailed("no key")

    monkeypatch.setattr(Signing, "stream", fail)
    view = await desk.create(record=True)
    place = record(desk.station)
    await desk.service.close(TENANT, view.session.id)
    assert (await ready(desk)).bytes == len(opened(place)) > 500
    assert list(desk.folder.glob(".*")) == []


async def test_a_changed_recording_is_not_given_out(desk: Desk) -> None:
    view = await desk.create(record=True)
    place = record(desk.station)
    await desk.service.close(TENANT, view.session.id)
    done = await ready(desk)
    data = bytearray(place.path.read_bytes())
    data[-1] ^= 1
    place.path.write_bytes(data)
    with pytest.raises(SealBroken):
        await desk.recordings.open(TENANT.id, done.id)


async def test_a_policy_that_forbids_it_meanwhile_is_heard_at_the_next_join(desk: Desk) -> None:
    view = await desk.create(record=True)
    desk.station.end(EndReason.WORKER_LOST)
    await desk.until(view, State.FAILED)
    desk.recordings._policy = Policy(recording="deny")
    with pytest.raises(Forbidden, match="records no sessions"):
        await desk.join(view)
    assert len(desk.placement.stations) == 1


async def face_of(desk: Desk) -> str:
    """The record under which the newest session's face is worn."""
    use = (await desk.store.uses(desk.station.brief.marking.mark_id))[-1]
    assert use.likeness_id is not None
    return use.likeness_id


async def test_a_face_s_recordings_are_found_and_forgotten_and_no_others(desk: Desk) -> None:
    desk.pages |= {EILEEN_URL: EILEEN, GRACE_URL: GRACE}
    kept: dict[str, Recording] = {}
    for url in (EILEEN_URL, GRACE_URL):
        view = await desk.create(SourceRequest(url), record=True)
        record(desk.station)
        (newest, *_) = await desk.recordings.showing([await face_of(desk)])
        kept[await face_of(desk)] = newest
        desk.now += 1
        await desk.service.close(TENANT, view.session.id)
    eileen, grace = kept

    async def both() -> bool:
        return all(one.ready for one in await desk.recordings.listed(TENANT.id))

    await eventually(both)
    # What calls attested is kept as long as there is a film to be found by it.
    desk.now += 1000
    await desk.likenesses.sweep()
    assert {one.id for one in await desk.likenesses.listed(TENANT.id)} == {eileen, grace}
    await desk.recordings.forget([eileen])
    assert [one.id for one in await desk.recordings.listed(TENANT.id)] == [kept[grace].id]
    assert not desk.recordings.place(kept[eileen].id).path.exists()
    assert desk.recordings.place(kept[grace].id).path.exists()
    await desk.likenesses.sweep()
    assert [one.id for one in await desk.likenesses.listed(TENANT.id)] == [grace]


async def test_what_is_forgotten_while_it_is_written_goes_when_it_ends(desk: Desk) -> None:
    desk.pages |= {EILEEN_URL: EILEEN, GRACE_URL: GRACE}
    view = await desk.create(SourceRequest(EILEEN_URL), record=True)
    first = await face_of(desk)
    # The face is changed on the way: the film shows both.
    await desk.service.update(TENANT, view.session.id, [SourceRequest(GRACE_URL)])
    assert await desk.recordings.showing([first]) == await desk.recordings.showing(
        [await face_of(desk)]
    )
    place = record(desk.station)
    await desk.recordings.forget([first])
    (left,) = await desk.recordings.listed(TENANT.id)
    assert place.path.exists()
    with pytest.raises(NotFound):
        await desk.recordings.get(TENANT.id, left.id)
    await desk.service.close(TENANT, view.session.id)

    async def gone() -> bool:
        return not await desk.recordings.listed(TENANT.id)

    assert await eventually(gone)
    assert not place.path.exists()
