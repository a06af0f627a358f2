"""The live benchmark: its arithmetic, and a short real run."""

import json
from pathlib import Path

import pytest

from mien.bench.live import BenchError, Recording, _given, parse_size, report, run, sound_late
from mien.bench.processes import Usage, tree_usage
from mien.bench.server import Server, ServerError
from mien.errors import ParameterError

PROMISED = {
    "first_swapped_frame_s",
    "round_trip_p50_ms",
    "round_trip_p95_ms",
    "fps",
    "streams_per_core",
    "memory_mb_per_session",
}
CLIENT = {"MIEN_CLIENT_ID": "bench-tests", "MIEN_CLIENT_SECRET": "only-for-these-tests"}


@pytest.fixture
def recording() -> Recording:
    """Ten seconds of two sessions at 20 frames a second on two fifths of a core each."""
    return Recording(
        first_ms=[850.0, 1234.0],
        ages=[(t / 40, 40.0 + t % 21) for t in range(400)],
        memory=[(float(t), 300.0) for t in range(10)],
        shown=400,
        unread=3,
        seconds=10.0,
        cpu_s=8.0,
        workers=[Usage(1, "w", 4.0, 310.04, 200.0), Usage(2, "w", 4.0, 305.0, 210.0)],
    )


def test_figures_are_for_one_session_and_one_core(recording: Recording) -> None:
    figures = report(recording, 2, "640x480", 20, soak=False)
    assert set(figures) >= PROMISED and "soak" not in figures
    assert figures["first_swapped_frame_s"] == 1.23  # the slower of the two
    assert figures["round_trip_p50_ms"] == 50.0
    assert figures["round_trip_p95_ms"] == 59.0
    assert figures["fps"] == 20.0
    assert figures["cores_per_session"] == 0.4
    assert figures["streams_per_core"] == 2.5
    assert figures["memory_mb_per_session"] == 310.0
    assert figures["memory_pss_mb_per_session"] == 210.0
    assert json.loads(json.dumps(figures)) == figures


def test_sound_is_late_by_what_it_takes_longer_than_the_pictures_beside_it() -> None:
    ages = [(1.0, 40.0), (1.2, 60.0), (1.6, 500.0), (3.0, 90.0)]
    assert sound_late([(1.1, 80.0), (3.1, 70.0), (9.0, 70.0)], ages) == [30.0, -20.0]
    assert sound_late([], ages) == sound_late([(1.0, 80.0)], []) == []


def test_dropped_frames_do_not_make_a_stream_look_cheap(recording: Recording) -> None:
    recording.shown //= 2
    figures = report(recording, 2, "640x480", 20, soak=False)
    assert figures["fps"] == 10.0
    assert figures["cores_per_session"] == 0.8
    assert figures["streams_per_core"] == 1.25


def test_a_soak_reports_drift(recording: Recording) -> None:
    recording.memory = [(float(t), 300.0 + t / 36) for t in range(0, 1800, 60)]
    soak = report(recording, 2, "640x480", 20, soak=True)["soak"]
    assert soak["memory_mb"]["slope_per_hour"] == pytest.approx(100)
    assert soak["memory_mb"]["first_quarter"] < soak["memory_mb"]["last_quarter"]
    assert abs(soak["latency_ms"]["first_quarter"] - soak["latency_ms"]["last_quarter"]) < 2


def test_what_is_not_known_is_null(recording: Recording) -> None:
    recording.cpu_s, recording.workers, recording.memory = 0.0, [], []
    figures = report(recording, 2, "640x480", 20, soak=True)
    assert figures["streams_per_core"] is None and figures["memory_mb_per_session"] is None
    assert set(figures["soak"]) == {"latency_ms"}


@pytest.mark.parametrize("size", ["640", "640x", "x480", "640*480", "-1x2", ""])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(ParameterError, match="640x480"):
        parse_size(size)


def test_a_size_is_width_then_height() -> None:
    assert parse_size("1280x720") == (1280, 720)


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_real_session_is_measured_on_a_server_of_its_own() -> None:
    figures = await run(minutes=4 / 60, sessions=1, size="320x240", fps=10)
    assert set(figures) >= PROMISED
    assert 0 < figures["first_swapped_frame_s"] < 30
    assert 0 < figures["round_trip_p50_ms"] <= figures["round_trip_p95_ms"]
    assert 0 < figures["sound_p50_ms"] < 900
    assert abs(figures["sound_late_p50_ms"]) < 900
    assert 0 < figures["fps"] < 12
    assert figures["unread_frames"] == 0
    assert 0 < figures["cores_per_session"] < 4
    assert 50 < figures["memory_mb_per_session"] < 1000
    assert "latency_ms" in figures["soak"]


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_server_is_started_signed_in_to_and_stopped(tmp_path: Path) -> None:
    async with Server(tmp_path, environment=CLIENT) as server:
        assert server.studio.startswith(f"http://127.0.0.1:{server.port}/studio/#token=")
        given = await _given(server.studio, {})
        assert (given.origin, given.token, given.pid) == (server.origin, server.token, None)
        signed_in = await _given(server.origin, CLIENT)
        assert signed_in.token
        with pytest.raises(BenchError, match="MIEN_CLIENT_ID"):
            await _given(server.origin, {})
        pid, port = server.pid, server.port
        assert await server.stop() == 0
        assert tree_usage(pid) == []
        await server.start()
        assert server.port == port and server.pid != pid
    with pytest.raises(ServerError, match="not running"):
        _ = server.pid


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises((ServerError, OSError)):
        await Server(tmp_path / "data").start()
    server = Server(tmp_path / "other", environment={"MIEN_PORT": "many"})
    with pytest.raises(ServerError, match="did not start"):
        await server.start()
