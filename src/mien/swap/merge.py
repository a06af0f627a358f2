"""Several photos of one person become one source: each texel from the photos that show it best."""

from collections.abc import Sequence

import numpy as np

from mien.errors import SourceRejected, TooManyFaces
from mien.swap.atlas import blur, masked_blur, polygons, skin_mask
from mien.swap.geometry import Floats
from mien.swap.source import SourceFace
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo
from mien.vision.identity import SAME_PERSON, distance

MOST_PHOTOS = 8
# A photo is weighed down where its face is not at rest: much at the mouth, somewhat elsewhere.
_AT_MOUTH, _ELSEWHERE = 0.9, 0.4
# Light and colour are averaged; detail comes from the one best photo, or it would blur.
_DETAIL_SIGMA = 0.02
_CHOICE = 6
# Mirrored and painted texels count this much: where no photo shows anything, they remain.
_GUESSED = 1e-3
_FLOOR = 6.0


def merge_sources(faces: Sequence[SourceFace]) -> SourceFace:
    """One source of 1 to 8 prepared photos.

    Raises SourceRejected where the persons differ, TooManyFaces above 8.
    """
    if len(faces) > MOST_PHOTOS:
        raise TooManyFaces(f"{len(faces)} photos were given", f"use at most {MOST_PHOTOS}.")
    if len(faces) == 1:
        return faces[0]
    _check_one_person(faces)
    rest = [1 - face.unrest for face in faces]
    weights = np.stack([_weights(*pair) for pair in zip(faces, rest, strict=True)])
    atlas = _merged_colours(faces, weights)
    share = weights / weights.sum(0)
    foreign = np.sum([face.foreign * part for face, part in zip(faces, share, strict=True)], 0)
    return SourceFace(
        atlas=np.clip(np.round(atlas), 0, 255).astype(np.uint8),
        foreign=np.round(foreign).astype(np.uint8),
        shape=_merged_shape(faces, weights, rest),
        iris=_mean_known([face.iris for face in faces]),
        seen=np.maximum.reduce([face.seen for face in faces]),
        resolution=max(face.resolution for face in faces),
        identity=_mean_known([face.identity for face in faces]),
        unrest=min(face.unrest for face in faces),
    )


def _check_one_person(faces: Sequence[SourceFace]) -> None:
    """Every photo must resemble one that resembles the first, however far down the chain."""
    known, left = [0], set(range(1, len(faces)))
    for index in known:
        near = {other for other in left if _alike(faces[index], faces[other])}
        known += sorted(near)
        left -= near
    if left:
        numbers = ", ".join(str(index + 1) for index in sorted(left))
        raise SourceRejected(
            f"Photo {numbers} of {len(faces)} shows another person than the first, or is too "
            "unlike it to tell",
            "use photos of one person.",
        )


def _alike(one: SourceFace, other: SourceFace) -> bool:
    known = np.isfinite(one.identity).all() and np.isfinite(other.identity).all()
    return not known or distance(one.identity, other.identity) < SAME_PERSON


def _weights(face: SourceFace, rest: float) -> Floats:
    """(s, s) how much each texel of a photo is worth: seen squarely, sharp, at rest."""
    mouth = np.asarray(polygons([topo.OUTER_LIPS], ATLAS_SIZE) / 255, np.float32)
    near_mouth = np.clip(blur(mouth, ATLAS_SIZE * 0.05) * 2.5, 0, 1)
    calm = 1 - (1 - rest) * (_ELSEWHERE + (_AT_MOUTH - _ELSEWHERE) * near_mouth)
    squarely = (face.seen.astype(np.float32) / 255) ** 2
    return np.asarray(squarely * calm * min(face.resolution, 1.0) ** 2 + _GUESSED, np.float32)


def _merged_colours(faces: Sequence[SourceFace], weights: Floats) -> Floats:
    """Two bands: low frequencies averaged widely, high ones chosen."""
    logs = _matched([np.log(face.atlas.astype(np.float32) + _FLOOR) for face in faces], weights)
    wide = np.stack([blur(part, ATLAS_SIZE * 0.03) for part in weights])
    narrow = np.stack([blur(part**_CHOICE, ATLAS_SIZE * 0.008) for part in _relative(weights)])
    low = [blur(log, ATLAS_SIZE * _DETAIL_SIGMA) for log in logs]
    merged = _mean(low, wide) + _mean(
        [log - base for log, base in zip(logs, low, strict=True)], narrow
    )
    return np.asarray(np.exp(merged) - _FLOOR, np.float32)


def _relative(weights: Floats) -> Floats:
    return np.asarray(weights / weights.max(0), np.float32)


def _mean(images: Sequence[Floats], weights: Floats) -> Floats:
    total = np.maximum(weights.sum(0), 1e-9)[..., None]
    parts = (image * part[..., None] for image, part in zip(images, weights, strict=True))
    return np.asarray(sum(parts) / total, np.float32)


def _matched(logs: Sequence[Floats], weights: Floats) -> list[Floats]:
    """Every photo in the colours of the one that shows the most, as far as both show the same."""
    skin = skin_mask(ATLAS_SIZE).astype(np.float32) / 255
    best = int(weights.sum((1, 2)).argmax())
    matched = []
    for log, part in zip(logs, weights, strict=True):
        common = np.minimum(part, weights[best]) * skin
        common /= common.max()
        gap = masked_blur(np.asarray(logs[best] - log, np.float32), common, ATLAS_SIZE * 0.25)
        matched.append(np.asarray(log + gap, np.float32))
    return matched


def _merged_shape(faces: Sequence[SourceFace], weights: Floats, rest: Sequence[float]) -> Floats:
    """The mean of the shapes, each vertex by how well its texel is seen."""
    uv = face_template().uv[: topo.MESH_POINTS]
    column, row = np.clip(np.round(uv * ATLAS_SIZE - 0.5).astype(int), 0, ATLAS_SIZE - 1).T
    blurred = np.stack([blur(part, ATLAS_SIZE * 0.01) for part in weights])
    share = blurred[:, row, column] + 0.02 * (0.1 + np.array(rest))[:, None]
    shapes = np.stack([face.shape.astype(np.float64) for face in faces])
    mean = (shapes * share[..., None]).sum(0) / share.sum(0)[:, None]
    return np.asarray(mean, np.float32)


def _mean_known(values: Sequence[Floats]) -> Floats:
    known = [value for value in values if np.isfinite(value).all()]
    return np.asarray(np.mean(known or values[:1], axis=0), np.float32)
