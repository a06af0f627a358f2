"""The source faces: uploaded ones, and those that come with a create or update."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from mien.errors import ImageRejected, MienError, NoFaceFound, NotFound, SourceRejected
from mien.live.ids import SOURCE_PREFIX, Clock, Ids
from mien.live.imaging import FaceReading, Imaging, PreparedSource
from mien.live.inline import decode_inline, is_url
from mien.live.records import Source
from mien.live.source_gate import SourceGate
from mien.live.source_vault import SourceVault
from mien.live.store import Store
from mien.settings import LimitSettings
from mien.vision.identity import Embedding

# Fetches a URL's body of at most so many bytes. Raises FetchFailed.
Fetch = Callable[[str, int], Awaitable[bytes]]
Landmarks = tuple[tuple[int, int], ...]

LIST_LIMIT = 200
CREATE_TAKES_S = 600.0


@dataclass(frozen=True)
class SourceRequest:
    """A source as a caller names it: a URL, a data URI, base64 or an id of ours; where the face is.

    near: 4 or 6 points of the wanted face from detect, or none. person: photos of the same number
    show one person. field: the request's field, for what is said of it.
    """

    address: str
    near: Landmarks = ()
    person: int = 1
    field: str = "sourceImage[0]"


class SourceLibrary:
    """Keeps prepared sources: rows in the store, faces in the vault."""

    def __init__(
        self,
        store: Store,
        imaging: Imaging,
        fetch: Fetch,
        vault: SourceVault,
        limits: LimitSettings,
        gate: SourceGate,
        *,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._store = store
        self._imaging = imaging
        self._fetch = fetch
        self._vault = vault
        self._limits = limits
        self._gate = gate
        self._ids = ids
        self._clock = clock

    async def obtain(
        self,
        tenant_id: str,
        photos: Sequence[SourceRequest],
        *,
        recorded: bool,
        named: bool | None = None,
    ) -> Source:
        """One person's prepared source, if it may be worn, and recorded where that is asked.

        Several photos are merged into one. named: whether an error says of which photo; by default
        it does where there are several.

        Raises ParameterError, FetchFailed, PayloadTooLarge, NotFound and what Imaging and
        SourceGate raise.
        """
        named = len(photos) > 1 if named is None else named
        source = await self._obtain(tenant_id, photos, named)
        try:
            await self._gate.license(tenant_id, source, recorded=recorded)
        except MienError:
            await self.discard(source.id)
            raise
        return source

    async def _obtain(self, tenant_id: str, photos: Sequence[SourceRequest], named: bool) -> Source:
        parts: list[Source] = []
        try:
            for photo in photos:
                with naming(photo.field) if named else nullcontext():
                    parts.append(await self._obtain_one(tenant_id, photo))
            return parts.pop() if len(parts) == 1 else await self._merge(tenant_id, parts)
        finally:
            for part in parts:
                await self.discard(part.id)

    async def _merge(self, tenant_id: str, parts: Sequence[Source]) -> Source:
        data = await self._imaging.merge_sources([await self._vault.face(part) for part in parts])
        first = parts[0]
        face = FaceReading(first.landmarks, first.region, 1.0)
        known = self._gate.opened(first.id, first.identity)
        identity = () if known is None else tuple(known.tolist())
        preview = self._vault.preview(first)
        said = tuple(one for part in parts for one in self._vault.credentials(part))
        merged = PreparedSource(
            data, face, preview, identity=identity, nudity=0.0, credentials=said
        )
        return await self._keep(tenant_id, merged, listed=False)

    async def _obtain_one(self, tenant_id: str, request: SourceRequest) -> Source:
        if request.address.startswith(SOURCE_PREFIX):
            source = await self.get(tenant_id, request.address)
            # Merged with others it is asked for by their name.
            await self._gate.recheck(tenant_id, source)
            return source
        data = await self.read(request.address, f"{request.field}.path")
        prepared = await self._imaging.prepare_source(data, request.near)
        return await self._keep(tenant_id, prepared, listed=False)

    async def upload(self, tenant_id: str, data: bytes) -> Source:
        """Prepare the largest face of a picture and list it."""
        (picture,) = (await self._imaging.read_faces(data, largest_only=False))[:1]
        prepared = await self._imaging.prepare_source(data)
        size = (picture.width, picture.height, len(picture.faces))
        return await self._keep(tenant_id, prepared, listed=True, size=size)

    async def read(self, address: str, field: str) -> bytes:
        """The bytes behind a URL, a data URI or base64."""
        if is_url(address):
            return await self._fetch(address, self._limits.image_bytes)
        return await asyncio.to_thread(decode_inline, address, self._limits.image_bytes, field)

    async def get(self, tenant_id: str, source_id: str) -> Source:
        """A tenant's own source. Raises NotFound, also for somebody else's."""
        source = await self._store.source(source_id)
        if source is None or source.tenant_id != tenant_id or not source.listed:
            raise NotFound("There is no source of that id.")
        return source

    def preview(self, source: Source) -> bytes:
        """The small JPEG of a source."""
        return self._vault.preview(source)

    async def wearable(self, tenant_id: str, source_id: str, *, recorded: bool) -> bytes:
        """The prepared face of a session's source, if it, and each of a cast, may still be worn.

        Raises NotFound, SourceRejected, and what SourceGate.license raises.
        """
        source = await self._store.source(source_id)
        if source is None:
            raise NotFound("The session's source face is gone", "create a new session.")
        for face in await self._store.faces(source_id):
            await self._gate.license(tenant_id, face, recorded=recorded)
        return await self._vault.face(source)

    async def credentials(self, source_id: str) -> list[bytes]:
        """What the pictures of a source's faces say by C2PA."""
        faces = await self._store.faces(source_id)
        return [one for face in faces for one in self._vault.credentials(face)]

    async def keep_cast(
        self, faces: Sequence[Source], pack: Callable[[Sequence[bytes]], bytes]
    ) -> Source:
        """Keep faces, packed, as one source that lives as they do: with their session."""
        first = faces[0]
        packed = await asyncio.to_thread(pack, [await self._vault.face(one) for one in faces])
        cast = replace(
            first,
            id=self._ids.source(),
            created_at=self._clock(),
            listed=False,
            likeness_id=None,
            identity=None,
            credentials=None,
        )
        members = [one.id for one in faces]
        return await self._vault.keep(cast, packed, self._vault.preview(first), members)

    def identity(self, source: Source) -> Embedding | None:
        """Who a source shows, where that is known."""
        return self._gate.opened(source.id, source.identity)

    async def listed(self, tenant_id: str) -> list[Source]:
        """A tenant's uploads, newest first, at most 200."""
        return await self._store.listed_sources(tenant_id, LIST_LIMIT)

    async def delete(self, tenant_id: str, source_id: str) -> None:
        """Take an upload out of the library; its file goes when no session needs it."""
        await self.get(tenant_id, source_id)
        await self._store.unlist_source(source_id)
        await self.discard(source_id)

    async def discard(self, source_id: str) -> None:
        """Remove a source, and a cast's faces, that nobody can use any more; else do nothing."""
        faces = await self._store.faces(source_id)
        source = await self._store.drop_unused_source(source_id, self._clock())
        if source is None:
            return
        await self._vault.remove(source)
        for face in faces:
            await self.discard(face.id)

    async def erase(self, source_id: str) -> None:
        """Remove a source and the casts that it is in, whoever needs them."""
        for one in (*await self._store.casts(source_id), source_id):
            source = await self._store.drop_source(one)
            if source is not None:
                await self._vault.remove(source)

    async def seal_older(self) -> int:
        """Seal what an earlier version kept readable; returns how many."""
        return await self._vault.seal_older()

    async def sweep(self) -> int:
        """Remove what sessions left behind that nobody can join any more; returns how many."""
        now = self._clock()
        # A younger one may belong to a create that is under way.
        unused = await self._store.unused_sources(now - CREATE_TAKES_S, now)
        for source_id in unused:
            await self.discard(source_id)
        return len(unused)

    async def _keep(
        self,
        tenant_id: str,
        prepared: PreparedSource,
        *,
        listed: bool,
        size: tuple[int, int, int] = (0, 0, 1),
    ) -> Source:
        await self._gate.screen(tenant_id, prepared)
        source_id = self._ids.source()
        source = Source(
            id=source_id,
            tenant_id=tenant_id,
            created_at=self._clock(),
            listed=listed,
            width=size[0],
            height=size[1],
            faces=size[2],
            landmarks=prepared.face.landmarks,
            region=prepared.face.region,
            notes=prepared.notes,
            identity=self._gate.sealed(source_id, prepared.identity),
        )
        preview, said = prepared.preview_jpeg, prepared.credentials
        return await self._vault.keep(source, prepared.data, preview, credentials=said)


@contextmanager
def naming(field: str) -> Iterator[None]:
    """Say which of several pictures can't serve."""
    try:
        yield
    except (ImageRejected, NoFaceFound, SourceRejected) as error:
        raise error.about(field) from error
