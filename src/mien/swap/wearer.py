"""One person of the stream and the look he wears; a new look fades in over the old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mien.swap.look import Look
from mien.swap.lost import cross_fade
from mien.swap.mesh import QUALITIES, MeshSwapper, Quality
from mien.swap.second_core import Begin, at_once
from mien.swap.stopwatch import Stopwatch
from mien.swap.traits import Traits
from mien.swap.turned import TurnFade
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand

# A new look comes in over so many frames.
FADE_FRAMES = 5
# After so long the light may be another.
LIGHT_LASTS_S = 0.5


class Swapper(Protocol):
    """Changes one face of one stream."""

    def swap(self, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand] = ()) -> BgrImage | None:
        """A new picture with another face, or None where the face can't be drawn."""


@dataclass(frozen=True, eq=False)
class Moment:
    """seconds: when. relit: what was learnt of light and cover is void: another scene, or a lamp.
    hands: those in the picture."""

    seconds: float
    relit: bool = False
    hands: Sequence[Hand] = ()


class Wearer:
    """Keeps a person's swapper. strength: 0..1, how far the face takes the source's shape.
    traits: what is known of him from before."""

    def __init__(
        self,
        strength: float,
        watch: Stopwatch,
        traits: Traits | None = None,
        begin: Begin = at_once,
    ) -> None:
        self._strength, self._watch, self._begin = strength, watch, begin
        self._traits = traits or Traits.unknown(QUALITIES[2].grid)
        self._swapper: MeshSwapper | None = None
        self._leaving: Swapper | None = None
        self._turning = TurnFade()
        self._fade_left = 0
        self._last = 0.0

    def swap(
        self,
        image: BgrImage,
        mesh: FaceMesh,
        look: Look,
        quality: Quality,
        moment: Moment,
    ) -> tuple[BgrImage | None, float]:
        """A new picture in which he wears the look, and how much of it to show.

        None where the face can't be drawn.
        """
        away = moment.seconds - self._last
        swapper = self._follow(look, quality, moment.relit or away > LIGHT_LASTS_S)
        self._last = moment.seconds
        share = self._turning.update(mesh.points)
        return (self._draw(swapper, image, mesh, moment.hands) if share > 0 else None), share

    def _draw(
        self, swapper: Swapper, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand]
    ) -> BgrImage | None:
        result = swapper.swap(image, mesh, hands)
        if self._leaving is None or result is None:
            return result
        old = self._leaving.swap(image, mesh, hands)
        share = 1 - self._fade_left / (FADE_FRAMES + 1)
        self._fade_left -= 1
        if self._fade_left == 0:
            self._leaving = None
        return result if old is None else cross_fade(old, result, share)

    def _follow(self, look: Look, quality: Quality, new_light: bool) -> MeshSwapper:
        """Have a swapper for this look and this light."""
        old = self._swapper
        if old is not None and old.look is look and not new_light:
            return old
        self._leaving, self._fade_left = (None if new_light else old), FADE_FRAMES
        traits = self.traits.copy(quality.grid, relit=old is not None and new_light)
        softness = 0.0 if old is None else old.softness
        self._swapper = MeshSwapper(
            *(look, quality, self._strength, self._watch, traits, softness, self._begin)
        )
        return self._swapper

    @property
    def traits(self) -> Traits:
        """What is known of him by now; his own, not a copy."""
        return self._traits if self._swapper is None else self._swapper.traits
