"""Light the source as the camera's picture is lit: factors per texel, from low-passed ratios."""

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, blur, depth_inside, luma, polygons, shrink
from mien.swap.geometry import Floats, smooth_step
from mien.swap.look import Look, log_detail

# Radii of the ratios, as parts of the atlas; chroma, luminance, and everything near the oval.
CHROMA_SIGMA, LUMA_SIGMA, RIM_SIGMA = 0.06, 0.12, 0.03
GAIN_RANGE = (0.15, 4.0)
# A frame's step towards what was measured last; every second frame is.
SMOOTHING = 0.25
# How far the source's modelling goes to the contrast of the target's. Eye sockets and the sides of
# a nose are whose they are; shine is what looks like plastic.
SHADOW_STRENGTH, SHINE_STRENGTH = 0.3, 1.1
CONTRAST_RANGE = (0.35, 1.1)
# The darkest per cent of a face: nostrils, lashes, brows; lifted below this part of its middle.
DARKEST = 0.5
VEILED_BELOW = 0.85
# Brows are lifted so much less, fading out that far as a part of the atlas: a person is known by
# them, and hair is darker than anything else in a face.
BROW_VEIL, BROW_FADE = 0.5, (0.004, 0.022)
# How much of the skin's own changes of hue is kept.
SKIN_CHROMA = 0.4
WRINKLE_STRENGTH = 0.4
WRINKLE_SIGMAS = (0.012, 0.06)
WRINKLE_RANGE = (0.72, 1.25)
# A face that becomes so much lighter or darker of a sudden, as a logarithm, is another sight: what
# was before it and was taken for it is gone. Of every fourth texel so many must show skin.
LEAP, _ENOUGH = 0.4, 100
_MEASURE_EVERY = 4
_FLOOR = 3.0
_LONGEST_MEMORY = 150.0


class Light:
    """Keeps the light of one stream; `gain` once a frame."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._size = len(look.colours)
        half = self._size // 2
        self._rim = shrink(look.rim, half)[..., None]
        self._surroundings = np.zeros((half, half, 3), np.float32)
        self._middle: float | None = None
        self._frames = 0
        self._forget()

    def _forget(self) -> None:
        self._measured: Floats | None = None
        self._ratio: Floats | None = None
        self._contrast: float | None = None
        self._veil: Floats | None = None
        self._usual: Floats | None = None
        self._usual_weight: Floats | None = None

    def gain(self, target: Floats, visible: Floats, clear: Floats) -> Floats:
        """Factors for the source's BGR, (n, n, 3).

        target: (n, n, 3) the camera's face, unwrapped. visible: (n, n) how well each texel is
        seen. clear: (n, n) 0 where something stands before the face.
        """
        weights = self._look.skin * visible * clear
        light = luma(target)
        if self._frames % 2 == 0 and self._is_another_sight(light, weights):
            self._forget()
        contrast = self._contrast_gain(light, weights, visible)[..., None]
        if self._measured is None or self._frames % 2 == 0:
            self._measured, self._surroundings = self._ratios(target, contrast, weights)
        # In every frame, for steps in every second one would flicker.
        old = self._measured if self._ratio is None else self._ratio
        self._ratio = old + SMOOTHING * (self._measured - old)
        gain = cv2.resize(self._ratio, (self._size, self._size), interpolation=cv2.INTER_LINEAR)
        gain = gain * contrast
        self._calm_chroma(gain)
        if self._frames % _MEASURE_EVERY == 0 or self._veil is None:
            self._measure_veil(target, gain, visible > 0.6)
        self._frames += 1
        return np.asarray(gain * self._wrinkles(light, visible * clear)[..., None], np.float32)

    def _is_another_sight(self, light: Floats, weights: Floats) -> bool:
        """By the middle, which nothing moves that covers less than half of the skin."""
        skin = light[::2, ::2][weights[::2, ::2] > 0.5]
        if len(skin) < _ENOUGH:
            return False
        old, self._middle = self._middle, float(np.median(skin)) + _FLOOR
        return old is not None and abs(math.log(self._middle / old)) > LEAP

    def _ratios(self, target: Floats, contrast: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Target over source at half the grid's size, and the target's low-passed colours."""
        half = self._size // 2
        wide = weights[..., None]
        camera = shrink(np.concatenate([target * wide, wide], -1), half)
        source = shrink(self._look.plain * contrast * wide, half)
        chroma = _Pair(camera, source, CHROMA_SIGMA)
        broad = _Pair(camera, source, LUMA_SIGMA)
        rim = _Pair(camera, source, RIM_SIGMA)
        overall = _overall(camera, source)
        trust = smooth_step(chroma.support, 0.01, 0.08)[..., None]
        ratio = overall + (chroma.ratio() - overall) * trust
        lift = broad.luma_ratio() / chroma.luma_ratio()
        trust = smooth_step(broad.support, 0.02, 0.15)
        ratio = ratio * (1 + (lift - 1) * trust)[..., None]
        trust = smooth_step(rim.support, 0.05, 0.4)[..., None] * self._rim
        ratio = ratio + (rim.ratio() - ratio) * trust
        trust = smooth_step(broad.support, 0.02, 0.15)[..., None]
        usual = camera.sum((0, 1))[:3] / (camera.sum((0, 1))[3] + 1e-3)
        surroundings = usual + (broad.camera - usual) * trust
        return np.asarray(np.clip(ratio, *GAIN_RANGE), np.float32), surroundings

    def _contrast_gain(self, light: Floats, weights: Floats, visible: Floats) -> Floats:
        """Flatten or deepen the source's own modelling to the contrast of the target's."""
        look = self._look
        if self._frames % _MEASURE_EVERY == 0 or self._contrast is None:
            seen = look.core & (visible > 0.6)
            if np.count_nonzero(seen) > 100:
                now = float(log_detail(light, weights, weights)[seen].std())
                old = now if self._contrast is None else self._contrast
                self._contrast = old + 0.3 * (now - old)
        measured = look.contrast if self._contrast is None else self._contrast
        factor = float(np.clip(measured / (look.contrast + 1e-4), *CONTRAST_RANGE))
        strength = np.where(look.detail < 0, SHADOW_STRENGTH, SHINE_STRENGTH)
        return np.asarray(np.exp((factor - 1) * strength * look.detail), np.float32)

    @property
    def veil(self) -> Floats:
        """(4,) the BGR that black becomes, and the luma from which nothing is lifted.

        Haze, a poor camera or a bright screen leave no blacks in a face; a photo's black brows
        would stand out from it as if they were painted on.
        """
        return np.array([1, 1, 1, 1e-3], np.float32) if self._veil is None else self._veil

    def _measure_veil(self, target: Floats, gain: Floats, seen: NDArray[np.bool_]) -> None:
        if np.count_nonzero(seen) < 100:
            return
        camera, lit = target[seen], luma(self._look.colours[seen] * gain[seen])
        light = luma(camera)
        dark, middle = np.percentile(light, [DARKEST, 50])
        below = VEILED_BELOW * float(middle) + 1
        black = (dark - (old := np.percentile(lit, DARKEST))) / max(1 - old / below, 0.1)
        colour = camera[light <= dark].mean(0)
        now = colour / (luma(colour) + 1e-3) * np.clip(black, 0, dark)
        now = np.append(now, below).astype(np.float32)
        self._veil = now if self._veil is None else self._veil + 0.2 * (now - self._veil)

    def _calm_chroma(self, gain: Floats) -> None:
        """Draw each texel's chroma, not its luma, towards the target's around it, in place.

        Factors per channel amplify every small difference of hue in a source of another light.
        """
        lit = self._look.colours * gain
        skin = cv2.resize(self._surroundings, (self._size, self._size))
        skin = skin * ((luma(lit) + _FLOOR) / (luma(skin) + _FLOOR))[..., None]
        gain *= (skin + (lit - skin) * SKIN_CHROMA + _FLOOR) / (lit + _FLOOR)

    def _wrinkles(self, light: Floats, seen: Floats) -> Floats:
        """Expression ratio image: the target's shading now over its own running mean."""
        fine = blur(light, WRINKLE_SIGMAS[0] * self._size)
        if self._usual is None or self._usual_weight is None:
            self._usual, self._usual_weight = fine.copy(), seen + 1e-3
        self._usual_weight = np.minimum(self._usual_weight + seen, _LONGEST_MEMORY)
        self._usual += (fine - self._usual) * (seen / self._usual_weight)
        ratio = (fine + 6) / (self._usual + 6)
        ratio = ratio / blur(ratio, WRINKLE_SIGMAS[1] * self._size)
        ratio = np.clip(ratio, *WRINKLE_RANGE) - 1
        return np.asarray(1 + ratio * WRINKLE_STRENGTH * seen, np.float32)


@cache
def veil_share(size: int) -> Floats:
    """(size, size) how much of the veil lies on each texel: 1, less on brows."""
    away = depth_inside(255 - polygons(BROWS, size))
    return np.asarray(1 - (1 - BROW_VEIL) * (1 - smooth_step(away, *BROW_FADE)), np.float32)


class _Pair:
    """Masked low-passes of camera and source, (h, w, 3), with how much skin supports them."""

    def __init__(self, camera: Floats, source: Floats, sigma: float) -> None:
        sigma *= len(camera)
        blurred = blur(camera, sigma)
        self.support = blurred[..., 3] + 1e-3
        self.camera: Floats = blurred[..., :3] / self.support[..., None]
        self.source: Floats = blur(source, sigma) / self.support[..., None]

    def ratio(self) -> Floats:
        return np.asarray((self.camera + _FLOOR) / (self.source + _FLOOR), np.float32)

    def luma_ratio(self) -> Floats:
        return np.asarray((luma(self.camera) + _FLOOR) / (luma(self.source) + _FLOOR), np.float32)


def _overall(camera: Floats, source: Floats) -> Floats:
    total = camera.sum((0, 1))
    support = total[3] + 1e-3
    return np.asarray(
        (total[:3] / support + _FLOOR) / (source.sum((0, 1)) / support + _FLOOR), np.float32
    )
