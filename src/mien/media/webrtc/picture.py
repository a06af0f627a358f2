"""One decoded picture with its timing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = np.ndarray[Any, np.dtype[np.uint8]]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class VideoPicture:
    """A picture and when it was taken and came.

    image: (H, W, 3) uint8, BGR. rtp_timestamp: 32-bit, 90 kHz, of the sender's clock.
    arrived: seconds of the peer's monotonic clock when the frame's last packet came; captured: of
    the same clock, when it was taken, as far as that is known.
    """

    image: Image
    rtp_timestamp: int
    arrived: float
    captured: float | None = None

    @property
    def moment(self) -> float:
        """The instant that it shows, for keeping it in step with sound."""
        return self.arrived if self.captured is None else self.captured
