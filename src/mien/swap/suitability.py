"""Whether a photo's face can be worn: what can't be is refused, what could be better is said."""

from collections.abc import Sequence

import cv2
import numpy as np

from mien.errors import SourceRejected
from mien.swap.atlas import BROWS, CHEEKS, EYES, Mask, ellipse, polygons, skin_mask, to_lab
from mien.swap.eyes import eye_openings
from mien.swap.geometry import Doubles, Floats
from mien.swap.shape import eye_distance
from mien.vision import topology as topo
from mien.vision.face import BgrImage
from mien.vision.hand import Hand

# Pixels from forehead to chin.
MIN_HEIGHT, GOOD_HEIGHT = 48, 100
# Degrees, as landmarks say: about 0.8 of how far the head is truly turned.
MAX_YAW, MAX_PITCH, GOOD_TURN = 45.0, 40.0, 20.0
# Opening of an eye over its width: 0.08 is narrow yet open, 0.06 closed.
MIN_OPENING, GOOD_OPENING = 0.07, 0.19
# What `sharpness` says: 0.45 of a sharp photo, 0.33 of one of 48 pixels, 0.18 of one that was
# blurred by a fortieth of the face.
MIN_SHARPNESS, GOOD_SHARPNESS = 0.20, 0.27
MIN_CONTRAST = 6.0
# What `shading` says: 0.07 or more of every photo that was at hand, small, grainy, dark, pale and
# denoised ones among them; 0.00 to 0.03 of a drawing in flat colours, 0.04 as a bad JPEG.
MIN_SHADING = 0.045
# Between the lips, over the distance of the eyes.
WIDE_MOUTH = 0.2
_SHARPNESS_HEIGHT = 128
# So many joints of a hand, so deep inside the face (as a part of its height), cover it.
_HAND_JOINTS, _HAND_DEPTH = 2, 0.04
# Skin about the eyes is this much darker than the cheeks only behind dark glasses, and nose and
# chin are so far from forehead and nose root in Lab chroma, or so much darker, only under a mask.
_DARK_GLASSES, _MASK_CHROMA, _MASK_LIGHT = 0.5, 15.0, 70.0
_NOSE_TIP = ((5, 45, 220, 237, 44, 1, 274, 457, 440, 275),)
_CHIN = ((202, 204, 194, 201, 200, 421, 418, 424, 422, 430, 394, 369, 396, 175, 171, 140, 210),)
# A fringe may lie over the one, the bridge of spectacles over the other.
_FOREHEAD = ((151, 337, 336, 9, 107, 108),)
_NOSE_ROOT = ((168, 193, 122, 6, 351, 417),)


def check_face(image: BgrImage, points: Floats, rotation: Doubles) -> None:
    """Raises SourceRejected for a face too small, turned away, blurred or with closed eyes.

    points: (468 or more, 3) pixels; rotation: (3, 3) from the picture to the canonical face.
    """
    tall = face_height(points)
    yaw, pitch = _turn(rotation)
    if tall < MIN_HEIGHT:
        raise SourceRejected(
            f"The face is only {tall:.0f} pixels high",
            f"use a picture where it has at least {MIN_HEIGHT}, better 300.",
        )
    if yaw > MAX_YAW or pitch > MAX_PITCH:
        raise SourceRejected(
            "The face is turned too far away", "use a picture that looks at the camera."
        )
    if float(eye_openings(points).min()) < MIN_OPENING:
        raise SourceRejected("An eye is closed", "use a picture with open eyes.")
    # A picture without any detail lacks contrast, which is said of the atlas.
    if 0 < sharpness(image, points) < MIN_SHARPNESS:
        raise SourceRejected("The face is blurred", "use a picture that is in focus.")


def check_hands(hands: Sequence[Hand], points: Floats) -> None:
    """Raises SourceRejected for a hand before the face; points: (468 or more, 3) pixels."""
    outline = np.ascontiguousarray(points[list(topo.OVAL), :2], np.float32)
    least = _HAND_DEPTH * face_height(points)
    for hand in hands:
        depths = [cv2.pointPolygonTest(outline, joint, True) for joint in hand.points.tolist()]
        if sum(depth > least for depth in depths) >= _HAND_JOINTS:
            raise SourceRejected("A hand covers the face", "use a picture without it.")


def check_cover(flat: Floats) -> None:
    """Raises SourceRejected for sunglasses, a mask or a flat picture; flat: the raw atlas."""
    size = len(flat)
    lab = to_lab(flat)
    dark = _DARK_GLASSES * min(
        _median(lab, polygons(skin, size))[0] for skin in (CHEEKS, _FOREHEAD, _NOSE_ROOT)
    )
    whites = np.percentile(lab[polygons(EYES, size) > 0, 0], 90)
    if _median(lab, _around_eyes(size))[0] < dark and whites < 1.5 * dark:
        raise SourceRejected("The eyes are covered", "use a picture without sunglasses.")
    if all(
        _differs(_median(lab, polygons(part, size)), _median(lab, polygons(skin, size)))
        for part in (_NOSE_TIP, _CHIN)
        for skin in (_FOREHEAD, _NOSE_ROOT)
    ):
        raise SourceRejected("Nose and mouth are covered", "use a picture without a mask.")
    middle = flat[size // 4 : -size // 4, size // 4 : -size // 4]
    if float(middle.mean(-1).std()) < MIN_CONTRAST:
        raise SourceRejected("The face has no contrast", "use a sharper, better lit picture.")


def check_shading(image: BgrImage, points: Floats) -> None:
    """Raises SourceRejected for a drawing in flat colours; points: (468 or more, 3) pixels.

    Ask after check_cover: half of a face behind a mask has no shades either.
    """
    if shading(image, points) < MIN_SHADING:
        raise SourceRejected(
            "The face has no shades, as in a drawing or an overexposed picture",
            "use a photo in softer light.",
        )


def flaws(image: BgrImage, points: Floats, rotation: Doubles) -> list[str]:
    """What would look better with another picture, a sentence each; arguments as in check_face."""
    tall = face_height(points)
    told = {
        f"The face is small ({tall:.0f} pixels high); a larger one looks sharper.": (
            tall < GOOD_HEIGHT
        ),
        "The face is turned; one that looks into the camera fits better.": (
            max(_turn(rotation)) > GOOD_TURN
        ),
        "The face is a little out of focus; a sharper picture shows more.": (
            sharpness(image, points) < GOOD_SHARPNESS
        ),
        "The eyes are half closed; open eyes look livelier.": (
            float(eye_openings(points).min()) < GOOD_OPENING
        ),
        "The mouth is wide open; a face at rest shows the likeness better.": (
            _mouth_opening(points) > WIDE_MOUTH
        ),
    }
    return [note for note, true in told.items() if true]


def face_height(points: Floats) -> float:
    """Pixels from the top of the forehead to the chin."""
    return float(np.linalg.norm(points[topo.FOREHEAD_TOP, :2] - points[topo.CHIN, :2]))


def sharpness(image: BgrImage, points: Floats) -> float:
    """Detail of one or two pixels over that of five, in a face brought to 128 pixels of height."""
    face, outline = _grey_face(image, points)
    skin = cv2.erode(outline, ellipse(15)) > 0
    fine, middle, coarse = (cv2.GaussianBlur(face, (0, 0), sigma) for sigma in (1.0, 2.0, 6.0))
    most = float((middle - coarse)[skin].std()) if skin.any() else 0.0
    return float((fine - middle)[skin].std()) / most if most > 0.1 else 0.0


def shading(image: BgrImage, points: Floats) -> float:
    """The usual slope of brightness over the steepest ones, in a face as `sharpness` takes it.

    Skin is curved, so it has slopes everywhere; flat colours have them at their edges alone.
    """
    face, outline = _grey_face(image, points)
    smooth = cv2.GaussianBlur(face, (0, 0), 1.0)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    slopes = cv2.magnitude(across, down)[cv2.erode(outline, ellipse(9)) > 0]
    usual, steep = np.percentile(slopes, (50, 95)) if len(slopes) else (1.0, 1.0)
    return float(usual / steep) if steep > 0.1 else 1.0


def _grey_face(image: BgrImage, points: Floats) -> tuple[Floats, Mask]:
    """The box around a face in grey, brought to 128 pixels of height, and its oval in there."""
    scale = _SHARPNESS_HEIGHT / face_height(points)
    low = np.maximum(points[:, :2].min(0).astype(int), 0)
    high = points[:, :2].max(0).astype(int) + 1
    grey = cv2.cvtColor(image[low[1] : high[1], low[0] : high[0]], cv2.COLOR_BGR2GRAY)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    face = cv2.resize(grey.astype(np.float32), None, fx=scale, fy=scale, interpolation=how)
    inside = np.zeros(face.shape, np.uint8)
    cv2.fillPoly(inside, [((points[list(topo.OVAL), :2] - low) * scale).astype(np.int32)], 255)
    return np.asarray(face, np.float32), inside


def _mouth_opening(points: Floats) -> float:
    gap = np.linalg.norm(points[topo.UPPER_LIP] - points[topo.LOWER_LIP])
    return float(gap) / eye_distance(points)


def _turn(rotation: Doubles) -> tuple[float, float]:
    yaw = np.degrees(np.arctan2(abs(rotation[0, 2]), rotation[2, 2]))
    pitch = np.degrees(np.arcsin(np.clip(abs(rotation[1, 2]), 0, 1)))
    return float(yaw), float(pitch)


def _around_eyes(size: int) -> Mask:
    """The skin where glasses sit: about the eyes, without lids and brows."""
    eyes = polygons(EYES, size)
    near = np.asarray(cv2.dilate(eyes, ellipse(size // 8 | 1)), np.uint8)
    near[cv2.dilate(eyes, ellipse(size // 50 | 1)) > 0] = 0
    near[cv2.dilate(polygons(BROWS, size), ellipse(size // 40 | 1)) > 0] = 0
    return near


def _median(lab: Floats, mask: Mask) -> Floats:
    return np.asarray(np.median(lab[(mask > 0) & (skin_mask(len(lab)) > 0)], 0), np.float32)


def _differs(part: Floats, skin: Floats) -> bool:
    light, a, b = (float(value) for value in part - skin)
    return float(np.hypot(a, b)) > _MASK_CHROMA or light < -_MASK_LIGHT
