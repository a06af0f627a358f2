"""Which change of a picture makes a face more like a person, as the identity net sees it."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.models.runtimes import OnnxModel
from mien.models.weights import WeightStore
from mien.vision.face import BgrImage
from mien.vision.identity import Embedding, chip_tensor, distance


class IdentityGradient:
    """The identity net with its derivative, about 10 ms a face."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """The shipped net. Raises WeightsError."""
        # The derivative's weights lie in the net's own file.
        store.path("identity")
        # It is needed for a second now and then, beside a stream that is to stay small.
        return cls(OnnxModel(store.path("identity_gradient"), arena=False))

    def __call__(self, chip: BgrImage, person: Embedding) -> tuple[float, NDArray[np.float32]]:
        """The face's distance to the person, and the slope of that by each value of the chip.

        chip: (150, 150, 3) uint8 BGR, as face_chip cuts it. The slope: of its shape, float32.
        """
        embedding, slope = self._model(chip_tensor(chip), person[None])
        return distance(embedding[0], person), np.ascontiguousarray(
            slope[0].transpose(1, 2, 0)[:, :, ::-1]
        )
