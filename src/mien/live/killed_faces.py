"""The faces of killed likenesses: who registers one anew is stopped too, until it is revived."""

from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy import select, update

from mien.errors import TenantBlocked
from mien.live.blocked_faces import WITHIN
from mien.live.identities import open_identity
from mien.live.kill_switch import Kill, KillSwitch, Scope
from mien.live.likeness_store import LikenessStore
from mien.live.records import Source
from mien.live.schema import KillRow
from mien.live.store import Store
from mien.trust.likeness import alike
from mien.trust.sealing import Seal
from mien.vision.identity import Embedding

Faces = Mapping[str, Embedding]


class KilledFaces:
    """Each is kept with its kill, sealed: it outlives an erased record, and goes with the kill."""

    def __init__(
        self, store: Store, switch: KillSwitch, records: LikenessStore, seal: Seal
    ) -> None:
        self.switch = switch
        self._store, self._records, self._seal = store, records, seal

    async def refuse(self, embedding: Embedding) -> None:
        """Before a face is kept or worn. Raises TenantBlocked where it is a killed one."""
        if alike(embedding, await self.of(await self.switch.thrown()), WITHIN):
            raise TenantBlocked("The operator has stopped this.")

    async def of(self, thrown: Collection[Kill]) -> Faces:
        """The faces of those kills, as far as they are known, by the kills' targets."""
        if not any(kill.scope is Scope.LIKENESS for kill in thrown):
            return {}
        faces = {}
        for target, kept in (await self._kept()).items():
            if face := kept or await self._learn(target):
                faces[target] = np.frombuffer(self._seal.open(face, _about(target)), np.float32)
        return faces

    def kills(self, source: Source | None, faces: Faces) -> tuple[Kill, ...]:
        """Those that stop a source, whatever its id is."""
        if source is None or not faces:
            return ()
        worn = open_identity(self._seal, source.id, source.identity)
        targets = () if worn is None else alike(worn, faces, WITHIN)
        return tuple(Kill(Scope.LIKENESS, target) for target in targets)

    async def _kept(self) -> dict[str, bytes | None]:
        wanted = select(KillRow.target, KillRow.face).filter_by(scope=Scope.LIKENESS.value)
        rows = await self._store.read(lambda db: db.execute(wanted).all())
        return {target: face for target, face in rows}

    async def _learn(self, target: str) -> bytes | None:
        """The face of a likeness that was killed a moment ago; commands in a hurry don't look."""
        embedding = await self._face_of(target)
        if embedding is None:
            return None
        face = self._seal.close(embedding.tobytes(), _about(target))
        its = update(KillRow).filter_by(scope=Scope.LIKENESS.value, target=target)
        await self._store.write(lambda db: db.execute(its.values(face=face)))
        return face

    async def _face_of(self, target: str) -> Embedding | None:
        """A likeness is named by a record's id or a source's."""
        if source := await self._store.source(target):
            return open_identity(self._seal, source.id, source.identity)
        return await self._records.embedding(target)


def _about(target: str) -> str:
    return f"killed face of {target}"
