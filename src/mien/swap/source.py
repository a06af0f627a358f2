"""The face that is worn: made once from one photo, kept as some bytes, read by every worker."""

import io
import zipfile
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import SourceRejected
from mien.swap.creases import soften
from mien.swap.geometry import Floats
from mien.swap.glints import dull
from mien.swap.rest import at_rest
from mien.swap.shape import expressiveness
from mien.swap.smile import relax
from mien.swap.suitability import check_cover, sharpness
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE, build_texture, flatten, pixels_per_texel
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.identity import IDENTITY_SIZE, Embedding
from mien.vision.similarity import Similarity, fit_similarity

FORMAT = 3
# What `sharpness` says of a sharp photo.
SHARP = 0.4
MOST_BYTES = 8 << 20
_IRIS_PIXELS = 16
# Where else an iris is looked for, in its radii, and how much darker it must be there.
_IRIS_SHIFTS, _ASIDE = (-1.2, -0.8, -0.4, 0.4, 0.8, 1.2), 0.7
_ARRAYS = ("atlas", "foreign", "shape", "iris", "seen", "identity")
_NUMBERS = ("resolution", "unrest")


def _all_seen() -> NDArray[np.uint8]:
    return np.full((ATLAS_SIZE, ATLAS_SIZE), 255, np.uint8)


def _unknown() -> Floats:
    return np.full(IDENTITY_SIZE, np.nan, np.float32)


@dataclass(frozen=True, eq=False)
class SourceFace:
    """A prepared source.

    atlas: (512, 512, 3) uint8 BGR. foreign: (512, 512) uint8, 255 where hair or background was
    painted over. shape: (468, 3) float32 in the canonical frame, at rest. iris: (3,) float32, the
    colour of the irises in OpenCV's 8-bit Lab, or NaN where they could not be seen. seen:
    (512, 512) uint8, how squarely the photo shows each texel, 0 where mirrored or painted.
    resolution: pixels of the photo to a texel. identity: (128,) float32, or NaN where unknown.
    unrest: 0 where the photo's mouth is at rest, 1 for a broad smile or an open one.
    """

    atlas: NDArray[np.uint8]
    foreign: NDArray[np.uint8]
    shape: Floats
    iris: Floats
    seen: NDArray[np.uint8] = field(default_factory=_all_seen)
    resolution: float = 1.0
    identity: Floats = field(default_factory=_unknown)
    unrest: float = 0.0

    def to_bytes(self) -> bytes:
        """The face as an .npz file."""
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {name: np.float32(getattr(self, name)) for name in _NUMBERS}
        arrays["format"] = np.int32(FORMAT)
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "SourceFace":
        """Read what to_bytes gave. Raises SourceRejected for anything else; never unpickles."""
        file = io.BytesIO(data)
        try:
            with zipfile.ZipFile(file) as parts:
                if sum(part.file_size for part in parts.infolist()) > MOST_BYTES:
                    raise SourceRejected("The prepared face is too large", "prepare it again.")
            file.seek(0)
            with np.load(file, allow_pickle=False) as stored:
                known = int(stored["format"]) == FORMAT
                arrays = {name: stored[name] for name in _ARRAYS}
                resolution, unrest = (float(stored[name]) for name in _NUMBERS)
                face = cls(**arrays, resolution=resolution, unrest=unrest)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise SourceRejected("The prepared face can't be read", "prepare it again.") from error
        if not known or not face._is_sound():
            raise SourceRejected("The prepared face is of another version", "prepare it again.")
        return face

    def _is_sound(self) -> bool:
        expected = (
            (self.atlas, (ATLAS_SIZE, ATLAS_SIZE, 3), np.uint8),
            (self.foreign, (ATLAS_SIZE, ATLAS_SIZE), np.uint8),
            (self.shape, (topo.MESH_POINTS, 3), np.float32),
            (self.iris, (3,), np.float32),
            (self.seen, (ATLAS_SIZE, ATLAS_SIZE), np.uint8),
            (self.identity, (IDENTITY_SIZE,), np.float32),
        )
        fits = all(a.shape == shape and a.dtype == kind for a, shape, kind in expected)
        finite = np.isfinite([*self.shape.ravel(), self.resolution, self.unrest]).all()
        return bool(fits and finite)


def prepare_source(
    image: BgrImage, mesh: FaceMesh, identity: Embedding | None = None
) -> SourceFace:
    """Make a source from a picture and the mesh of the face to take from it; about half a second.

    mesh: of a face that `check_face` lets through. identity: whose face it is, so that photos of
    others are not merged with it. Raises SourceRejected where the face is covered.
    """
    points = mesh.points[: topo.MESH_POINTS]
    flat = flatten(image, points[:, :2])
    check_cover(flat)
    texture = build_texture(flat, points)
    shape, expression = to_canonical_face(points).apply(points), mesh.expression
    unrest = expressiveness(shape)
    bare = 1 - texture.foreign
    colours = dull(soften(relax(texture.colours, bare, unrest), bare), bare)
    return SourceFace(
        atlas=np.round(colours).astype(np.uint8),
        foreign=np.round(np.clip(texture.foreign, 0, 1) * 255).astype(np.uint8),
        shape=(shape if expression is None else at_rest(shape, expression)).astype(np.float32),
        iris=_iris_colour(image, mesh.points),
        seen=np.round(np.clip(texture.seen, 0, 1) * 255).astype(np.uint8),
        resolution=pixels_per_texel(points) * min(sharpness(image, points) / SHARP, 1.0),
        identity=_unknown() if identity is None else identity,
        unrest=unrest,
    )


def to_canonical_face(points: Floats) -> Similarity:
    """From the pixels of a picture to the canonical face; points: (468 or more, 3)."""
    template = face_template()
    rigid = template.rigid
    return fit_similarity(points[rigid], template.vertices[rigid], template.rigid_weights)


def _iris_colour(image: BgrImage, points: Floats) -> Floats:
    if len(points) < 478:
        return np.full(3, np.nan, np.float32)
    lab = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2LAB), np.uint8)
    eyes = ((topo.RIGHT_IRIS, topo.RIGHT_EYE), (topo.LEFT_IRIS, topo.LEFT_EYE))
    pixels = np.vstack([_iris_pixels(lab, points, *eye) for eye in eyes]).astype(np.float32)
    if len(pixels) < _IRIS_PIXELS:
        return np.full(3, np.nan, np.float32)
    # The darkest are pupil and lashes.
    light = pixels[pixels[:, 0] > np.percentile(pixels[:, 0], 15)]
    return np.median(light if len(light) else pixels, 0).astype(np.float32)


def _iris_pixels(
    lab: NDArray[np.uint8], points: Floats, iris: tuple[int, ...], eye: tuple[int, ...]
) -> NDArray[np.uint8]:
    """(k, 3) of one iris. Landmarks lag behind an eye that looks far aside, and lie on its white;
    then it is where the eye is the darkest."""
    found = lab[_iris_mask(lab.shape[:2], points, iris, eye, 0.0)]
    if not len(found):
        return found
    aside = [lab[_iris_mask(lab.shape[:2], points, iris, eye, shift)] for shift in _IRIS_SHIFTS]
    whole = [pixels for pixels in aside if len(pixels) > 0.5 * len(found)]
    darkest = min([found, *whole], key=lambda pixels: float(pixels[:, 0].mean()))
    return darkest if darkest[:, 0].mean() < _ASIDE * found[:, 0].mean() else found


def _iris_mask(
    size: tuple[int, ...], points: Floats, iris: tuple[int, ...], eye: tuple[int, ...], shift: float
) -> NDArray[np.bool_]:
    """A ring about the iris inside the opening; shift: towards the left, in its radii."""
    centre = points[iris[0], :2]
    radius = float(np.linalg.norm(points[list(iris[1:]), :2] - centre, axis=1).mean())
    along = points[topo.LEFT_EYE_OUTER, :2] - points[topo.RIGHT_EYE_OUTER, :2]
    centre = centre + shift * radius * along / (np.linalg.norm(along) + 1e-6)
    at = [int(value) for value in np.round(centre)]
    disc = np.zeros(size, np.uint8)
    cv2.circle(disc, at, max(int(radius * 0.92), 1), 255, -1)
    cv2.circle(disc, at, int(radius * 0.35), 0, -1)
    opening = np.zeros_like(disc)
    cv2.fillPoly(opening, [np.round(points[list(eye), :2]).astype(np.int32)], 255)
    return (disc > 0) & (opening > 0)
