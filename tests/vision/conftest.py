"""Real faces and the shipped nets, loaded once for all tests of this room."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage
from mien.vision.faces import Face, FaceFinder
from mien.vision.identity import IdentityModel

MEDIA = Path(__file__).parent.parent / "media"


def picture(name: str) -> BgrImage:
    return np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)


def clip(name: str) -> list[BgrImage]:
    with av.open(str(MEDIA / name)) as container:
        return [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            for frame in container.decode(video=0)
        ]


@pytest.fixture(scope="session")
def astronaut() -> BgrImage:
    """One frontal, smiling face of 94 x 111 pixels at 179, 69."""
    return picture("astronaut.png")


@pytest.fixture(scope="session")
def hopper() -> BgrImage:
    """One face with glasses of 186 x 205 pixels at 170, 130."""
    return picture("grace_hopper.jpg")


@pytest.fixture(scope="session")
def head_turns() -> list[BgrImage]:
    return clip("head_turns.mp4")[:60]


@pytest.fixture(scope="session")
def blink() -> list[BgrImage]:
    """A tilted head at 12 fps; the eyes close in frame 10."""
    return clip("blink.mp4")


@pytest.fixture(scope="session")
def signer() -> list[BgrImage]:
    """A small face; hands move below it."""
    return clip("signer.mp4")


@pytest.fixture(scope="session")
def store() -> WeightStore:
    return WeightStore()


@pytest.fixture(scope="session")
def finder(store: WeightStore) -> FaceFinder:
    return FaceFinder.load(store)


@pytest.fixture(scope="session")
def identity(store: WeightStore) -> IdentityModel:
    return IdentityModel.load(store)


@pytest.fixture(scope="session")
def astronaut_face(finder: FaceFinder, astronaut: BgrImage) -> Face:
    return finder(astronaut)[0]


@pytest.fixture(scope="session")
def hopper_face(finder: FaceFinder, hopper: BgrImage) -> Face:
    return finder(hopper)[0]
