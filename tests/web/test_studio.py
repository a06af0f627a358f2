"""The studio page as a person uses it: sign in, choose a face, go live, change it, stop."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.web.driving import CLIENT, MEDIA, Eyes, Studio, call

from mien.bench.server import Server
from mien.vision.face import BgrImage
from mien.vision.identity import distance

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

FACES = Path(__file__).parents[2] / "src" / "mien" / "web" / "faces"
INFO = "/api/open/v3/faceswap/live/info"


def read(path: Path) -> BgrImage:
    image = cv2.imread(str(path))
    assert image is not None
    return np.asarray(image, np.uint8)


@dataclass
class Clip:
    """The frames that the camera plays."""

    frames: list[BgrImage]

    @classmethod
    def read(cls) -> "Clip":
        capture = cv2.VideoCapture(str(MEDIA / "head_turns.mp4"))
        frames: list[BgrImage] = []
        while (grabbed := capture.read())[0]:
            frames.append(np.asarray(grabbed[1], np.uint8))
        return cls(frames)

    def nose_behind(self, result: BgrImage, eyes: Eyes) -> NDArray[np.float64]:
        """Where the nose was in the camera's frame that `result` was made from.

        That frame is known by what the swap leaves alone: everything around the face.
        """
        points = eyes.points(result)
        assert points is not None
        around = np.full(result.shape[:2], 255, np.uint8)
        low, high = points.min(axis=0) - 30, points.max(axis=0) + 30
        cv2.rectangle(around, low.astype(int).tolist(), high.astype(int).tolist(), 0, -1)
        apart = [cv2.norm(frame, result, cv2.NORM_L1, around) for frame in self.frames]
        nose = eyes.nose(self.frames[int(np.argmin(apart))])
        assert nose is not None
        return nose


async def test_a_wrong_secret_is_refused_and_the_right_one_opens_the_studio(studio: Studio) -> None:
    page = studio.page
    await page.goto(f"{studio.server.origin}/studio/")
    await page.wait_for("document.activeElement.id === 'client-id'")
    for secret in ("wrong", CLIENT["MIEN_CLIENT_SECRET"]):
        await page.evaluate("document.getElementById('sign-in-form').reset()")
        await page.click("#client-id")
        await page.type(CLIENT["MIEN_CLIENT_ID"])
        await page.click("#client-secret")
        await page.type(secret)
        await page.press("Enter")
        if secret == "wrong":
            assert "Sign in again" in await studio.problem()
    await page.wait_for("!document.getElementById('studio').hidden")
    await page.wait_for("document.getElementById('problem').hidden")
    assert await studio.state() == "Choose a face to begin"


async def test_the_token_is_taken_out_of_the_address_and_kept_for_the_tab(studio: Studio) -> None:
    await studio.open(face=None)
    assert await studio.page.evaluate("location.href") == f"{studio.server.origin}/studio/"
    await studio.page.goto(f"{studio.server.origin}/studio/?again")
    await studio.page.wait_for("!document.getElementById('studio').hidden")
    await studio.page.click("#sign-out")
    await studio.page.wait_for("!document.getElementById('sign-in').hidden")
    assert await studio.page.evaluate("sessionStorage.length") == 0


async def test_the_face_that_was_found_is_shown_in_the_uploaded_picture(
    studio: Studio, eyes: Eyes
) -> None:
    await studio.open(face=None)
    picture = MEDIA / "astronaut.png"
    await studio.page.set_files("#file", [picture])
    await studio.page.wait_for("!document.getElementById('found-region').hidden", 40)
    frame, region = await studio.page.evaluate(
        "['found-picture', 'found-region'].map(id => {"
        " const r = document.getElementById(id).getBoundingClientRect();"
        " return [r.x, r.y, r.width, r.height]; })"
    )
    image = read(picture)
    points = eyes.points(image)
    assert points is not None
    scale = frame[2] / image.shape[1]
    low, high = points.min(axis=0) * scale, points.max(axis=0) * scale
    corner = np.subtract(region[:2], frame[:2])
    middle = corner + np.divide(region[2:], 2)
    assert (low < middle).all() and (middle < high).all()
    assert 0.6 < region[2] / (high - low)[0] < 2
    assert "found" in await studio.text("face-status")


async def test_the_result_wears_the_source_and_moves_with_the_camera(
    studio: Studio, eyes: Eyes
) -> None:
    await studio.open(face=1)
    await studio.start()
    source = eyes.who(read(FACES / "astronaut.jpg"))
    assert source is not None
    film = await studio.film(16, 400)
    assert film[0][1].shape == (480, 640, 3)
    seen = [
        (w, p) for c, r in film if (w := eyes.who(r)) is not None and (p := eyes.who(c)) is not None
    ]
    assert len(seen) >= 13
    # A bare camera is 0.05 from itself and 0.75 from the source; turned moments are the worst.
    to_source, to_camera = np.array([(distance(w, source), distance(w, p)) for w, p in seen]).T
    assert to_source.mean() < 0.6 < to_camera.mean() + 0.1
    assert (to_source < to_camera).mean() >= 0.6
    clip = Clip.read()
    noses = [(clip.nose_behind(r, eyes), n) for _, r in film if (n := eyes.nose(r)) is not None]
    driving, worn = (np.array([pair[i] for pair in noses]) for i in (0, 1))
    assert np.ptp(driving[:, 0]) > 60  # the clip turns its head from side to side
    assert np.median(np.linalg.norm(driving - worn, axis=1)) < 12
    assert np.corrcoef(driving[:, 0], worn[:, 0])[0, 1] > 0.95
    await studio.page.wait_for(
        "document.getElementById('meter-latency').textContent.includes('ms')"
    )
    assert float(await studio.text("meter-fps")) > 1
    assert "640 \u00d7 480" in await studio.text("meter-picture")


async def test_the_face_changes_while_the_stream_goes_on(studio: Studio, eyes: Eyes) -> None:
    await studio.page.evaluate(
        "window.kept = document.getElementById('result').srcObject, window.frames = 0,"
        " (function count() { window.frames++;"
        " document.getElementById('result').requestVideoFrameCallback(count) })()"
    )
    before = await studio.page.evaluate("window.frames")
    await studio.choose(2)
    first, second = (eyes.who(read(FACES / n)) for n in ("astronaut.jpg", "grace_hopper.jpg"))
    assert first is not None and second is not None
    for _ in range(40):
        worn = eyes.who(await studio.result())
        if worn is not None and distance(worn, second) < distance(worn, first):
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the result kept the first face")
    assert await studio.page.evaluate("window.kept === document.getElementById('result').srcObject")
    assert await studio.page.evaluate("window.frames") > before
    assert await studio.state() == "Live"


async def test_a_phone_shows_it_without_scrolling_sideways(studio: Studio) -> None:
    await studio.page.set_viewport(360, 740, scale=2, mobile=True)
    try:
        width, window = await studio.sideways()
        assert width <= window == 360
        assert await studio.page.evaluate(
            "[...document.querySelectorAll('button, select, input')].filter(e => e.offsetParent)"
            ".every(e => e.getBoundingClientRect().right <= 360)"
        )
    finally:
        await studio.page.set_viewport(1280, 900)


async def test_pictures_are_shown_whole_with_the_label_in_their_corner(studio: Studio) -> None:
    """A wide camera's picture was cut at both sides, and the label with it."""
    fits = "[...document.querySelectorAll('.view video')].map((v) => getComputedStyle(v).objectFit)"
    assert await studio.page.evaluate(fits) == ["contain", "contain"]


async def test_muting_and_switching_off_reach_the_tracks(studio: Studio) -> None:
    tracks = (
        "document.getElementById('camera').srcObject.getTracks()"
        ".map(t => [t.kind, t.enabled]).sort()"
    )
    await studio.page.click("#mute-microphone")
    assert await studio.page.evaluate(tracks) == [["audio", False], ["video", True]]
    await studio.page.click("#mute-camera")
    await studio.wait_for_state("Your camera is off")
    assert await studio.page.evaluate(tracks) == [["audio", False], ["video", False]]
    await studio.page.click("#mute-camera")
    await studio.page.click("#mute-microphone")
    await studio.wait_for_state("Live")
    assert await studio.page.evaluate("document.getElementById('result').muted")
    await studio.page.click("#headphones")
    assert not await studio.page.evaluate("document.getElementById('result').muted")
    await studio.page.click("#headphones")


async def test_the_result_opens_in_a_window_of_its_own(studio: Studio) -> None:
    await studio.page.evaluate(
        "window.open = (open => (...a) => (window.out = open.apply(window, a)))(window.open)"
    )
    await studio.page.click("#popout")
    await studio.page.wait_for("window.out?.document.querySelector('video')?.videoWidth === 640")
    assert await studio.page.evaluate("(window.out.close(), true)")


async def test_stopping_frees_the_camera_and_ends_the_session(studio: Studio) -> None:
    created = await studio.page.evaluate(
        "window.track = document.getElementById('camera').srcObject.getVideoTracks()[0],"
        " performance.getEntriesByType('resource').some(e => e.name.includes('/join'))"
    )
    assert created
    await studio.stop()
    assert await studio.page.evaluate("window.track.readyState") == "ended"
    assert await studio.state() == "Ready when you are"
    assert await studio.text("meter-fps") == "\u2013"


async def test_leaving_the_page_ends_the_session(studio: Studio, server: Server) -> None:
    await studio.page.evaluate(
        "window.fetch = (send => async (path, init) => {"
        " const answer = await send(path, init);"
        " if (String(path).endsWith('/create')) window.made = await answer.clone().json();"
        " return answer; })(window.fetch)"
    )
    await studio.start()
    made = await studio.page.evaluate("window.made.data._id")
    await studio.page.goto("about:blank")
    for _ in range(50):
        info = await call(server, INFO, {"_id": made})
        if info["data"]["faceswap_status"] == 3:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"still open: {json.dumps(info)[:300]}")


async def test_everything_can_be_done_by_keyboard(studio: Studio) -> None:
    page = studio.page
    await studio.open(face=None)

    async def tab_to(selector: str) -> None:
        for _ in range(40):
            await page.press("Tab")
            if await page.evaluate(f"document.activeElement.matches({selector!r})"):
                outline = await page.evaluate(
                    "getComputedStyle(document.activeElement.closest('.thumb, .drop')"
                    " ?? document.activeElement).outlineStyle"
                )
                assert outline != "none", f"{selector} shows no focus"
                return
        pytest.fail(f"{selector} can't be reached by Tab")

    await page.evaluate("document.body.focus()")
    await tab_to("#start")
    await page.press("Enter")
    await page.wait_for("document.activeElement.name === 'face'")
    await page.press(" ")
    await page.wait_for("!document.getElementById('found').hidden", 30)
    await page.press("ArrowRight")
    await page.wait_for("document.querySelector('#faces li:nth-child(2) input').checked", 30)
    await page.evaluate("document.getElementById('main').focus()")
    await tab_to("#start")
    await page.press("Enter")
    await studio.wait_for_state("Live", 40)
    await tab_to("#mirror")
    await page.press(" ")
    assert await page.evaluate("document.activeElement.ariaPressed") == "true"
    await page.evaluate("document.getElementById('main').focus()")
    await tab_to("#start")
    await page.press("Enter")
    await page.wait_for("document.getElementById('start').textContent === 'Start'")


async def test_the_page_threw_nothing(studio: Studio) -> None:
    assert list(studio.page.exceptions) == []
