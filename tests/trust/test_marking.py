"""What every frame passes: label and mark together, and the test that must pass first."""

import math
import secrets

import numpy as np
import pytest
from tests.trust.pictures import KEY, MARK_ID, clip_frames, photo

from mien.bench.distortions import encoded, psnr
from mien.errors import MarkingFailed, ParameterError
from mien.trust.detector import Detector, Finding
from mien.trust.label import Label
from mien.trust.marking import Marker, Marking
from mien.trust.pattern import make_pattern
from mien.trust.registry import mark_name, new_mark_id, session_digest
from mien.trust.watermark import Embedder
from mien.trust.wording import wording_of
from mien.vision.face import BgrImage

MARKING = Marking(KEY, MARK_ID)


def found_in(frames: list[BgrImage]) -> Finding:
    detector = Detector([make_pattern(KEY)])
    for frame in frames:
        detector.feed(frame)
    return detector.result(thorough=False)


def test_a_frame_is_labelled_and_marked_and_itself_left_alone() -> None:
    frame = photo()
    before = frame.copy()
    marked = Marker(MARKING).apply(frame, 9.0)
    assert np.array_equal(frame, before)
    labelled = frame.copy()
    Label(wording_of("en")).draw(labelled, 9.0)
    assert psnr(labelled, marked) > 44
    assert found_in([marked]).mark_id == MARK_ID


def test_the_card_comes_first_and_is_marked_too() -> None:
    marker = Marker(MARKING)
    first, later = marker.apply(photo(), 0.0), marker.apply(photo(), 3.0)
    assert (np.abs(first.astype(int) - later) > 60).any(axis=2).mean() > 0.1
    assert found_in([first]).mark_id == MARK_ID
    assert np.array_equal(marker.apply(photo(), math.inf), later)


def test_four_seconds_of_vp8_at_a_megabit_are_read() -> None:
    marker = Marker(MARKING)
    frames = clip_frames("head_turns.mp4", 120)
    marked = [marker.apply(frame, n / 30, 1_000_000) for n, frame in enumerate(frames)]
    assert found_in(encoded(marked, "libvpx", 1_000_000)).mark_id == MARK_ID


def test_frames_that_are_not_contiguous_are_taken() -> None:
    frame = photo()[:, ::-1]
    marked = Marker(MARKING).apply(frame, 9.0)
    assert marked.shape == frame.shape
    assert found_in([marked]).mark_id == MARK_ID


def test_the_self_test_passes() -> None:
    for number in range(5):
        Marker(Marking(secrets.token_bytes(32), number)).self_test()


def test_the_self_test_fails_where_the_mark_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Embedder, "embed", lambda self, frame, strength: frame.copy())
    with pytest.raises(MarkingFailed, match="invisible mark"):
        Marker(MARKING).self_test()


def test_the_self_test_fails_where_the_label_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Label, "draw", lambda self, frame, seconds: None)
    with pytest.raises(MarkingFailed, match="visible label"):
        Marker(MARKING).self_test()


def test_an_unknown_language_is_refused_at_the_start() -> None:
    with pytest.raises(ParameterError):
        Marker(Marking(KEY, MARK_ID, "tlh"))


def test_a_marking_shows_neither_key_nor_id() -> None:
    assert KEY.hex() not in repr(MARKING)
    assert repr(KEY) not in repr(MARKING)


def test_ids_are_48_random_bits() -> None:
    ids = {new_mark_id(secrets.token_bytes) for _ in range(100)}
    assert len(ids) == 100
    assert max(ids) < 1 << 48
    assert new_mark_id(lambda count: b"\x01" * count) == 0x010101010101
    assert mark_name(0xBEEF) == "00000000beef"


def test_a_session_s_digest_does_not_give_its_id_away() -> None:
    digest = session_digest("abcdef")
    assert len(digest) == 32
    assert "abcdef" not in digest
    assert digest == session_digest("abcdef") != session_digest("abcdeg")


def test_only_where_the_policy_has_it_may_pages_draw_the_label() -> None:
    frame = photo()
    for client_label in (False, True):
        marker = Marker(Marking.from_json(Marking(KEY, MARK_ID, "en", client_label).as_json()))
        burned = marker.apply(frame, 0.0)
        left = marker.apply(frame, 0.0, drawn_by_clients=True)
        assert found_in([left]).mark_id == MARK_ID
        assert (psnr(frame, left) > 44) is client_label
        assert np.array_equal(burned, left) is not client_label
        assert marker.client_label == (wording_of("en") if client_label else None)
        marker.self_test()
    badge = marker.with_badge(left)
    later = marker.apply(frame, 9.0)
    # The same badge, and what is beside it untouched.
    assert np.abs(badge.astype(int) - later)[:40, -120:].max() < 16
    assert np.array_equal(badge[100:], left[100:])
