"""A clip that is read ahead: real people, met before they are swapped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mien.media.clips import read_frames
from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.clip_engine import AHEAD_S, beginning, engine_for_clip
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker
from mien.swap.tailor import Tailor
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.image import decode_image

MEDIA = Path(__file__).parents[1] / "media"
BLANK = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def source() -> SourceFace:
    photo = decode_image((MEDIA / "astronaut.png").read_bytes())
    return SourceMaker.load(WeightStore())([photo])


def clip() -> list[tuple[BgrImage, float]]:
    return [(frame.image, frame.seconds) for frame in read_frames(MEDIA / "signer.mp4")]


def test_the_face_does_not_change_while_one_looks(source: SourceFace) -> None:
    frames = clip()
    cast = Cast((source,))
    ahead = engine_for_clip(WeightStore(), EngineOptions(), cast, frames)
    live = FrameEngine.load(WeightStore(), EngineOptions())
    live.set_cast(cast)
    finder, identity = FaceFinder.load(WeightStore()), IdentityModel.load(WeightStore())

    def shown(engine: FrameEngine) -> list[float]:
        results = [engine(image, seconds) for image, seconds in frames]
        assert {one.state for one in results} == {"swapped"}
        seen = [finder(one.image)[0].mesh for one in results[::12]]
        return [
            distance(identity(one.image, mesh), source.identity)
            for one, mesh in zip(results[::12], seen, strict=True)
        ]

    assert np.mean(shown(ahead)) < np.mean(shown(live)) - 0.02


def test_two_readings_call_people_alike(source: SourceFace) -> None:
    """Who was met is fitted to in his first frame, and not again."""
    frames = clip()
    engine = engine_for_clip(WeightStore(), EngineOptions(), Cast((source,)), frames[:30])
    tailor = engine._tailor
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
    frames = clip()
    ahead = engine_for_clip(WeightStore(), EngineOptions(), Cast((source,)), frames)
    live = FrameEngine.load(WeightStore(), EngineOptions())
    live.set_source(source)
    for engine in (ahead, live):
        engine(*frames[0])
    known, new = (engine._wearers[1].traits.neutral for engine in (ahead, live))
    assert known.weight > 3 * new.weight
    for image, seconds in frames[1:]:
        live(image, seconds)
    assert known.points is not None and new.points is not None
    assert np.abs(known.points - new.points)[:, :2].mean() < 0.03, "centimetres"


def test_only_the_beginning_is_read_ahead() -> None:
    read: list[float] = []

    def frames() -> Iterator[tuple[BgrImage, float]]:
        for number in range(1000):
            read.append(5.0 + number)
            yield BLANK, 5.0 + number

    assert len(list(beginning(frames()))) == AHEAD_S + 1
    assert read[-1] == 5.0 + AHEAD_S + 1
    assert list(beginning(())) == []
