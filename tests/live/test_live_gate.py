import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.live.desk import Desk, opened_desk
from tests.live.fakes import BROKEN, EILEEN, NUDE

from mien.live.live_gate import BLIND_S, LiveGate
from mien.live.session import Reason, State
from mien.trust.policy import Policy
from mien.trust.strictness import GateMode


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, join_grace_s=90) as desk:
        yield desk


def gate(desk: Desk, mode: GateMode = "on") -> LiveGate:
    return LiveGate(
        desk.service.running, desk.service.end, desk.imaging, Policy(gate=mode), desk.clock
    )


async def test_a_camera_that_shows_nudity_ends_its_session_and_no_other(desk: Desk) -> None:
    first, second = await desk.create(), await desk.create()
    looker = gate(desk)
    desk.placement.stations[0].camera = NUDE
    desk.placement.stations[1].camera = EILEEN
    await looker.look()
    # One picture may be mistaken.
    assert (await desk.session(first)).state is State.LIVE
    await looker.look()
    session = await desk.session(first)
    assert (session.state, session.reason) == (State.FAILED, Reason.CONTENT_REFUSED)
    assert (await desk.session(second)).state is State.LIVE


async def test_single_pictures_that_look_so_end_nothing(desk: Desk) -> None:
    view = await desk.create()
    looker = gate(desk)
    for picture in (NUDE, EILEEN, NUDE, b"", NUDE, EILEEN):
        desk.station.camera = picture
        await looker.look()
    assert (await desk.session(view)).state is State.LIVE


@pytest.mark.parametrize(("mode", "ends"), [("on", False), ("required", True)])
@pytest.mark.parametrize("fault", [{"dead": True}, {"camera": BROKEN}], ids=["dead", "broken"])
async def test_what_nobody_could_look_at_ends_where_the_gate_is_required(
    desk: Desk, mode: GateMode, ends: bool, fault: dict[str, Any]
) -> None:
    view = await desk.create()
    looker = gate(desk, mode)
    await looker.look()
    for name, value in fault.items():
        setattr(desk.station, name, value)
    desk.now += BLIND_S
    await looker.look()
    assert (await desk.session(view)).state is State.LIVE
    desk.now += 1
    await looker.look()
    assert ((await desk.session(view)).reason is Reason.CONTENT_REFUSED) is ends


async def test_it_looks_by_itself_until_it_is_stopped(desk: Desk) -> None:
    view = await desk.create()
    looker = gate(desk)
    desk.station.camera = NUDE
    looker.start()
    ended = await desk.until(view, State.FAILED)
    await looker.stop()
    assert ended.reason is Reason.CONTENT_REFUSED


async def test_a_gate_that_is_off_looks_at_nothing(desk: Desk) -> None:
    view = await desk.create()
    desk.station.camera = NUDE
    looker = gate(desk, "off")
    looker.start()
    await asyncio.sleep(1.2)
    await looker.stop()
    assert (await desk.session(view)).state is State.LIVE
