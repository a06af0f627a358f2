import random

import pytest
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket

from mien.media.webrtc.capture import CLOCK_RATES, CaptureClock

# The sender's NTP clock and RTP counters have nothing to do with our clock.
NTP_OFFSET, RTP_OFFSETS = 3_900_000_000.0, {"video": (1 << 32) - 70_000, "audio": 123_456}
WAY_S, UPLINK_S = 0.02, {"video": 0.045, "audio": 0.021}


def stamp(kind: str, at: float) -> int:
    return (round(at * CLOCK_RATES[kind]) + RTP_OFFSETS[kind]) & 0xFFFFFFFF


def report(kind: str, at: float, *, ssrc: int = 1, wrong_s: float = 0.0) -> RtcpSrPacket:
    ntp = int((at + NTP_OFFSET) * (1 << 32))
    return RtcpSrPacket(ssrc, RtcpSenderInfo(ntp, stamp(kind, at + wrong_s), 0, 0))


def told(clock: CaptureClock, kind: str, at: float, **about: float) -> None:
    clock.on_report(kind, report(kind, at, **about), 1, at + WAY_S)  # type: ignore[arg-type]


def captured(clock: CaptureClock, kind: str, at: float, late_s: float = 0.0) -> float:
    return clock.captured(kind, stamp(kind, at), at + UPLINK_S[kind] + late_s)


def test_reports_put_sound_and_picture_on_one_clock() -> None:
    clock, chance = CaptureClock(["video", "audio"]), random.Random(5)
    for second in range(1, 30):
        told(clock, "video", second)
        if second % 5 == 1:
            told(clock, "audio", second)
        for step in range(20):
            at = second + step / 20
            seen = captured(clock, "video", at, chance.random() * 0.1)
            heard = captured(clock, "audio", at, chance.random() * 0.05)
            assert seen == pytest.approx(at + WAY_S, abs=0.002)
            assert abs(seen - heard) < 0.001


@pytest.mark.parametrize("reported", [[], ["video"]])
def test_until_both_are_tied_the_shortest_way_counts(reported: list[str]) -> None:
    clock, chance = CaptureClock(["video", "audio"]), random.Random(6)
    for kind in reported:
        told(clock, kind, 0.5)
    captured(clock, "video", 1.0)
    for step in range(100):
        at = 1 + step / 20
        seen = captured(clock, "video", at, chance.random() * 0.1)
        assert seen == pytest.approx(at + UPLINK_S["video"], abs=0.006)


def test_a_lone_medium_needs_no_reports() -> None:
    clock = CaptureClock(["audio"])
    told(clock, "audio", 1.0)
    assert captured(clock, "audio", 1.0, 0.3) == pytest.approx(1.321)


@pytest.mark.parametrize("wrong_s", [-3600.0, -0.5, 3.0, 40_000.0])
def test_what_can_not_be_is_not_believed(wrong_s: float) -> None:
    clock = CaptureClock(["video", "audio"])
    told(clock, "audio", 1.0)
    told(clock, "video", 1.0, wrong_s=wrong_s)
    assert captured(clock, "video", 1.1) == pytest.approx(1.145)


def test_another_sources_report_is_ignored() -> None:
    clock = CaptureClock(["video", "audio"])
    told(clock, "audio", 1.0)
    told(clock, "video", 1.0, ssrc=2)
    assert captured(clock, "video", 1.1) == pytest.approx(1.145)


def test_a_clock_that_is_set_or_drifts_is_followed() -> None:
    clock = CaptureClock(["video"])
    assert clock.captured("video", 0, 10.0) == 10.0
    assert clock.captured("video", 90_000, 15.0) == 15.0  # 4 s late: the sender stood still
    for second in range(1, 600):  # a camera that counts 0.05 % too fast
        arrived = 15.0 + second * 0.9995
        at = clock.captured("video", 90_000 * (second + 1), arrived)
        assert arrived - 0.001 < at <= arrived
    for second in range(600, 1200):  # and one that counts too slowly
        arrived = 15.0 + second * 1.0005
        at = clock.captured("video", 90_000 * (second + 1), arrived)
        assert arrived - 0.7 < at <= arrived
