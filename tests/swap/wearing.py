"""Have somebody in a still picture wear a face, as it is."""

from mien.models.weights import WeightStore
from mien.swap.engine import FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import SourceFace
from mien.vision.face import BgrImage


def worn_by(moment: BgrImage, source: SourceFace) -> BgrImage:
    engine = FrameEngine(Senses.for_pictures(WeightStore()))
    engine.set_source(source)
    swapped = engine(moment, 0.0)
    assert swapped.state == "swapped"
    return swapped.image
