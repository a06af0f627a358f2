"""From what vision finds to what callers are told."""

from mien.live.imaging import FaceReading
from mien.vision.faces import Face
from mien.vision.keypoints import face_region, six_keypoints


def read_face(face: Face, width: int, height: int) -> FaceReading:
    """The six landmarks and the region of a face in a picture of that size."""
    return FaceReading(
        landmarks=six_keypoints(face.mesh),
        region=face_region(face.mesh, width, height),
        score=round(face.detection.score, 4),
    )
