from pathlib import Path

import numpy as np

from mien.models.weights import WeightStore
from mien.swap.engine import FrameEngine
from mien.swap.settling import TIMES, settle
from mien.swap.source_maker import SourceMaker
from mien.vision.face import BgrImage
from mien.vision.image import decode_image

MEDIA = Path(__file__).parents[1] / "media"


def test_the_picture_is_shown_until_its_time_comes() -> None:
    times: list[float] = []
    image = np.zeros((8, 8, 3), np.uint8)

    def engine(shown: BgrImage, seconds: float) -> None:
        assert shown is image
        times.append(seconds)

    settle(engine, image)
    assert len(times) == TIMES
    assert times == sorted(times)
    assert times[-1] < 0
    assert np.allclose(np.diff(times), np.diff(times)[0])


def test_what_a_settled_engine_draws_does_not_change_any_more() -> None:
    store = WeightStore()
    photo, target = (
        decode_image((MEDIA / name).read_bytes()) for name in ("grace_hopper.jpg", "astronaut.png")
    )
    engine = FrameEngine.for_pictures(store)
    engine.set_source(SourceMaker.load(store)([photo]))
    settle(engine, target)
    first, second = (engine(target, number / 30).image.astype(int) for number in range(2))
    assert np.abs(first - target).max() > 30, "it is swapped"
    assert np.abs(first - second).mean() < 0.05
