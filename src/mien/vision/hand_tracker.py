"""Hands near faces: looked for when something stirs beside a face, then followed.

A search costs 4 ms and a followed hand 2 ms a frame; with no hand about, all that is left is a
glance at a few hundred pixels and a search once in a while.
"""

from collections.abc import Sequence
from typing import Self

import cv2
import numpy as np

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Points
from mien.vision.hand import WRIST, Hand, HandLandmarker
from mien.vision.landmarker import Roi
from mien.vision.palm import PalmDetector
from mien.vision.place import Place
from mien.vision.stir import Stir

ENTER, STAY = 0.5, 0.4
# A palm this likely is looked at; whether it is one is for the hand's own net to say.
LIKELY = 0.3
MOST_HANDS = 2
# Hands are looked for within this many sizes of a face from its middle; the palm net then sees
# them about as large as it was taught.
REACH = 1.3
# A hand further than this from every face, in sizes of it, covers nothing: it is let go.
FAR = 1.6
# Frames between searches: while nothing stirs, and the least and the most while something does.
# Odd, so that they do not always meet the measuring of the light, which is for even frames.
SELDOM, SOON, LATER = 31, 1.0, 21.0
# A hand that came while the net did not see it is looked for again for so long after a stir;
# who always stirs a little is searched as eagerly as at first only after so many calm frames.
ALERT_FRAMES, CALM_FRAMES = 12, 30
# Cells that stir at once when a hand comes; a head that turns stirs fewer. After so many, searches
# begin anew, though not within ALERT_FRAMES of the last time.
MANY_CELLS = 10
# Two squares nearer than this share of their side are of one hand. A palm's square is a rough one:
# nearer than the second it is that of a hand that is followed, and needs no further look.
SAME, SURELY_SAME = 0.35, 0.2
# The nets take a blurred face for a hand at times, with its wrist in the face: an arm comes from
# outside. How deep it may come, in sizes of the face, and how sure they must be of a hand that lies
# in the face with more than MOSTLY of its points: of a face out of focus they were 0.5 to 0.8 sure,
# and it was bared. For a new hand, and for one that is followed.
NEW, KNOWN = (0.0, 0.9), (0.08, 0.5)
MOSTLY = 0.85
# And they take an ear for a hand, shorter than this in sizes of the face.
SMALL = 0.33
# A hand that the net loses for a frame or two (it is blurred while it moves) stays where it was.
HELD_FRAMES = 2


class HandTracker:
    """Follows up to two hands near the faces of one stream. Frames come in order."""

    def __init__(
        self, palms: PalmDetector, landmarks: HandLandmarker, *, tireless: bool = False
    ) -> None:
        self._palms, self._landmarks, self._tireless = palms, landmarks, tireless
        self._stir = Stir()
        self._hands: list[Hand] = []
        self._unseen: list[int] = []
        self._since_search = SELDOM
        self._wait = SOON
        self._alert = 0
        self._since_sudden = ALERT_FRAMES
        self._searches = 0
        self._due = False

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets."""
        return cls(PalmDetector.load(store), HandLandmarker.load(store))

    @classmethod
    def for_files(cls, store: WeightStore) -> Self:
        """Searches every frame, for nobody waits."""
        return cls(PalmDetector.load(store), HandLandmarker.load(store), tireless=True)

    def begin(self, image: BgrImage) -> None:
        """Nothing is done before the faces are known."""

    def update(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
        """The hands near faces, (n, 2 or 3) landmarks each, of the next BGR frame."""
        self.follow(image, faces)
        self.search(image, faces)
        return tuple(self._hands)

    def follow(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
        """The same of the hands that are known already; `search` follows with the same frame."""
        if not faces:
            self._hands, self._unseen, self._due = [], [], False
            return ()
        places = [Place.of(points) for points in faces]
        lost = self._follow(image, places, faces)
        self._due = self._is_due(lost, self._stir(image, places))
        return tuple(self._hands)

    def search(self, image: BgrImage, faces: Sequence[Points]) -> None:
        """Look for further hands, where that is due; they are known in the next frame."""
        if self._due:
            self._search(image, [Place.of(points) for points in faces], faces)

    def _is_due(self, lost: bool, stirred: int) -> bool:
        """Whether to search in this frame: less and less often while that finds nothing."""
        self._since_search += 1
        self._since_sudden += 1
        sudden = stirred >= MANY_CELLS and self._since_sudden >= ALERT_FRAMES
        self._alert = ALERT_FRAMES if stirred else max(self._alert - 1, -CALM_FRAMES)
        if sudden or self._alert == -CALM_FRAMES:
            self._wait, self._since_sudden = SOON, 0
        wait = self._wait if self._alert > 0 else SELDOM
        due = self._tireless or self._since_search >= wait
        return lost or (due and len(self._hands) < MOST_HANDS)

    def _follow(self, image: BgrImage, places: list[Place], faces: Sequence[Points]) -> bool:
        """Move each hand along; whether one was lost."""
        kept: list[Hand] = []
        unseen: list[int] = []
        lost = False
        for hand, missed in zip(self._hands, self._unseen, strict=True):
            now = self._landmarks(image, hand.roi)
            if now.presence >= STAY:
                kept, unseen = [*kept, now], [*unseen, 0]
            else:
                lost = True
                if missed < HELD_FRAMES:
                    kept, unseen = [*kept, hand], [*unseen, missed + 1]
        near = [_is_near(hand, places) and not _is_a_face(hand, faces, *KNOWN) for hand in kept]
        self._hands = [hand for hand, stays in zip(kept, near, strict=True) if stays]
        self._unseen = [count for count, stays in zip(unseen, near, strict=True) if stays]
        return lost

    def _search(self, image: BgrImage, places: list[Place], faces: Sequence[Points]) -> None:
        self._since_search = 0
        self._wait = min(1.5 * self._wait, LATER)
        # One face a search: a crowd must not make a frame late.
        self._searches += 1
        for roi in _around(image, places[self._searches % len(places)], self._palms):
            self._adopt(image, roi, faces)

    def _adopt(self, image: BgrImage, roi: Roi, faces: Sequence[Points]) -> None:
        if len(self._hands) == MOST_HANDS and 0 in self._unseen:
            return
        followed = zip(self._hands, self._unseen, strict=True)
        if any(not missed and _same(hand.roi, roi, SURELY_SAME) for hand, missed in followed):
            return
        # Twice, for the palm's square is a rough one.
        hand = self._landmarks(image, self._landmarks(image, roi).roi)
        if hand.presence < ENTER or _is_a_face(hand, faces, *NEW) or _is_small(hand, faces):
            return
        for k, known in enumerate(self._hands):
            if _same(known.roi, hand.roi, SAME):
                if self._unseen[k]:
                    self._hands[k], self._unseen[k] = hand, 0
                return
        if len(self._hands) < MOST_HANDS:
            self._hands.append(hand)
            self._unseen.append(0)


def _around(image: BgrImage, place: Place, palms: PalmDetector) -> list[Roi]:
    """The hands within reach of one face."""
    reach = REACH * place.size
    left, top = max(int(place.x - reach), 0), max(int(place.y - reach), 0)
    near = image[top : int(place.y + reach) + 1, left : int(place.x + reach) + 1]
    if min(near.shape[:2]) < 2:
        return []
    found = palms(np.ascontiguousarray(near), LIKELY)[:MOST_HANDS]
    return [Roi(roi.x + left, roi.y + top, roi.side, roi.angle) for roi in found]


def _is_near(hand: Hand, places: list[Place]) -> bool:
    low, high = hand.points.min(0), hand.points.max(0)
    for place in places:
        gap = np.maximum(np.maximum(low - [place.x, place.y], [place.x, place.y] - high), 0)
        if float(np.hypot(*gap)) < FAR * place.size:
            return True
    return False


def _is_small(hand: Hand, faces: Sequence[Points]) -> bool:
    sizes = [Place.of(points).size for points in faces]
    return float(np.ptp(hand.points, axis=0).max()) < SMALL * min(sizes)


def _is_a_face(hand: Hand, faces: Sequence[Points], deep: float, sure: float) -> bool:
    for points in faces:
        outline = cv2.convexHull(np.ascontiguousarray(points[:, :2], np.float32))
        within = [cv2.pointPolygonTest(outline, (x, y), True) for x, y in hand.points.tolist()]
        unsure = hand.presence < sure and np.mean(np.array(within) > 0) > MOSTLY
        if unsure or within[WRIST] > deep * Place.of(points).size:
            return True
    return False


def _same(one: Roi, other: Roi, near: float) -> bool:
    return float(np.hypot(one.x - other.x, one.y - other.y)) < near * max(one.side, other.side)
