"""Several persons' faces worn at once: each obtained and licensed, then kept together as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mien.errors import MienError, ParameterError
from mien.live.ids import SOURCE_PREFIX
from mien.live.imaging import Imaging
from mien.live.journal import Journal
from mien.live.records import Source
from mien.live.sources import SourceLibrary, SourceRequest, naming
from mien.swap.cast import FaceMode
from mien.swap.cast_file import pack_cast
from mien.vision.identity import Embedding


@dataclass(frozen=True)
class CastPlan:
    """How faces are given out, as Cast has it. targets: of whom each person's face is meant for,
    in the persons' order, where the mode is chosen; near as for sources."""

    mode: FaceMode = "largest"
    targets: tuple[SourceRequest, ...] = ()


ONE_FACE = CastPlan()


class Casts:
    """Makes what a session wears of what a caller names."""

    def __init__(self, sources: SourceLibrary, imaging: Imaging, journal: Journal) -> None:
        self._sources = sources
        self._imaging = imaging
        self._journal = journal

    async def obtain(
        self,
        tenant_id: str,
        photos: Sequence[SourceRequest],
        plan: CastPlan = ONE_FACE,
        *,
        recorded: bool,
    ) -> Source:
        """One source of all photos; a cast where they show several persons, or several wear it.

        Each person's face must pass what a single one must. Raises what SourceLibrary.obtain
        raises, naming the entry.
        """
        people = _by_person(photos)
        if plan.mode == "largest":
            return await self._sources.obtain(tenant_id, photos, recorded=recorded)
        several = len(photos) > 1
        faces: list[Source] = []
        try:
            targets = [await self._target(tenant_id, *one) for one in enumerate(plan.targets)]
            for of_one in people.values():
                faces.append(
                    await self._sources.obtain(tenant_id, of_one, recorded=recorded, named=several)
                )
            return await self._keep(tenant_id, faces, plan.mode, targets)
        except MienError:
            for face in faces:
                await self._sources.discard(face.id)
            raise

    async def _keep(
        self, tenant_id: str, faces: list[Source], mode: FaceMode, targets: list[Embedding]
    ) -> Source:
        cast = await self._sources.keep_cast(faces, lambda data: pack_cast(data, mode, targets))
        for face in faces:
            about = {"cast": cast.id, "source": face.id, "tenant": tenant_id}
            await self._journal.write("cast.face", **about)
        return cast

    async def _target(self, tenant_id: str, number: int, wanted: SourceRequest) -> Embedding:
        """Who is to be swapped: seen on a picture of his, which is not kept."""
        field = f"targetImage[{number}]"
        with naming(field):
            if wanted.address.startswith(SOURCE_PREFIX):
                return self._known(await self._sources.get(tenant_id, wanted.address), field)
            data = await self._sources.read(wanted.address, f"{field}.path")
            return np.array(await self._imaging.recognise(data, wanted.near), np.float32)

    def _known(self, source: Source, field: str) -> Embedding:
        known = self._sources.identity(source)
        if known is None:
            raise ParameterError(f"{field}: this source tells nobody apart", "send a picture.")
        return known


def _by_person(photos: Sequence[SourceRequest]) -> Mapping[int, list[SourceRequest]]:
    """The photos of each person, persons in the order of their numbers."""
    people: dict[int, list[SourceRequest]] = {}
    for photo in sorted(photos, key=lambda one: one.person):
        people.setdefault(photo.person, []).append(photo)
    return people
