"""What a picture shows, read without knowing how it was made: no figure trusts the swapper."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.models.weights import WeightStore
from mien.swap.template import face_template
from mien.vision.expression import NAMES, ExpressionModel
from mien.vision.face import BgrImage, FaceMesh, Points
from mien.vision.faces import FaceFinder
from mien.vision.identity import Embedding, IdentityModel
from mien.vision.landmarker import FaceLandmarker, Roi
from mien.vision.similarity import fit_similarity
from mien.vision.steady import Look, SteadyLandmarker
from mien.vision.topology import MESH_POINTS

Floats = NDArray[np.float64]
# A face found in the last frame is looked for there first, and given up below this.
STAY = 0.5
# Others than a tracker's (vision/tracker.py): what both got wrong alike would look like success.
LOOKS = (
    Look(),
    Look(0.03, 0.02, 3.0, 1.04),
    Look(-0.03, -0.02, -3.0, 0.96),
    Look(0.02, -0.03, -2.0, 1.06),
    Look(-0.02, 0.03, 2.0, 0.94),
    Look(0.01, -0.05, 4.5, 0.98),
    Look(-0.01, 0.05, -4.5, 1.02),
    Look(0.05, 0.01, -1.0, 0.92),
    Look(-0.05, -0.01, 1.0, 1.08),
)


@dataclass(frozen=True, eq=False)
class Reading:
    """One face of one frame.

    points: (478, 3) in pixels, unfiltered. calm: (468, 3) the same without the head's pose, in
    the canonical face's centimetres. pose: yaw, pitch and roll in degrees. blendshapes: (52,).
    """

    points: NDArray[np.float32]
    calm: Floats
    pose: Floats
    blendshapes: Floats
    embedding: Embedding


class FaceReader:
    """Reads the largest face of each frame of one clip; `restart` before the next clip."""

    def __init__(
        self,
        finder: FaceFinder,
        landmarker: SteadyLandmarker,
        expression: ExpressionModel,
        identity: IdentityModel,
    ) -> None:
        self._finder = finder
        self._landmarker = landmarker
        self._expression = expression
        self._identity = identity
        self._last: FaceMesh | None = None

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets."""
        return cls(
            FaceFinder.load(store),
            SteadyLandmarker(FaceLandmarker.load(store), LOOKS),
            ExpressionModel.load(store),
            IdentityModel.load(store),
        )

    def another(self) -> Self:
        """A reader of another clip, with the same nets; not for another thread."""
        return type(self)(self._finder, self._landmarker, self._expression, self._identity)

    def restart(self) -> None:
        """Forget where the face was."""
        self._last = None

    def __call__(self, image: BgrImage, near: Points | None = None) -> Reading | None:
        """The face, or None; near: landmarks of the face that is meant, where there are several."""
        start = near if self._last is None else self._last.points
        mesh = None if start is None else self._look(image, start)
        if mesh is None or mesh.presence <= STAY:
            found = self._find(image, near)
            mesh = None if found is None else self._look(image, found.points)
        self._last = mesh
        return None if mesh is None else self._read(image, mesh)

    def _look(self, image: BgrImage, around: Points) -> FaceMesh:
        return self._landmarker(image, Roi.of_points(around))

    def _find(self, image: BgrImage, near: Points | None) -> FaceMesh | None:
        faces = self._finder(image)
        if not faces:
            return None
        if near is None:
            return faces[0].mesh
        middle = near[:, :2].mean(0)
        return min(
            (face.mesh for face in faces),
            key=lambda mesh: float(np.linalg.norm(mesh.points[:, :2].mean(0) - middle)),
        )

    def _read(self, image: BgrImage, mesh: FaceMesh) -> Reading:
        template = face_template()
        points = mesh.points[:MESH_POINTS].astype(np.float64)
        rigid = template.rigid
        fit = fit_similarity(template.vertices[rigid], points[rigid], template.rigid_weights)
        scores = self._expression(mesh)
        return Reading(
            points=mesh.points,
            calm=fit.undo(points),
            pose=_angles(fit.rotation),
            blendshapes=np.array([scores[name] for name in NAMES]),
            embedding=self._identity(image, mesh),
        )


def _angles(rotation: Floats) -> Floats:
    yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
    pitch = np.arcsin(np.clip(-rotation[1, 2], -1, 1))
    roll = np.arctan2(rotation[1, 0], rotation[0, 0])
    return np.asarray(np.degrees([yaw, pitch, roll]), np.float64)
