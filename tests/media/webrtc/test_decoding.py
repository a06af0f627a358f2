import asyncio
import threading
import time

import av
import numpy as np
import pytest
from tests.media.webrtc.harness import until

from mien.errors import MediaRejected
from mien.media.webrtc.assembler import EncodedFrame
from mien.media.webrtc.decoder import FORMATS, VideoDecoder
from mien.media.webrtc.decoding import MAX_WAITING, DecodingThread
from mien.media.webrtc.encoder import make_encoder
from mien.media.webrtc.picture import Image, VideoPicture


class SlowDecoder(VideoDecoder):
    """A real decoder that waits for a sign before each frame."""

    def __init__(self, max_pixels: int = 640 * 480) -> None:
        super().__init__(FORMATS["VP8"], max_pixels)
        self.go = threading.Semaphore(0)
        self.converted = 0

    def decode(self, frame: bytes) -> av.VideoFrame | None:
        self.go.acquire()
        return super().decode(frame)

    def to_bgr(self, picture: av.VideoFrame) -> Image:
        self.converted += 1
        return super().to_bgr(picture)


class Results:
    def __init__(self) -> None:
        self.pictures: list[VideoPicture] = []
        self.broken = 0
        self.refused: list[MediaRejected] = []

    def start(self, decoder: VideoDecoder) -> DecodingThread:
        return DecodingThread(
            decoder,
            on_picture=self.pictures.append,
            on_broken=self._count,
            on_refused=self.refused.append,
        )

    def _count(self) -> None:
        self.broken += 1


def encoded(count: int) -> list[EncodedFrame]:
    """Frames that get brighter, one key frame first."""
    encoder, frames = make_encoder("VP8"), []
    for number in range(count):
        image = np.full((48, 64, 3), number * 8, np.uint8)
        result = encoder.encode(image, number * 3000, bitrate=300_000, key=False, now=0.0)
        data = b"".join(FORMATS["VP8"].depayload(p) for p in result.payloads)
        frames.append(EncodedFrame(data, number * 3000, number / 30, result.is_key))
    return frames


async def test_pictures_that_a_newer_one_overtook_are_left_out() -> None:
    results, decoder = Results(), SlowDecoder()
    thread = results.start(decoder)
    for frame in encoded(6):
        thread.put(frame)
    decoder.go.release(6)
    await until(lambda: results.pictures)
    await thread.close()
    assert [p.rtp_timestamp for p in results.pictures] == [5 * 3000]
    assert abs(int(results.pictures[0].image.mean()) - 40) < 6  # all were decoded, in order
    assert results.pictures[0].arrived == 5 / 30
    assert thread.overtaken == 5
    assert decoder.converted == 1


async def test_a_decoder_that_falls_behind_starts_over_at_a_key_frame() -> None:
    results, decoder = Results(), SlowDecoder()
    thread = results.start(decoder)
    frames = encoded(MAX_WAITING + 5)
    thread.put(frames[0])
    await asyncio.sleep(0.05)  # it is in the thread now
    for frame in frames[1 : MAX_WAITING + 2]:
        thread.put(frame)
    assert results.broken == 1
    thread.put(encoded(1)[0])
    decoder.go.release(10)
    await until(lambda: len(results.pictures) == 1)
    await thread.close()
    assert results.pictures[-1].image.mean() < 5


async def test_broken_data_asks_for_a_key_frame_and_goes_on() -> None:
    results = Results()
    thread = results.start(VideoDecoder(FORMATS["H264"], 640 * 480))
    thread.put(EncodedFrame(b"\0\0\0\1\x65garbage", 0, 0.0, True))
    await until(lambda: results.broken == 1)
    encoder = make_encoder("H264")
    image = np.full((48, 64, 3), 99, np.uint8)
    result = encoder.encode(image, 0, bitrate=300_000, key=True, now=0.0)
    data = b"".join(FORMATS["H264"].depayload(p) for p in result.payloads)
    thread.put(EncodedFrame(data, 7, 0.0, True))
    await until(lambda: results.pictures)
    await thread.close()


async def test_a_size_above_the_policy_ends_it() -> None:
    results = Results()
    thread = results.start(VideoDecoder(FORMATS["VP8"], 64 * 48 - 1))
    thread.put(encoded(1)[0])
    await until(lambda: results.refused)
    thread.put(encoded(1)[0])
    await asyncio.sleep(0.05)
    await thread.close()
    assert len(results.refused) == 1 and not results.pictures


@pytest.mark.parametrize("busy", [True, False])
async def test_closing_ends_the_thread_at_once(busy: bool) -> None:
    results, decoder = Results(), SlowDecoder()
    before = threading.active_count()
    thread = results.start(decoder)
    if busy:
        thread.put(encoded(1)[0])
        await asyncio.sleep(0.05)
        decoder.go.release()
    start = time.monotonic()
    await thread.close()
    assert time.monotonic() - start < 0.5
    assert threading.active_count() <= before
