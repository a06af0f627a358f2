"""A clip that is read ahead: real people, met before they are swapped."""

from collections.abc import Iterator, Set
from pathlib import Path

import numpy as np
import pytest

from mien.media.clips import read_frames
from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.clip_engine import AHEAD_S, ClipEngine, Scout, beginning, engine_for_clip
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker
from mien.swap.tailor import PLAN_FOR_PICTURES, Tailor
from mien.vision.expression import ExpressionModel
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.image import decode_image
from mien.vision.sighting import Sighting
from mien.vision.tracker import FaceTracker

MEDIA = Path(__file__).parents[1] / "media"
BLANK = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def source() -> SourceFace:
    photo = decode_image((MEDIA / "astronaut.png").read_bytes())
    return SourceMaker.load(WeightStore())([photo])


def clip() -> list[tuple[BgrImage, float]]:
    return [(frame.image, frame.seconds) for frame in read_frames(MEDIA / "signer.mp4")]


def test_the_face_does_not_change_while_one_looks(source: SourceFace) -> None:
    frames = clip()[:49]
    cast = Cast((source,))
    ahead = engine_for_clip(WeightStore(), EngineOptions(), cast, frames)
    live = FrameEngine.load(WeightStore(), EngineOptions())
    live.set_cast(cast)
    finder, identity = FaceFinder.load(WeightStore()), IdentityModel.load(WeightStore())

    def shown(engine: ClipEngine | FrameEngine) -> list[float]:
        results = [engine(image, seconds) for image, seconds in frames]
        assert {one.state for one in results} == {"swapped"}
        seen = [finder(one.image)[0].mesh for one in results[::12]]
        return [
            distance(identity(one.image, mesh), source.identity)
            for one, mesh in zip(results[::12], seen, strict=True)
        ]

    assert np.mean(shown(ahead)) < np.mean(shown(live)) - 0.01


def test_who_was_met_is_fitted_to_from_his_first_frame_on_and_not_again(source: SourceFace) -> None:
    """Who was met is fitted to in his first frame, and not again."""
    frames = clip()
    engine = engine_for_clip(WeightStore(), EngineOptions(), Cast((source,)), frames[:30])
    tailor = engine._engine._tailor
    assert isinstance(tailor, Tailor)
    assert len(tailor._clients[1].album.portraits) > 1
    looks = []
    for image, seconds in frames:
        engine(image, seconds)
        fit = tailor._clients[1].fit
        assert fit is not None
        looks.append(fit.look)
    assert list(tailor._clients) == [1]
    assert {id(one) for one in looks} == {id(looks[0])}


def test_how_people_look_at_rest_is_known_before_the_first_frame(source: SourceFace) -> None:
    frames = clip()[:40]
    ahead = engine_for_clip(WeightStore(), EngineOptions(), Cast((source,)), frames)
    live = FrameEngine.load(WeightStore(), EngineOptions())
    live.set_source(source)
    for engine in (ahead, live):
        engine(*frames[0])
    known, new = (one._wearers[1].traits.neutral for one in (ahead._engine, live))
    assert known.weight > 3 * new.weight
    for image, seconds in frames[1:]:
        live(image, seconds)
    assert known.points is not None and new.points is not None
    assert np.abs(known.points - new.points)[:, :2].mean() < 0.03, "centimetres"


class Counting:
    """A tracker that knows how often it looked."""

    def __init__(self) -> None:
        self._tracker = FaceTracker.load(WeightStore())
        self.looks = 0

    def follow_up_to(self, most: int) -> None:
        self._tracker.follow_up_to(most)

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None:
        self._tracker.attend(ids, expecting=expecting)

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        self.looks += 1
        return self._tracker.update(image, seconds)


def scout(source: SourceFace, tracker: Counting) -> tuple[Scout, Tailor]:
    tailor = Tailor.load(WeightStore(), plan=PLAN_FOR_PICTURES)
    senses = Senses(tracker, expressions=ExpressionModel.load(WeightStore()))
    return Scout(senses, EngineOptions(), Cast((source,)), tailor), tailor


def test_what_was_followed_once_is_not_followed_again(source: SourceFace) -> None:
    frames, tracker = clip()[:12], Counting()
    ahead, _ = scout(source, tracker)
    for frame in frames[:8]:
        ahead.meet(*frame)
    one, other = ahead.engine(), ahead.engine()
    assert tracker.looks == 8
    shown = [one(*frame) for frame in frames[:8]]
    assert tracker.looks == 8
    for frame, before in zip(frames[:8], shown, strict=True):
        again = other(*frame)
        assert again.state == before.state == "swapped"
        np.testing.assert_array_equal(again.image, before.image)
        assert np.abs(again.image.astype(int) - frame[0]).max() > 20, "its own picture"
        assert again.timings_ms["track"] > 0
    assert tracker.looks == 8
    assert [one(*frame).state for frame in frames[8:]] == ["swapped"] * 4
    assert tracker.looks == 12
    assert list(one._engine._wearers) == [1], "followed on, not found anew"


def test_after_the_beginning_nobody_is_met(source: SourceFace) -> None:
    image, tracker = clip()[0][0], Counting()
    ahead, tailor = scout(source, tracker)
    for seconds in (5.0, 5.0 + AHEAD_S):
        ahead.meet(image, seconds)
    assert list(tailor._clients) == [1]
    tailor._clients.clear()
    ahead.meet(image, 5.1 + AHEAD_S)
    assert not tailor._clients
    engine = ahead.engine()
    assert [engine(image, 5.0 + n).state for n in range(3)] == ["swapped"] * 3
    assert tracker.looks == 3


def test_only_the_beginning_is_read_ahead() -> None:
    read: list[float] = []

    def frames() -> Iterator[tuple[BgrImage, float]]:
        for number in range(1000):
            read.append(5.0 + number)
            yield BLANK, 5.0 + number

    assert len(list(beginning(frames()))) == AHEAD_S + 1
    assert read[-1] == 5.0 + AHEAD_S + 1
    assert list(beginning(())) == []
