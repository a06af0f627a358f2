"""What embedding does to pixels: where, how much, and never to colour."""

import cv2
import numpy as np
import pytest
from tests.trust.pictures import KEY, MARK_ID, clip_frames, photo

from mien.bench.distortions import psnr, ssim
from mien.trust.code import encode
from mien.trust.pattern import make_pattern
from mien.trust.watermark import Embedder, Strength, spread, strength_at
from mien.vision.face import BgrImage

PATTERN = make_pattern(KEY)


def grey(height: int, width: int) -> BgrImage:
    return np.full((height, width, 3), 128, np.uint8)


@pytest.mark.parametrize("bitrate", [None, 1_000_000, 500_000])
def test_it_is_invisible_on_real_pictures(bitrate: float | None) -> None:
    embedder = Embedder(PATTERN, MARK_ID)
    for frame in (clip_frames("signer.mp4", 1)[0], clip_frames("head_turns.mp4", 1)[0], photo()):
        marked = embedder.embed(frame, strength_at(bitrate))
        assert 44 < psnr(frame, marked) < 52
        assert ssim(frame, marked) > 0.985


def test_the_busiest_frame_stays_above_44_db() -> None:
    noise = np.random.default_rng(0).integers(20, 235, (240, 320, 1), np.uint8).repeat(3, axis=2)
    for bitrate in (None, 300_000):
        assert psnr(noise, Embedder(PATTERN, MARK_ID).embed(noise, strength_at(bitrate))) > 44


def test_all_channels_move_alike() -> None:
    frame = clip_frames("signer.mp4", 1)[0]
    marked = Embedder(PATTERN, MARK_ID).embed(frame, Strength())
    inside = ((frame > 8) & (frame < 247)).all(axis=2)
    change = (marked.astype(int) - frame)[inside]
    assert inside.mean() > 0.5
    assert np.abs(change).max() >= 2
    assert (change == change[:, :1]).all()


def test_on_grey_the_change_is_the_pattern_itself() -> None:
    flat = grey(480, 640)
    marked = Embedder(PATTERN, MARK_ID).embed(flat, Strength(8, 0, 8, 8))
    change = marked[..., 1].astype(float) - 128
    wave = np.tile(PATTERN.id_tile(encode(MARK_ID)), (3, 4))
    assert np.abs(change - 8 * wave).mean() < 0.5
    # A sign or an offset that is wrong would make this zero or negative.
    assert np.corrcoef(change.ravel(), wave.ravel())[0, 1] > 0.98


def test_busy_places_take_more() -> None:
    frame = grey(480, 640)
    frame[:, 320:] = np.random.default_rng(0).integers(60, 200, (480, 320, 1), np.uint8)
    change = np.abs(Embedder(PATTERN, MARK_ID).embed(frame, Strength()).astype(int) - frame)
    assert change[:, 320:].mean() > 1.8 * change[:, :320].mean() > 0


def test_low_bitrates_get_a_stronger_mark() -> None:
    usual, low, lowest = strength_at(None), strength_at(1_000_000), strength_at(100_000)
    assert strength_at(5_000_000) == usual
    assert usual.least < low.least < lowest.least == pytest.approx(1.5 * usual.least)
    assert lowest.most == pytest.approx(1.5 * usual.most)


def test_the_same_bits_a_pixel_get_the_same_strength() -> None:
    assert strength_at(3_000_000, 1280 * 720) == strength_at(1_000_000, 640 * 480)
    assert strength_at(1_000_000, 480 * 270).least < strength_at(1_000_000).least


def test_black_and_white_do_not_wrap_around() -> None:
    for level in (0, 255):
        frame = np.full((120, 160, 3), level, np.uint8)
        marked = Embedder(PATTERN, MARK_ID).embed(frame, Strength(4, 0, 4, 4))
        assert np.abs(marked.astype(int) - level).max() < 30


@pytest.mark.parametrize("size", [(480, 640), (144, 256), (271, 481), (720, 1280), (1, 1), (3, 90)])
def test_any_size_is_taken_and_the_frame_left_as_it_was(size: tuple[int, int]) -> None:
    frame = grey(*size)
    marked = Embedder(PATTERN, MARK_ID).embed(frame, Strength())
    assert marked.shape == frame.shape
    assert marked.dtype == np.uint8
    assert (frame == 128).all()


def test_one_embedder_follows_a_stream_that_changes_its_size() -> None:
    embedder = Embedder(PATTERN, MARK_ID)
    first = embedder.embed(grey(480, 640), Strength())
    embedder.embed(grey(240, 320), Strength())
    assert np.array_equal(embedder.embed(grey(480, 640), Strength()), first)


def test_the_pattern_grows_with_the_frame() -> None:
    tile = PATTERN.id_tile(encode(MARK_ID))
    small, large = spread(tile, 480, 640), spread(tile, 960, 1280)
    assert (small**2).mean() == pytest.approx(1, rel=1e-3)
    shrunk = cv2.resize(large, (640, 480), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.99
