"""Marks are found again after what pictures go through, and never where there is none."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.trust.pictures import KEY, MARK_ID, clip_frames, photo

from mien.bench.distortions import cut, encoded, jpeg, on_a_screen, resized, turned
from mien.trust.detector import FALSE_POSITIVE_RATE, Detector, Finding
from mien.trust.pattern import make_pattern
from mien.trust.residual import ResidualSum
from mien.trust.watermark import Embedder, strength_at
from mien.vision.face import BgrImage

OTHER_KEY = bytes(range(1, 33))
PATTERN, OTHER = make_pattern(KEY), make_pattern(OTHER_KEY)


def look(frames: list[BgrImage], thorough: bool = True) -> Finding:
    detector = Detector([PATTERN])
    for frame in frames:
        detector.feed(frame)
    return detector.result(thorough)


def marked_photo() -> BgrImage:
    return Embedder(PATTERN, MARK_ID).embed(photo(), strength_at(None))


def marked_clip(name: str, count: int, bitrate: int) -> list[BgrImage]:
    embedder = Embedder(PATTERN, MARK_ID)
    return [embedder.embed(frame, strength_at(bitrate)) for frame in clip_frames(name, count)]


def test_a_marked_picture_is_found_and_read() -> None:
    found = look([marked_photo()])
    assert found.marked
    assert found.mark_id == MARK_ID
    assert found.confidence > 0.999999
    assert found.frames == 1
    assert (found.peak.shift, found.peak.mirrored) == ((0, 0), False)


CHANGES: dict[str, Callable[[BgrImage], BgrImage]] = {
    "half size": lambda frame: resized(frame, 0.5),
    "double size": lambda frame: resized(frame, 2),
    "a quarter cut off": lambda frame: cut(frame, 0.25),
    "mirrored": lambda frame: np.ascontiguousarray(frame[:, ::-1]),
    "JPEG 50": lambda frame: jpeg(frame, 50),
    "turned by 1 degree": lambda frame: turned(frame, 1),
    "turned by 3 degrees": lambda frame: turned(frame, -3),
    "turned and enlarged": lambda frame: turned(frame, 2.2, 1.08),
    "on a screen": on_a_screen,
    "brighter": lambda frame: np.clip(frame * 0.8 + 40, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_picture_survives(change: str) -> None:
    found = look([CHANGES[change](marked_photo())])
    assert found.marked
    assert found.mark_id == MARK_ID


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9", "libx264"])
@pytest.mark.parametrize(("name", "bitrate"), [("signer", 1_000_000), ("head_turns", 500_000)])
def test_two_seconds_survive_an_encoder(name: str, bitrate: int, codec: str) -> None:
    found = look(encoded(marked_clip(f"{name}.mp4", 60, bitrate), codec, bitrate))
    assert found.marked
    assert found.mark_id == MARK_ID


def test_the_scale_and_turn_are_told() -> None:
    found = look([turned(marked_photo(), 2)])
    # What was turned one way is found by turning it back.
    assert found.peak.geometry.degrees == pytest.approx(-2, abs=0.15)
    assert found.peak.geometry.scale == pytest.approx(1, abs=0.003)


@pytest.mark.parametrize("frames", [[photo()], clip_frames("signer.mp4", 20)])
def test_an_unmarked_picture_is_not(frames: list[BgrImage]) -> None:
    found = look(frames)
    assert not found.marked
    assert found.mark_id is None
    assert found.confidence == 0


def test_another_installation_s_mark_is_not_ours() -> None:
    theirs = Embedder(OTHER, MARK_ID).embed(photo(), strength_at(None))
    assert not look([theirs], thorough=False).marked


def test_after_rotation_old_and_new_keys_are_read() -> None:
    for key, pattern in enumerate((OTHER, PATTERN)):
        detector = Detector([OTHER, PATTERN])
        detector.feed(Embedder(pattern, MARK_ID + key).embed(photo(), strength_at(None)))
        found = detector.result(thorough=False)
        assert (found.key, found.mark_id) == (key, MARK_ID + key)


def test_many_keys_find_nothing_in_unmarked_frames() -> None:
    frames = [photo(), clip_frames("signer.mp4", 1)[0], clip_frames("head_turns.mp4", 1)[0]]
    patterns = [make_pattern(number.to_bytes(32, "big")) for number in range(100)]
    for frame in frames:
        detector = Detector(patterns)
        detector.feed(frame)
        assert not detector.result(thorough=False).marked


def test_flat_pictures_are_not_marked() -> None:
    for level in (0, 128, 255):
        assert not look([np.full((240, 320, 3), level, np.uint8)], thorough=False).marked


def test_a_speck_on_black_is_not_taken_for_a_mark() -> None:
    # One key in ten would be found in it, if scores of so little were believed.
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[399:401, 299:301] = 90
    speck = ResidualSum()
    speck.add(frame)
    patterns = [make_pattern(number.to_bytes(32, "big")) for number in range(100)]
    found = [Detector([p]).look_at(speck.plane(), 1, thorough=False) for p in patterns]
    assert not any(finding.marked for finding in found)


def test_frames_of_another_size_may_follow() -> None:
    embedder = Embedder(PATTERN, MARK_ID)
    small = resized(photo(), 0.5)
    wide = np.ascontiguousarray(photo()[:288])
    marked = [embedder.embed(frame, strength_at(None)) for frame in (photo(), small, wide)]
    found = look(marked, thorough=False)
    assert (found.mark_id, found.frames) == (MARK_ID, 3)


def test_nothing_looked_at_is_an_error() -> None:
    with pytest.raises(ValueError, match="No frame"):
        Detector([PATTERN]).result()


def test_the_promised_rate_is_one_in_a_million() -> None:
    assert FALSE_POSITIVE_RATE == 1e-6
