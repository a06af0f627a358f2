"""Which person wears which source: decided from who is seen, and kept while he is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mien.swap.cast import FaceMode
from mien.vision.face import FaceTrack
from mien.vision.identity import SAME_PERSON, Embedding, distance
from mien.vision.sighting import Sighting


@dataclass(frozen=True)
class Casting:
    """roles: number of the source by id of the track. sources: how many there are."""

    mode: FaceMode
    sources: int
    targets: tuple[Embedding, ...] = field(default=(), repr=False)
    roles: Mapping[int, int] = field(default_factory=dict)

    def recast(self, sighting: Sighting) -> "Casting":
        """After one more frame: old roles stay, people who are new get theirs."""
        roles = {one: role for one, role in self.roles.items() if one in sighting.known}
        newcomers = [one for one in sighting.tracks if one.id not in roles]
        if self.mode in ("largest", "all"):
            roles |= {one.id: 0 for one in newcomers}
        elif self.mode == "order":
            roles |= zip_ids(sorted(newcomers, key=_across), self._free(roles))
        else:
            self._choose(roles, sighting.tracks)
        return self if roles == self.roles else replace(self, roles=roles)

    def undecided(self, track: FaceTrack) -> bool:
        """Whether he may turn out to be one who is still looked for."""
        may_be = self.mode == "chosen" and track.embedding is None
        return may_be and track.id not in self.roles and bool(self._free(self.roles))

    def missing(self, sighting: Sighting) -> bool:
        """Whether somebody who should be swapped is not followed in this frame."""
        seen = {one.id for one in sighting.tracks}
        if self.mode == "chosen" and self._free(self.roles):
            return True
        return any(one not in seen for one in self.roles)

    @property
    def expecting(self) -> bool:
        """Whether somebody who may still come is to be swapped."""
        return self.mode == "all" or (self.mode != "largest" and bool(self._free(self.roles)))

    def hides_unknown(self, sighting: Sighting) -> bool:
        """Whether a face that nobody is recognised in must not be shown."""
        return self.expecting or self.missing(sighting)

    def _free(self, roles: Mapping[int, int]) -> list[int]:
        return [role for role in range(self.sources) if role not in roles.values()]

    def _choose(self, roles: dict[int, int], tracks: tuple[FaceTrack, ...]) -> None:
        """Give each target's role to whoever is most like him, if anybody is.

        Somebody who was forgotten and comes back under a new id takes his role again.
        """
        seen = {one.id for one in tracks}
        taken = {role for one, role in roles.items() if one in seen}
        pairs = sorted(
            (distance(one.embedding, target), role, one.id)
            for one in tracks
            if one.embedding is not None and one.id not in roles
            for role, target in enumerate(self.targets)
        )
        for gap, role, track_id in pairs:
            if gap < SAME_PERSON and role not in taken and track_id not in roles:
                for old in [one for one, held in roles.items() if held == role]:
                    del roles[old]
                roles[track_id] = role
                taken.add(role)


def zip_ids(tracks: Iterable[FaceTrack], roles: Iterable[int]) -> dict[int, int]:
    """The free roles to the tracks, one after the other, while there are any."""
    return {track.id: role for track, role in zip(tracks, roles, strict=False)}


def _across(track: FaceTrack) -> float:
    return float(track.mesh.points[:, 0].mean())
