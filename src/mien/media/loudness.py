"""For how long something is heard in a clip: speech, as far as loudness tells."""

from io import BytesIO

import av
import numpy as np

from mien.errors import MediaRejected
from mien.media.clips import BROKEN, ClipLimits, container_of

RATE = 16_000
WINDOW = RATE // 50
# Full scale is 1. A quiet room is below, a voice at arm's length above; or this much above the
# tenth of the clip that is quietest.
LOUD, OVER_FLOOR = 0.01, 3.0


def heard_seconds(data: bytes, limits: ClipLimits) -> float:
    """Seconds in which a GIF or video is audible; 0 without sound. Raises MediaRejected."""
    _, name = container_of(data)
    try:
        with av.open(BytesIO(data), "r", format=name) as container:
            if not container.streams.audio:
                return 0.0
            resampler = av.AudioResampler("flt", "mono", RATE)
            most = int(limits.max_seconds * RATE)
            samples: list[np.ndarray] = []
            for frame in container.decode(container.streams.audio[0]):
                samples += [part.to_ndarray()[0] for part in resampler.resample(frame)]
                if sum(map(len, samples)) > most:
                    raise MediaRejected(
                        f"The clip is longer than {limits.max_seconds:.0f} seconds."
                    )
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaRejected(*BROKEN) from error
    return _audible(np.concatenate(samples)) if samples else 0.0


def _audible(samples: np.ndarray) -> float:
    windows = samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)
    if not len(windows):
        return 0.0
    loudness = np.sqrt(np.mean(windows**2, axis=1))
    threshold = max(LOUD, OVER_FLOOR * float(np.percentile(loudness, 10)))
    return float(np.count_nonzero(loudness > threshold)) * WINDOW / RATE
