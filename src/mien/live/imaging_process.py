"""Strangers' pictures, read in a process of their own that may die of them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from mien.errors import ImageRejected, MienError, ProcessLost, TooFrequent
from mien.live.child import Child
from mien.live.imaging import FaceReading, Identity, PictureReading, PreparedSource
from mien.live.wire import Message
from mien.settings import Settings

IMAGING_WORKER = "mien.live.imaging_worker"
READY_WITHIN_S = 60.0
ANSWER_WITHIN_S = 40.0
STOP_WITHIN_S = 1.0
MOST_WAITING = 32

log = structlog.get_logger()


class ImagingProcess:
    """Asks one child, one picture at a time, and starts it anew when it has died."""

    def __init__(self, settings: Settings, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._config = settings.limits.for_readers()
        self._answer_within_s = answer_within_s
        self._child: Child | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._stopped = False
        self._reviving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """See Imaging. Raises WeightsError or ProcessLost when the process can't be started."""
        self._stopped = False
        await self._warm_up()

    async def stop(self) -> None:
        """See Imaging."""
        self._stopped = True
        if self._reviving is not None:
            self._reviving.cancel()
            await asyncio.gather(self._reviving, return_exceptions=True)
        if self._child is not None:
            await self._child.stop(STOP_WITHIN_S)

    async def read_faces(
        self, data: bytes, *, largest_only: bool, frames: int = 1, crops: bool = False
    ) -> tuple[PictureReading, ...]:
        """See Imaging. crops: of each picture's largest face."""
        body = {"largest_only": largest_only, "frames": frames, "crops": crops}
        answer = await self._ask("read_faces", body, data)
        return _pictures(answer)

    async def prepare_source(
        self, data: bytes, near: tuple[tuple[int, int], ...] = ()
    ) -> PreparedSource:
        """See Imaging."""
        answer = await self._ask("prepare_source", {"near": near}, data)
        size = answer.body["source_bytes"]
        said_until = size + answer.body["credentials_bytes"]
        said = answer.blob[size:said_until]
        return PreparedSource(
            data=answer.blob[:size],
            face=_face(answer.body["face"]),
            preview_jpeg=answer.blob[said_until:],
            notes=tuple(answer.body["notes"]),
            identity=tuple(answer.body["identity"]),
            nudity=answer.body["nudity"],
            credentials=(said,) if said else (),
        )

    async def recognise(self, data: bytes, near: tuple[tuple[int, int], ...] = ()) -> Identity:
        """See Imaging."""
        return tuple((await self._ask("recognise", {"near": near}, data)).body["identity"])

    async def merge_sources(self, parts: Sequence[bytes]) -> bytes:
        """See Imaging."""
        body = {"part_bytes": [len(part) for part in parts]}
        return (await self._ask("merge_sources", body, b"".join(parts))).blob

    async def nudity(self, data: bytes) -> float:
        """See Imaging."""
        return float((await self._ask("nudity", {}, data)).body["nudity"])

    async def _ask(self, call: str, body: Mapping[str, Any], data: bytes) -> Message:
        if self._waiting >= MOST_WAITING:
            raise TooFrequent("Too many pictures wait to be read", "try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._ask_child(await self._living(), call, body, data)
        finally:
            self._waiting -= 1

    async def _ask_child(
        self, child: Child, call: str, body: Mapping[str, Any], data: bytes
    ) -> Message:
        try:
            return await child.call(call, body, data, within_s=self._answer_within_s)
        except ProcessLost as error:
            log.warning("imaging.lost", call=call, bytes=len(data))
            await child.stop(0)
            self._revive()
            raise ImageRejected("The picture can't be read", "send another one.") from error

    async def _warm_up(self) -> None:
        async with self._turn:
            await self._living()

    async def _living(self) -> Child:
        """The child, started when there is none that runs; the caller holds the turn."""
        if self._stopped:
            raise ProcessLost("The server is stopping.")
        if self._child is None or not self._child.alive:
            self._child = await Child.start(
                IMAGING_WORKER, self._config, ready_within_s=READY_WITHIN_S
            )
        return self._child

    def _revive(self) -> None:
        """Start the next child before somebody waits for it."""
        if not self._stopped and (self._reviving is None or self._reviving.done()):
            self._reviving = asyncio.create_task(self._start_again())

    async def _start_again(self) -> None:
        try:
            await self._warm_up()
        except MienError as error:
            log.error("imaging.start_failed", error=str(error))


def _face(body: Mapping[str, Any]) -> FaceReading:
    landmarks = tuple((x, y) for x, y in body["landmarks"])
    return FaceReading(landmarks, _region(body["region"]), body["score"])


def _pictures(answer: Message) -> tuple[PictureReading, ...]:
    pictures = []
    read = 0
    for body in answer.body["pictures"]:
        size = body.get("crop_bytes", 0)
        crop, read = answer.blob[read : read + size], read + size
        pictures.append(
            PictureReading(
                faces=tuple(_face(face) for face in body["faces"]),
                width=body["width"],
                height=body["height"],
                frame_time=body["frame_time"],
                crops=(crop,) if size else (),
                crop_regions=(_region(body["crop_region"]),) if size else (),
            )
        )
    return tuple(pictures)


def _region(values: list[int]) -> tuple[int, int, int, int]:
    left, top, width, height = values
    return left, top, width, height
