"""What every frame passes just before it is encoded: the visible label, then the mark."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import MarkingFailed
from mien.trust.detector import Detector
from mien.trust.label import Label, draw_stop_card
from mien.trust.pattern import make_pattern
from mien.trust.watermark import Embedder, strength_at
from mien.trust.wording import Wording, wording_of
from mien.vision.face import BgrImage

TEST_SIZE = (240, 320)


@dataclass(frozen=True, repr=False)
class Marking:
    """How one session's frames are marked. key: 32 secret bytes; mark_id: 48 bits.

    client_label: frames may leave without the label, for pages that draw it.
    """

    key: bytes
    mark_id: int
    language: str = "en"
    client_label: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the process that marks, and nobody else: the key is in it."""
        return {**vars(self), "key": self.key.hex()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Marking":
        """What `as_json` gave."""
        return cls(**{**body, "key": bytes.fromhex(body["key"])})


class Marker:
    """Marks the frames of one stream or file, in order; for one thread."""

    def __init__(self, marking: Marking) -> None:
        self._marking = marking
        self._pattern = make_pattern(marking.key)
        self._wording = wording_of(marking.language)
        self._label = Label(self._wording)
        self._stop_card: BgrImage = np.empty((0, 0, 3), np.uint8)
        self._embedder = Embedder(self._pattern, marking.mark_id)
        self._labelled: BgrImage = np.empty((0, 0, 3), np.uint8)

    @property
    def client_label(self) -> Wording | None:
        """What pages may draw in the label's place; None where it is always burned in."""
        return self._wording if self._marking.client_label else None

    def apply(
        self,
        frame: BgrImage,
        seconds: float,
        bitrate: float | None = None,
        *,
        drawn_by_clients: bool = False,
    ) -> BgrImage:
        """A new frame, labelled and marked.

        frame: (h, w, 3) uint8 BGR, not changed. seconds: since the first frame; the opening card
        is shown for the first 2.5, and not at all from infinity. bitrate: what the encoder has,
        bits a second; None for a file of good quality. drawn_by_clients: all who are sent the frame
        draw the label; counts only where `client_label` allows it.
        """
        if self._labelled.shape != frame.shape:
            self._labelled = np.empty(frame.shape, np.uint8)
        np.copyto(self._labelled, frame)
        if not (drawn_by_clients and self._marking.client_label):
            self._label.draw(self._labelled, seconds)
        strength = strength_at(bitrate, frame.shape[0] * frame.shape[1])
        return self._embedder.embed(self._labelled, strength)

    def with_badge(self, frame: BgrImage) -> BgrImage:
        """A copy of a frame that has left, with the badge if it may lack it; for any thread."""
        labelled = frame.copy()
        if self._marking.client_label:
            Label(self._wording).draw(labelled, np.inf)
        return labelled

    def stop_card(self, shape: tuple[int, ...]) -> BgrImage:
        """What is shown, unmarked yet, while the operator has stopped the stream.

        shape: the frame's, (h, w, 3).
        """
        if self._stop_card.shape != shape:
            self._stop_card = draw_stop_card(self._wording, shape[0], shape[1])
        return self._stop_card

    def self_test(self) -> None:
        """Mark a test picture and look for mark and label. Raises MarkingFailed.

        Takes about a twentieth of a second; run it before the first frame.
        """
        plain = _test_picture()
        marked = Marker(self._marking).apply(plain, 0.0)
        detector = Detector([self._pattern])
        detector.feed(marked)
        if detector.result(thorough=False).mark_id != self._marking.mark_id:
            raise MarkingFailed("The invisible mark is not found in a test picture.")
        # A mark moves pixels by a few levels; only a label changes many by a lot.
        changed = np.abs(marked.astype(np.int16) - plain).max(axis=2) > 32
        if changed.mean() < 0.05:
            raise MarkingFailed("The visible label is not found in a test picture.")


def rehearse_marking() -> None:
    """Load compiled code, or compile it, before a frame waits for it."""
    Marker(Marking(bytes(32), 0)).self_test()


def _test_picture() -> BgrImage:
    """Soft hills with some grain: neither too easy nor too hard to mark."""
    rows, columns = np.mgrid[: TEST_SIZE[0], : TEST_SIZE[1]]
    hills = 128 + 40 * np.sin(rows / 23) + 40 * np.cos(columns / 31)
    grain = np.random.default_rng(0).normal(0, 4, TEST_SIZE)
    grey = np.clip(hills + grain, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
