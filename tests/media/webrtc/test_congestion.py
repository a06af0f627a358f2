"""The estimate against a simulated line: a queue that drains at a rate, and a way back."""

import random
from dataclasses import dataclass, field

import pytest

from mien.media.webrtc.congestion import DelayEstimate
from mien.media.webrtc.trendline import DelayTrend, Usage
from mien.media.webrtc.twcc import FeedbackBuilder
from mien.media.webrtc.twccreader import read_feedback

PACKET = 1100
FPS = 20


@dataclass
class Line:
    """Carries `rate` bits a second with a delay, some jitter and random loss."""

    rate: float
    delay_s: float = 0.02
    jitter_s: float = 0.0
    loss: float = 0.0
    free_at: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def carry(self, bits: int, now: float) -> float | None:
        """When it arrives; None when it is lost."""
        if self.chance.random() < self.loss:
            return None
        self.free_at = max(self.free_at, now) + bits / self.rate
        return self.free_at + self.delay_s + self.chance.random() * self.jitter_s

    def queue_s(self, now: float) -> float:
        return max(0.0, self.free_at - now)


@dataclass
class Sender:
    """Sends pictures at the estimated rate, as long as the encoder has so much to say."""

    line: Line
    most: float = 5_000_000
    estimate: DelayEstimate = field(
        default_factory=lambda: DelayEstimate(lowest=100_000, start=1_500_000, highest=5_000_000)
    )
    builder: FeedbackBuilder = field(default_factory=FeedbackBuilder)
    now: float = 0.0
    worst_queue_s: float = 0.0
    owed: float = 0.0

    def run(self, seconds: float) -> float:
        """The mean rate over the last half."""
        pending: list[tuple[float, int]] = []
        rates, end, feedback_at = [], self.now + seconds, self.now
        half = self.now + seconds / 2
        while self.now < end:
            rate = min(self.estimate.bits_per_second, self.most)
            self.owed += rate / FPS / 8 / PACKET
            sends = int(self.owed)
            self.owed -= sends
            for index in range(sends):
                at = self.now + index * 0.002
                number = self.estimate.sent(PACKET, at)
                arrived = self.line.carry(PACKET * 8, at)
                if arrived is not None:
                    pending.append((arrived, number))
            self.now += 1 / FPS
            self.worst_queue_s = max(self.worst_queue_s, self.line.queue_s(self.now))
            if self.now >= feedback_at:
                feedback_at = self.now + 0.05
                self._feed(pending)
            if self.now > half:
                rates.append(self.estimate.bits_per_second)
        return sum(rates) / len(rates)

    def _feed(self, pending: list[tuple[float, int]]) -> None:
        came = sorted(p for p in pending if p[0] <= self.now - self.line.delay_s)
        pending[:] = [p for p in pending if p not in came]
        for arrived, number in came:
            self.builder.add(number, arrived)
        packet = self.builder.build(1, 2)
        if packet is not None:
            self.estimate.heard(read_feedback(packet), self.now)


@pytest.mark.parametrize("rate", [300_000, 1_000_000, 3_000_000])
def test_it_settles_just_below_what_the_line_carries(rate: int) -> None:
    sender = Sender(Line(rate))
    sender.run(20)
    sender.worst_queue_s = 0.0
    settled = sender.run(40)
    assert 0.6 * rate < settled < 1.1 * rate
    assert sender.worst_queue_s < 0.35


def test_an_idle_encoder_does_not_let_it_rise_for_ever() -> None:
    sender = Sender(Line(10_000_000), most=400_000)
    assert sender.run(60) <= 1_700_000
    sender.most = 5_000_000
    assert sender.run(20) > 2_500_000


def test_it_falls_within_two_seconds_when_the_line_narrows_and_rises_again() -> None:
    line = Line(3_000_000)
    sender = Sender(line)
    assert sender.run(20) > 1_500_000
    line.rate = 500_000
    sender.run(2)
    assert sender.estimate.bits_per_second < 550_000
    assert sender.run(20) < 550_000
    line.rate = 3_000_000
    assert sender.run(60) > 1_200_000


@pytest.mark.parametrize("loss", [0.05, 0.1])
def test_jitter_and_random_loss_alone_do_not_drive_it_down(loss: float) -> None:
    sender = Sender(Line(3_000_000, delay_s=0.1, jitter_s=0.03, loss=loss))
    assert sender.run(40) > 1_000_000


def test_the_round_trip_is_known() -> None:
    sender = Sender(Line(2_000_000, delay_s=0.1))
    sender.run(5)
    assert sender.estimate.round_trip_s is not None
    assert 0.1 < sender.estimate.round_trip_s < 0.5


def test_packets_that_overtake_each_other_hide_no_growing_queue() -> None:
    trend = DelayTrend()
    usages = set()
    for number in range(100):
        sent = number * 0.05
        arrived = sent + 0.02 + number * 0.01  # the queue grows by a fifth
        trend.add(sent, arrived)
        if number % 4 == 0:
            trend.add(sent - 0.04, arrived + 0.001)  # of an earlier group, late
        if number % 7 == 0:
            trend.add(sent + 0.02, arrived - 0.005)  # a group that overtook the one before
        usages.add(trend.usage)
    assert Usage.OVER in usages


def test_a_clock_that_was_set_is_begun_anew() -> None:
    trend = DelayTrend()
    for number in range(100):
        trend.add(number * 0.05, number * 0.05 - (1000.0 if number > 40 else 0.0))
        assert trend.usage is Usage.NORMAL


def test_a_packet_that_comes_late_is_no_growing_queue() -> None:
    trend = DelayTrend()
    usages = set()
    for number in range(400):
        sent = number * 0.02
        trend.add(sent, sent + 0.02)
        if number % 25 > 15:
            trend.add(sent - 0.1, sent + 0.02 + 0.004 * (number % 25 - 15))  # later and later
        usages.add(trend.usage)
    assert usages == {Usage.NORMAL}
