"""The studio with two people before the camera, and with several photos of one face."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import pytest_asyncio
from tests.live.two_people import HALF, side_by_side
from tests.web.driving import MEDIA, Eyes, Studio, open_browser

from mien.bench.browser import BrowserOptions
from mien.bench.camera_file import write_camera_file
from mien.bench.server import Server
from mien.vision.face import BgrImage
from mien.vision.identity import Embedding, distance

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

FACES = Path(__file__).parents[2] / "src" / "mien" / "web" / "faces"


@pytest.fixture(scope="module")
def two_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("camera")
    clip = folder / "two.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=15, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        frames = side_by_side(40)
        for number, image in enumerate(frames + frames[::-1]):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 15)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    write_camera_file(clip, folder / "two.mjpeg")
    return folder / "two.mjpeg"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(server: Server, two_people: Path) -> AsyncIterator[Studio]:
    async with open_browser(server, BrowserOptions(camera=two_people)) as (_, studio):
        yield studio


@pytest.fixture(scope="module")
def known(eyes: Eyes) -> dict[str, Embedding]:
    """The samples, and those before the camera."""
    pictures = {"eileen": "astronaut.jpg", "grace": "grace_hopper.jpg"}
    images = {name: np.asarray(cv2.imread(str(FACES / file))) for name, file in pictures.items()}
    camera = side_by_side(1)[0]
    images |= {"woman": camera[:, :HALF], "man": camera[:, HALF:]}
    found = {name: eyes.who(np.ascontiguousarray(image)) for name, image in images.items()}
    return {name: one for name, one in found.items() if one is not None}


def look_like(image: BgrImage, eyes: Eyes, known: dict[str, Embedding]) -> list[str]:
    """Whom the halves of a picture are most like."""
    names = []
    for half in (image[:, :HALF], image[:, HALF:]):
        who = eyes.who(np.ascontiguousarray(half))
        gaps = {name: 9.0 if who is None else distance(who, one) for name, one in known.items()}
        names.append(min(gaps, key=gaps.__getitem__))
    return names


async def until_shown(
    studio: Studio, eyes: Eyes, known: dict[str, Embedding], wanted: list[str]
) -> BgrImage:
    seen = []
    for _ in range(60):
        image = await studio.result()
        seen.append(look_like(image, eyes, known))
        if seen[-1] == wanted:
            return image
        await asyncio.sleep(0.2)
    pytest.fail(f"never {wanted}: {seen[-12:]}")


async def pick(studio: Studio, mode: str) -> None:
    await studio.page.click(f"#wearers [value={mode}]")


async def test_only_who_is_live_can_give_each_a_face(studio: Studio) -> None:
    await studio.open(face=1)
    assert await studio.page.evaluate("document.getElementById('wearer-each').disabled")
    assert "Once you are live" in await studio.text("people-hint")
    await studio.start()
    await studio.page.wait_for("!document.getElementById('wearer-each').disabled")


async def test_everybody_in_the_picture_wears_the_face(
    studio: Studio, eyes: Eyes, known: dict[str, Embedding]
) -> None:
    await pick(studio, "all")
    await until_shown(studio, eyes, known, ["eileen", "eileen"])
    assert await studio.text("face-status") == "The face has been changed."


async def test_each_gets_his_own_and_whoever_has_none_stays_as_he_is(
    studio: Studio, eyes: Eyes, known: dict[str, Embedding]
) -> None:
    page = studio.page
    await pick(studio, "chosen")
    await page.wait_for("document.querySelectorAll('#people li').length === 2", 30)
    wearers = "[...document.querySelectorAll('.person')].map(p => !!p.querySelector('.worn'))"
    dressed = await page.evaluate(wearers)
    assert sorted(dressed) == [False, True], "the largest has the face that was worn"
    await until_shown(studio, eyes, known, ["woman", "eileen"] if dressed[1] else ["eileen", "man"])
    # The woman, on the left, gets Grace Hopper's face; the man gets the other.
    for person, face in ((1, 2), (2, 1)):
        await page.click(f"#people li:nth-child({person}) .person")
        await studio.choose(face)
        await page.wait_for(f"!!document.querySelector('#people li:nth-child({person}) .worn')")
    await until_shown(studio, eyes, known, ["grace", "eileen"])
    await page.click("#people li:nth-child(1) .remove")
    await until_shown(studio, eyes, known, ["woman", "eileen"])
    assert await page.evaluate("document.querySelectorAll('#people .remove').length") == 0


async def test_one_person_again_and_the_choice_ends_with_the_session(studio: Studio) -> None:
    await pick(studio, "largest")
    await studio.page.wait_for("document.getElementById('people').hidden")
    await pick(studio, "chosen")
    await studio.page.wait_for("document.querySelectorAll('#people li').length === 2", 30)
    await studio.stop()
    assert (
        await studio.page.evaluate("document.querySelector('#wearers :checked').value") == "largest"
    )
    assert await studio.page.evaluate("document.getElementById('people').hidden")


async def test_several_photos_make_one_face_and_stay_together(
    studio: Studio, tmp_path: Path
) -> None:
    page = studio.page
    photo = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")))
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.clip(photo * (1 + 0.06 * number), 0, 255).astype(np.uint8))
    await studio.open(face=None)
    await page.set_files("#file", paths[:2])
    await page.wait_for("document.querySelector('#faces .count')?.textContent === '2'", 60)
    assert "2 photos" in await studio.text("face-status")
    await page.set_files("#more-file", paths[2:])
    await page.wait_for("document.querySelector('#faces .count')?.textContent === '3'", 60)
    sent = (
        "window.fetch = (send => (path, init) => {"
        " if (String(path).endsWith('/create')) window.sent = init.body;"
        " return send(path, init); })(window.fetch)"
    )
    await page.evaluate(f"{sent}, 1")
    await studio.start()
    assert await page.evaluate("JSON.parse(window.sent).sourceImage.length") == 3
    await studio.stop()
    await studio.open(face=None)
    assert await page.evaluate("document.querySelector('#faces .count')?.textContent") == "3"
    faces = await page.evaluate("document.querySelectorAll('#faces li').length")
    await page.click("#faces li:nth-child(3) .remove")
    await page.wait_for(f"document.querySelectorAll('#faces li').length === {faces - 1}")
    await studio.open(face=None)
    assert await page.evaluate("document.querySelectorAll('#faces li').length") == faces - 1


async def test_a_phone_shows_the_people_without_scrolling_sideways(studio: Studio) -> None:
    await studio.page.set_viewport(360, 740, scale=2, mobile=True)
    try:
        width, window = await studio.sideways()
        assert width <= window == 360
        assert await studio.page.evaluate(
            "[...document.querySelectorAll('.segments span')].every(e =>"
            " e.scrollWidth <= e.clientWidth && e.getBoundingClientRect().right <= 340)"
        )
    finally:
        await studio.page.set_viewport(1280, 900)


async def test_the_page_threw_nothing(studio: Studio) -> None:
    assert list(studio.page.exceptions) == []
