"""What a face must pass before it is kept, and before it is worn."""

import numpy as np

from mien.errors import ContentRefused, FaceBlocked
from mien.live.blocked_faces import BlockedFaces
from mien.live.identities import open_identity, seal_identity
from mien.live.imaging import PreparedSource
from mien.live.journal import Journal
from mien.live.killed_faces import KilledFaces
from mien.live.likenesses import Likenesses
from mien.live.records import Source
from mien.trust.likeness import Scope
from mien.trust.policy import Policy
from mien.trust.sealing import Seal
from mien.vision.identity import Embedding
from mien.vision.nudity import NUDE


class SourceGate:
    """As the tenant's policy says: off lets pass, required refuses also what was not checked."""

    def __init__(
        self,
        likenesses: Likenesses,
        blocked: BlockedFaces,
        killed: KilledFaces,
        seal: Seal,
        journal: Journal,
        policy: Policy,
    ) -> None:
        self._likenesses = likenesses
        self._blocked = blocked
        self._killed = killed
        self._seal = seal
        self._journal = journal
        self._policy = policy

    async def screen(self, tenant_id: str, prepared: PreparedSource) -> None:
        """Before a prepared face is kept. Raises ContentRefused, FaceBlocked, TenantBlocked."""
        if prepared.identity:
            await self._killed.refuse(np.array(prepared.identity, np.float32))
        mode = self._policy.of(tenant_id).gate
        if mode == "off":
            return
        if mode == "required" and (prepared.nudity is None or not prepared.identity):
            raise ContentRefused("The picture could not be checked", "send another one.")
        if prepared.nudity is not None and prepared.nudity >= NUDE:
            await self._journal.write("source.refused", tenant=tenant_id, why="nudity")
            raise ContentRefused("The picture seems to show nudity", "send one of the face alone.")
        if prepared.identity:
            await self._require_unblocked(tenant_id, np.array(prepared.identity, np.float32))

    async def license(self, tenant_id: str, source: Source, *, recorded: bool) -> None:
        """Before a face is worn, and recorded so.

        Raises FaceBlocked, VerificationRequired, TenantBlocked.
        """
        embedding = await self.recheck(tenant_id, source)
        uses = (Scope.LIVE, Scope.RECORDING) if recorded else (Scope.LIVE,)
        await self._likenesses.license(tenant_id, source, embedding, uses)

    async def recheck(self, tenant_id: str, source: Source) -> Embedding | None:
        """Whether a face that was kept may still be used; who it is, where that is known.

        Raises FaceBlocked, TenantBlocked.
        """
        embedding = self.opened(source.id, source.identity)
        if embedding is not None:
            await self._killed.refuse(embedding)
        if embedding is not None and self._policy.of(tenant_id).gate != "off":
            await self._require_unblocked(tenant_id, embedding)
        return embedding

    async def _require_unblocked(self, tenant_id: str, embedding: Embedding) -> None:
        entry = await self._blocked.match(embedding)
        if entry is not None:
            await self._journal.write("source.refused", tenant=tenant_id, why=entry)
            raise FaceBlocked("This face may not be used on this server.")

    def sealed(self, source_id: str, identity: tuple[float, ...]) -> bytes | None:
        """An embedding as it is kept with its source."""
        return seal_identity(self._seal, source_id, identity)

    def opened(self, source_id: str, sealed: bytes | None) -> Embedding | None:
        """What `sealed` gave, for that source."""
        return open_identity(self._seal, source_id, sealed)
