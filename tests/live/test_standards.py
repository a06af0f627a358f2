"""WHIP in and WHEP out, as programs of others have it: OBS's form publishes, browsers watch."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpsender import RTCRtpSender
from tests.live.camera_client import (
    CLIP,
    MEDIA,
    Camera,
    Microphone,
    clip_frames,
    only_loopback,
    until,
)
from tests.media.webrtc.test_obs import OFFER

from mien.bench.browser import Browser, Page
from mien.bench.network import SCRIPT
from mien.live.stream import Stream, StreamOptions
from mien.media.webrtc.peer import PeerConfig
from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import prepare_source
from mien.trust.marking import Marker, Marking
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance

pytestmark = pytest.mark.browser

LOOPBACK = PeerConfig(loopback=True)
VIEWERS = 3


class Likeness:
    """Whose face it is."""

    def __init__(self, weights: WeightStore) -> None:
        self.find, self._who = FaceFinder.load(weights), IdentityModel.load(weights)
        self.picture = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)
        self._person = clip_frames(CLIP, 1)[0]

    def nearer_to_source(self, image: BgrImage) -> float:
        """How much nearer the face is to the source than to the person of the clip."""
        shown, wanted, person = (
            self._who(p, self.find(p)[0].mesh) for p in (image, self.picture, self._person)
        )
        return distance(shown, person) - distance(shown, wanted)


class Obs:
    """Publishes a clip and a tone with an offer of OBS's form: all that it does not say is left
    out, H.264 and Opus have its numbers, ICE and DTLS stand once for the whole session."""

    def __init__(self) -> None:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTransceiver(Microphone(), direction="sendonly")
        video = self._peer.addTransceiver(Camera(clip_frames()), direction="sendonly")
        every = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([c for c in every if c.mimeType == "video/H264"])

    async def offer(self) -> str:
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return in_obs_form(self._peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self._peer.close()


def in_obs_form(sdp: str) -> str:
    """OBS's offer with another one's transport and sources."""
    text = OFFER
    for line in (r"a=ice-ufrag:\S+", r"a=ice-pwd:\S+", r"a=fingerprint:sha-256 \S+"):
        text = re.sub(line, re.findall(line, sdp)[0], text)
    for ours, theirs in zip(
        (1234567, 1234568), re.findall(r"a=ssrc:(\d+) cname", sdp), strict=True
    ):
        text = text.replace(f"a=ssrc:{ours} ", f"a=ssrc:{theirs} ")
    audio = sdp.split("m=video")[0]
    candidates = "\r\n".join(re.findall(r"a=candidate:.*? typ host", audio))
    return re.sub(r"a=candidate:.* typ host", candidates, text)


@pytest.fixture
async def stream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stream]:
    only_loopback(monkeypatch)
    engine = FrameEngine(Senses.load(WeightStore()), EngineOptions(lost_face="blur"))
    engine.warm_up()
    marker = Marker(Marking(bytes(range(32)), 0xC0FFEE))
    stream = Stream(engine, marker, StreamOptions(algorithm_uid=3), lambda event, body: None)
    yield stream
    await stream.close()


async def watch(stream: Stream, page: Page) -> None:
    """Play the stream in a page by WHEP."""
    await page.evaluate(SCRIPT)
    offer = await page.evaluate('offer({"direction": "recvonly", "data": false})')
    _, answer = await stream.join("whep", offer, LOOPBACK)
    assert answer.count("a=sendonly") == 2
    await page.evaluate(f"accept({answer!r})")


async def picture(page: Page) -> BgrImage:
    """What the page shows."""
    url = await page.evaluate(
        "(v => { const c = document.createElement('canvas');"
        " [c.width, c.height] = [v.videoWidth, v.videoHeight];"
        " c.getContext('2d').drawImage(v, 0, 0); return c.toDataURL('image/png'); })"
        "(document.querySelector('video'))"
    )
    data = np.frombuffer(base64.b64decode(url.split(",")[1]), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


async def test_obs_publishes_and_three_browsers_play_the_swap_from_one_encode(
    stream: Stream,
) -> None:
    likeness = await asyncio.to_thread(Likeness, WeightStore())
    face = prepare_source(likeness.picture, likeness.find(likeness.picture)[0].mesh)
    await stream.change_source(face.to_bytes())
    obs = Obs()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(obs.close)
        _, answer = await stream.join("whip", await obs.offer(), LOOPBACK)
        assert answer.count("a=recvonly") == 2 and "a=rtpmap:96 H264/90000" in answer
        await obs.accept(answer)
        browsers = [await stack.enter_async_context(Browser()) for _ in range(VIEWERS)]
        pages = [await browser.new_page() for browser in browsers]
        for page in pages:
            await watch(stream, page)
        for page in pages:
            await page.wait_for("shown.length > 15", 30)
        await until(lambda: stream.statistics()["state"] == "swapping")
        [rendition] = stream._audience._broadcast.renditions
        assert len(rendition.senders) == VIEWERS
        for page in pages:
            await page.wait_for("(shown.length = 0, true)")
            await page.wait_for("shown.length > 3", 20)
            shown = await picture(page)
            assert shown.shape[0] * 4 == shown.shape[1] * 3
            # The person himself is at -0.4 or below; how near a moment comes depends on it.
            assert await asyncio.to_thread(likeness.nearer_to_source, shown) > -0.1
        for member in stream._audience:
            assert member.peer.statistics().audio_packets_out > 0 or not member.receives


def test_the_form_is_that_of_obs() -> None:
    theirs = (Path(__file__).parents[1] / "media/webrtc/obs_offer.sdp").read_text()
    assert in_obs_form(theirs.replace("\n", "\r\n")) == OFFER
