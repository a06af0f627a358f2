"""Encoders, decoder and colour together: what goes in must come out."""

import av
import numpy as np
import pytest

from mien.media.webrtc.colour import BgrConverter, YuvConverter
from mien.media.webrtc.decoder import FORMATS, VideoDecoder
from mien.media.webrtc.encoder import EncodedPicture, VideoEncoder, make_encoder
from mien.media.webrtc.picture import Image

CODECS = ["VP8", "H264"]
# BT.601 limited range, by hand: pure colours and their (Y, U, V).
COLOURS = {
    (0, 0, 255): (81, 90, 240),  # red, as BGR
    (0, 255, 0): (145, 54, 34),
    (255, 0, 0): (41, 240, 110),
    (255, 255, 255): (235, 128, 128),
    (0, 0, 0): (16, 128, 128),
}


def quarters(height: int, width: int) -> Image:
    """Four colours, one a quarter, so that a mirrored or turned picture is noticed."""
    image = np.empty((height, width, 3), np.uint8)
    h, w = height // 2, width // 2
    image[:h, :w], image[:h, w:] = (30, 60, 200), (200, 60, 30)
    image[h:, :w], image[h:, w:] = (40, 180, 40), (220, 220, 220)
    return image


def assert_quarters(image: Image, tolerance: int = 10) -> None:
    height, width = image.shape[:2]
    wanted = quarters(height, width)
    for y in (height // 4, height * 3 // 4):
        for x in (width // 4, width * 3 // 4):
            difference = image[y, x].astype(int) - wanted[y, x]
            assert np.abs(difference).max() <= tolerance


def noisy(height: int, width: int, seed: int) -> Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    return np.repeat(np.repeat(coarse, 8, 0), 8, 1)


def decode(codec: str, decoder: VideoDecoder, encoded: EncodedPicture) -> Image:
    depayload = FORMATS[codec].depayload
    picture = decoder.decode(b"".join(depayload(p) for p in encoded.payloads))
    assert picture is not None
    return decoder.to_bgr(picture)


def encode(encoder: VideoEncoder, image: Image, number: int, **options: float) -> EncodedPicture:
    rate, key = int(options.get("bitrate", 1_000_000)), bool(options.get("key", False))
    return encoder.encode(image, number * 3000, bitrate=rate, key=key, now=number / 30)


@pytest.mark.parametrize(("bgr", "yuv"), COLOURS.items())
def test_colours_become_the_standards_numbers(
    bgr: tuple[int, int, int], yuv: tuple[int, int, int]
) -> None:
    image = np.empty((4, 6, 3), np.uint8)
    image[:] = bgr
    frame = YuvConverter().convert(image)
    assert (frame.width, frame.height) == (6, 4)
    for plane, wanted in zip(frame.planes, yuv, strict=True):
        values = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        assert np.abs(values[: plane.height, : plane.width].astype(int) - wanted).max() <= 1
    assert np.abs(BgrConverter().convert(frame).astype(int) - bgr).max() <= 3


@pytest.mark.parametrize("size", [(240, 320), (241, 320), (240, 321), (161, 227), (2, 2), (1, 1)])
def test_every_size_survives_the_colours(size: tuple[int, int]) -> None:
    yuv, bgr = YuvConverter(), BgrConverter()
    image = quarters(*size)
    for _ in range(2):
        back = bgr.convert(yuv.convert(image))
        assert back.shape == image.shape
        assert back.flags["C_CONTIGUOUS"]
    if min(size) > 100:
        assert_quarters(back, 4)


def test_other_pixel_formats_are_converted() -> None:
    image = quarters(48, 64)
    frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv444p")
    assert_quarters(BgrConverter().convert(frame))


def test_pictures_do_not_share_memory() -> None:
    yuv, bgr = YuvConverter(), BgrConverter()
    first = bgr.convert(yuv.convert(np.zeros((16, 16, 3), np.uint8)))
    bgr.convert(yuv.convert(np.full((16, 16, 3), 255, np.uint8)))
    assert first.max() < 5


@pytest.mark.parametrize("codec", CODECS)
def test_a_picture_comes_back(codec: str) -> None:
    encoder, decoder = (
        make_encoder(codec, highest=5_000_000),
        VideoDecoder(FORMATS[codec], 1920 * 1088),
    )
    for number in range(5):
        encoded = encode(encoder, quarters(240, 320), number)
        assert encoded.is_key == (number == 0)
        assert_quarters(decode(codec, decoder, encoded))


@pytest.mark.parametrize("codec", CODECS)
def test_every_picture_comes_out_at_once(codec: str) -> None:
    encoder, decoder = (
        make_encoder(codec, highest=5_000_000),
        VideoDecoder(FORMATS[codec], 1920 * 1088),
    )
    for number in range(8):
        image = np.full((48, 64, 3), number * 30, np.uint8)
        back = decode(codec, decoder, encode(encoder, image, number, bitrate=400_000))
        assert abs(int(back.mean()) - number * 30) < 8


@pytest.mark.parametrize("codec", CODECS)
def test_a_key_frame_comes_when_it_is_asked_for(codec: str) -> None:
    encoder = make_encoder(codec, highest=5_000_000)
    keys = [encode(encoder, quarters(96, 128), n, key=n == 3).is_key for n in range(6)]
    assert keys == [True, False, False, True, False, False]


@pytest.mark.parametrize("codec", CODECS)
def test_a_new_size_is_a_key_frame_and_odd_sizes_work(codec: str) -> None:
    encoder, decoder = (
        make_encoder(codec, highest=5_000_000),
        VideoDecoder(FORMATS[codec], 1920 * 1088),
    )
    for number, size in enumerate([(240, 320), (161, 227), (480, 640)]):
        encoded = encode(encoder, quarters(*size), number)
        assert encoded.is_key
        wanted = size if codec == "VP8" else (size[0] & ~1, size[1] & ~1)
        assert encoded.size == wanted[::-1]
        image = decode(codec, decoder, encoded)
        assert image.shape[:2] == wanted
        assert_quarters(image)


def spent(codec: str, rates: list[int]) -> tuple[list[float], int]:
    """Bits per second spent at each rate, 5 s each at 30 fps, and the key frames."""
    encoder = make_encoder(codec, highest=5_000_000)
    bits: list[float] = []
    keys = number = 0
    images = [noisy(240, 320, seed) for seed in range(4)]
    for rate in rates:
        total = 0
        for index in range(150):
            image = np.roll(images[index % 4], index * 3, 1)
            encoded = encode(encoder, image, number, bitrate=rate)
            keys += encoded.is_key
            number += 1
            if index >= 90:
                total += sum(map(len, encoded.payloads)) * 8
        bits.append(total / 2)
    return bits, keys


@pytest.mark.parametrize(("codec", "wanted_keys"), [("VP8", 3), ("H264", 1)])
def test_the_rate_is_followed_without_a_shower_of_key_frames(codec: str, wanted_keys: int) -> None:
    (middle, low, high), keys = spent(codec, [2_000_000, 1_000_000, 3_000_000])
    assert 0.6 * 2_000_000 < middle < 1.3 * 2_000_000
    assert 0.6 * 1_000_000 < low < 1.3 * 1_000_000
    assert 0.6 * 3_000_000 < high < 1.3 * 3_000_000
    assert keys == wanted_keys


def test_vp8_keeps_its_encoder_when_the_rate_moves_a_little() -> None:
    encoder = make_encoder("VP8", highest=5_000_000)
    keys = 0
    for number in range(60):
        rate = 1_000_000 + (number % 2) * 300_000
        keys += encode(encoder, quarters(48, 64), number, bitrate=rate).is_key
    assert keys == 1


@pytest.mark.parametrize("codec", CODECS)
def test_timestamps_that_stand_still_or_go_back_do_not_stop_the_encoder(codec: str) -> None:
    encoder = make_encoder(codec, highest=5_000_000)
    for timestamp in (9000, 9000, 3000, 3000):
        encoded = encoder.encode(
            quarters(48, 64), timestamp, bitrate=300_000, key=False, now=timestamp / 9e4
        )
        assert encoded.payloads


def test_h264_is_constrained_baseline() -> None:
    payload = encode(make_encoder("H264", highest=5_000_000), quarters(48, 64), 0).payloads[0]
    sps = payload[3:] if payload[0] & 0x1F == 24 else payload
    assert sps[0] & 0x1F == 7
    assert sps[1] == 66
    assert sps[2] & 0x40  # constraint set 1
