"""Two people before one camera of a live stream, through real codecs and the real threads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import cv2
import numpy as np
import pytest
from tests.live.camera_client import MEDIA, Camera, Client, only_loopback, until
from tests.live.two_people import HALF, portraits, room, side_by_side
from tests.swap.faces import BLUE, LEFT_CHEEK, RED, RIGHT_CHEEK, painted_source

from mien.live.pipeline import Pipeline, Rendered
from mien.live.stream import Stream, StreamOptions
from mien.media.webrtc.peer import PeerConfig
from mien.media.webrtc.picture import VideoPicture
from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.cast_file import pack_cast
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import prepare_source
from mien.trust.marking import Marker, Marking
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import Embedding, IdentityModel, distance
from mien.vision.tracker import FaceTracker

SAME = 0.6
RED_CHEEKS = painted_source({RIGHT_CHEEK: RED, LEFT_CHEEK: RED}, radius=40)
BLUE_CHEEKS = painted_source({RIGHT_CHEEK: BLUE, LEFT_CHEEK: BLUE}, radius=40)
STEP = 1 / 25


class Who:
    """Tells whose faces the halves of a picture show."""

    def __init__(self, weights: WeightStore) -> None:
        self._finder, self._identity = FaceFinder.load(weights), IdentityModel.load(weights)

    def __call__(self, image: BgrImage) -> Embedding:
        return self._identity(image, self._finder(image)[0].mesh)

    def prepared(self, image: BgrImage) -> bytes:
        return prepare_source(image, self._finder(image)[0].mesh).to_bytes()

    def halves(self, image: BgrImage) -> list[Embedding | None]:
        halves = (np.ascontiguousarray(one) for one in (image[:, :HALF], image[:, HALF:]))
        faces = ((half, self._finder(half)[:1]) for half in halves)
        return [self._identity(half, one[0].mesh) if one else None for half, one in faces]


@pytest.fixture(scope="module")
def weights() -> WeightStore:
    return WeightStore()


@pytest.fixture(scope="module")
def who(weights: WeightStore) -> Who:
    return Who(weights)


@pytest.fixture(scope="module")
def frames() -> list[BgrImage]:
    return side_by_side()


@pytest.fixture(scope="module")
def photos() -> list[BgrImage]:
    names = ("astronaut.png", "grace_hopper.jpg")
    return [np.asarray(cv2.imread(str(MEDIA / name)), np.uint8) for name in names]


Live = tuple[Stream, Client]
GoLive = Callable[[], Awaitable[Live]]


@pytest.fixture
async def go_live(
    weights: WeightStore, frames: list[BgrImage], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[GoLive]:
    only_loopback(monkeypatch)
    opened: list[Live] = []

    async def begin() -> Live:
        engine = FrameEngine(Senses.load(weights), EngineOptions(lost_face="blur"))
        engine.warm_up()
        stream = Stream(engine, Marker(Marking(bytes(32), 7)), StreamOptions(3), lambda *_: None)
        client = Client(Camera(frames))
        opened.append((stream, client))

        async def answer(sdp: str) -> str:
            return (await stream.join("join", sdp, PeerConfig(loopback=True)))[1]

        await client.join(answer)
        return stream, client

    yield begin
    for stream, client in opened:
        await client.close()
        await stream.close()


async def shown(client: Client, who: Who, wanted: list[Embedding]) -> list[float]:
    """How unlike the halves are to whom they should show, once they are as like as can be."""
    gaps = [9.0, 9.0]
    async with asyncio.timeout(20):
        while max(gaps) > SAME:
            seen = client.pictures
            await until(lambda: client.pictures > seen)  # noqa: B023  of this turn
            assert client.picture is not None
            halves = await asyncio.to_thread(who.halves, client.picture)
            gaps = [
                9.0 if one is None else distance(one, other)
                for one, other in zip(halves, wanted, strict=True)
            ]
    return gaps


async def test_two_people_wear_two_faces_then_one_then_the_other_is_himself(
    go_live: GoLive, who: Who, frames: list[BgrImage], photos: list[BgrImage]
) -> None:
    stream, client = await go_live()
    eileen, grace = (who(photo) for photo in photos)
    woman, man = (np.asarray(one) for one in who.halves(frames[0]))
    prepared = [who.prepared(photo) for photo in photos]

    await stream.change_source(pack_cast(prepared, "order"))
    await shown(client, who, [eileen, grace])
    assert client.states()[-1] == "swapping"
    assert stream.statistics()["faces"] == 2
    await stream.change_source(pack_cast(prepared[:1], "all"))
    await shown(client, who, [eileen, eileen])
    await stream.change_source(pack_cast(prepared[:1], "chosen", [man]))
    gaps = await shown(client, who, [woman, eileen])
    assert gaps[0] < SAME < distance(woman, eileen), "who is not chosen is himself"
    await stream.change_source(prepared[1])
    assert client.states()[-1] == "swapping"


class Line:
    """Frames through the pipeline as a camera gives them: some are overtaken and never shown."""

    def __init__(self, weights: WeightStore, cast: Cast) -> None:
        self.engine = FrameEngine(
            Senses(FaceTracker.load(weights)), EngineOptions(lost_face="blur")
        )
        self.engine.set_cast(cast)
        self.shown: list[Rendered] = []
        self._pipeline = Pipeline(self.engine, lambda image, _: image, self.shown.append)
        self._sent = 0

    async def send(self, image: BgrImage, times: int = 1) -> BgrImage:
        """What is shown of the picture, sent so many times and the last time waited for."""
        for _ in range(times):
            self._sent += 1
            self._pipeline.put(VideoPicture(image, self._sent, 0.0), self._sent * STEP)
        await until(lambda: bool(self.shown) and self.shown[-1].picture.rtp_timestamp == self._sent)
        return self.shown[-1].swapped.image

    async def close(self) -> None:
        await self._pipeline.close()


@pytest.fixture
async def line(weights: WeightStore) -> AsyncIterator[Line]:
    made = Line(weights, Cast((RED_CHEEKS, BLUE_CHEEKS), "order"))
    yield made
    await made.close()


def tint(shown: BgrImage, camera: BgrImage, left: int) -> float:
    """How much redder than the camera's the cheeks are of the head whose left edge is there.

    The light's balance tints the rest of the face a little the other way, to blue with red ones.
    """
    at = slice(80 + 60, 80 + 220), slice(max(left + 40, 0), left + 177)
    red, blue = (shown[at][..., n].astype(int) - camera[at][..., n] for n in (2, 0))
    least, most = np.percentile(red - blue, (3, 97))
    return float(most + least / 2)


async def test_in_a_live_stream_ids_survive_a_crossing_and_two_seconds_away(line: Line) -> None:
    woman, man = portraits()
    for n in range(8):
        picture = room((woman, 40 + n), (man, 540 - n))
        image = await line.send(picture)
    assert tint(image, picture, 47) > 8
    assert tint(image, picture, 533) < -8

    for n in range(0, 51):
        picture = room((man, 530 - 10 * n), (woman, 50 + 10 * n))
        image = await line.send(picture, times=1 + n % 2)
    for _ in range(8):
        image = await line.send(picture)
    assert tint(image, picture, 550) > 8, "her face went with her"
    assert tint(image, picture, 30) < -8

    alone = room((man, 30))
    for _ in range(55):
        image = await line.send(alone)
    assert tint(image, alone, 30) < -8
    for n in range(12):
        picture = room((man, 30), (woman, 300 + n))
        image = await line.send(picture)
        assert unlike(image, picture, 300 + n), "who comes back is never bare"
    assert tint(image, picture, 311) > 8, "and is herself"


def unlike(shown: BgrImage, camera: BgrImage, left: int) -> bool:
    """Whether the head whose left edge is there is not as the camera saw it."""
    at = slice(80 + 60, 80 + 220), slice(left + 40, left + 177)
    return float(np.abs(shown[at].astype(int) - camera[at]).mean()) > 4


@pytest.mark.parametrize(
    "cast",
    [
        Cast((RED_CHEEKS,), "all"),
        Cast((RED_CHEEKS, BLUE_CHEEKS), "order"),
    ],
    ids=["all", "order"],
)
async def test_who_comes_and_is_to_be_swapped_is_not_bare_for_a_frame(
    weights: WeightStore, cast: Cast
) -> None:
    line = Line(weights, cast)
    woman, man = portraits()
    for n in range(11):
        await line.send(room((woman, 60 + n)))
    for n in range(14):
        picture = room((woman, 70), (man, 500 - n))
        image = await line.send(picture)
        assert unlike(image, picture, 70)
        assert unlike(image, picture, 500 - n), f"bare in frame {n}"
    assert abs(tint(image, picture, 487)) > 8, "and wears a face in the end"
    await line.close()


async def test_new_faces_of_a_cast_fade_in_for_each_person(line: Line) -> None:
    woman, man = portraits()
    picture = room((woman, 60), (man, 500))
    for _ in range(10):
        await line.send(picture)
    line.engine.set_cast(Cast((BLUE_CHEEKS, RED_CHEEKS), "order"))
    tints = []
    for _ in range(10):
        image = await line.send(picture)
        tints.append((tint(image, picture, 60), tint(image, picture, 500)))
    assert tints[0][0] > 0 > tints[-1][0], "not at once"
    assert tints[0][1] < 0 < tints[-1][1]
    steps = np.abs(np.diff(tints, axis=0)).max(0)
    whole = np.abs(np.subtract(tints[-1], tints[0]))
    assert (steps < 0.5 * whole).all(), "over a few frames"


async def test_of_one_face_alone_nobody_else_is_looked_for(weights: WeightStore) -> None:
    """The cost of one face is what it was."""
    line = Line(weights, Cast((RED_CHEEKS,)))
    woman, man = portraits()
    picture = room((woman, 60), (man, 500))
    for _ in range(6):
        image = await line.send(picture)
    tracker = line.engine._tracker
    assert isinstance(tracker, FaceTracker)
    looks = tracker._looks
    for _ in range(6):
        image = await line.send(picture)
    assert tracker._looks == looks, "no detector runs while he is followed"
    untouched = 500 if tint(image, picture, 60) > 8 else 60
    at = slice(None), slice(untouched - 20, untouched + 240)
    np.testing.assert_array_equal(image[at], picture[at])
    await line.close()
