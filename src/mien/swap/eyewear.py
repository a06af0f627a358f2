"""Whether somebody wears glasses, and how clearly their rims are seen: by lines across the nose."""

from copy import copy
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import polygons, shrink
from mien.swap.geometry import Floats
from mien.swap.rims import LOWER_CHEEKS, across_the_nose, lines, nose_of

# Side of the atlas that is looked at, in texels.
_SIZE = 96
# Thin and thick lines across the nose are narrower than this, and what their strength counts, for
# shades are wide too. Where the second is so much stronger, rims are thick.
_WIDTHS, _COUNTS, _THICK = (3, 5), (1.0, 0.3), 4.0
# From which strength there are glasses, below which none.
_FOUND, _LOST = 0.042, 0.03
# Looks that count in the mean, frames from one to the next, and which of them: the light is
# measured in others.
_LOOKS, _LOOK_EVERY, _AT = 20, 8, 5
# Of a nose that is turned away one side must not be guessed.
_SEEN = 0.6
# How strong lines across the nose, or wrinkles on the cheeks, are in a clear picture; and how far
# down limits of strength go in haze: for rims on skin, and along brows.
_CLEAR, _ROUGH, _HAZY = 0.25, 0.1, 0.6
_CLEAR_BROWS, _HAZY_BROWS = 0.14, 0.35
_SHARE_OF_CHEEKS = 75


class Eyewear:
    """Looks at every eighth frame."""

    def __init__(self) -> None:
        self.worn = False
        # The mean of all looks, without grain.
        self._face = np.zeros((_SIZE, _SIZE, 3), np.float32)
        self._looks, self._frames = 0, 0
        # Lines across the nose, thin and thick, and thin ones on the cheeks.
        self._thin, self._thick, self._rough = 0.0, 0.0, 0.0

    def copy(self) -> Self:
        """An independent copy."""
        twin = copy(self)
        twin._face = self._face.copy()
        return twin

    def observe(self, target: Floats, visible: Floats) -> None:
        """Take in one unwrapped frame, (n, n, 3) BGR; visible: (n, n) 0..1."""
        due = self._looks == 0 or self._frames % _LOOK_EVERY == _AT
        self._frames += 1
        if due and nose_of(visible).min() > _SEEN:
            self._look(target)

    def _look(self, target: Floats) -> None:
        self._looks = min(self._looks + 1, _LOOKS)
        self._face += (shrink(target, _SIZE) - self._face) / self._looks
        face = np.clip(np.round(self._face), 0, 255).astype(np.uint8)
        thin, thick = (lines(face, width) for width in _WIDTHS)
        self._thin, self._thick = across_the_nose(thin), across_the_nose(thick)
        self._rough = float(np.percentile(thin[_cheeks()], _SHARE_OF_CHEEKS))
        self.worn = self._strength > (_LOST if self.worn else _FOUND)

    @property
    def _strength(self) -> float:
        return max(_COUNTS[0] * self._thin, _COUNTS[1] * self._thick)

    @property
    def thick(self) -> bool:
        """Whether rims are thicker than a twentieth of the face."""
        return self._thick > _THICK * self._thin

    @property
    def on_skin(self) -> float:
        """What a limit of strength is to be multiplied with for rims on skin, 0..1."""
        return min(max(self._strength / _CLEAR, self._rough / _ROUGH, _HAZY), 1)

    @property
    def on_brows(self) -> float:
        """The same along brows, which are lines themselves."""
        return min(max(self._strength / _CLEAR_BROWS, _HAZY_BROWS), 1)


@cache
def _cheeks() -> NDArray[np.bool_]:
    return polygons(LOWER_CHEEKS, _SIZE) > 0
