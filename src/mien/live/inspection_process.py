"""Strangers' files, marked ones and consent clips, each read by a process that lives for it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from mien.errors import ImageRejected, ProcessLost, TooFrequent
from mien.live.child import Child
from mien.live.wire import Message
from mien.settings import Settings
from mien.trust.credentials import Credentials
from mien.trust.detector import Finding
from mien.trust.keyring import Keyring
from mien.trust.liveness import PersonReading
from mien.trust.search import Geometry, Peak
from mien.vision.identity import Embedding

INSPECTION_WORKER = "mien.live.inspection_worker"
ANSWER_WITHIN_S = 70.0
STOP_WITHIN_S = 0.5
MOST_WAITING = 4

log = structlog.get_logger()


class InspectionProcess:
    """One file at a time, so that live streams keep the other cores."""

    def __init__(self, settings: Settings, keyring: Keyring, anchors: str = "") -> None:
        self._config = settings.limits.for_readers() | {
            "anchors": anchors,
            "keys": [key.secret.hex() for key in reversed(keyring.keys)],
        }
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def inspect(self, data: bytes) -> tuple[Finding, Credentials]:
        """Look for the installation's marks and for a manifest.

        Raises ImageRejected, TooFrequent, ProcessLost.
        """
        answer = await self._ask("inspect", {}, data)
        body = dict(answer.body)
        credentials = Credentials(**body.pop("credentials"))
        peak = dict(body.pop("peak"))
        geometry, shift = Geometry(**peak.pop("geometry")), tuple(peak.pop("shift"))
        finding = Finding(**body, peak=Peak(**peak, geometry=geometry, shift=shift))
        return finding, credentials

    async def read_person(self, data: bytes, registered: Embedding) -> PersonReading:
        """Measure a consent clip. Raises as `inspect`."""
        answer = await self._ask("read_person", {"registered": registered.tolist()}, data)
        body = {name: _tuples(value) for name, value in answer.body.items()}
        return PersonReading(**body)

    async def _ask(self, call: str, body: Mapping[str, Any], data: bytes) -> Message:
        if self._waiting >= MOST_WAITING:
            raise TooFrequent("Other files are being looked at", "try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._in_a_child(call, body, data)
        finally:
            self._waiting -= 1

    async def _in_a_child(self, call: str, body: Mapping[str, Any], data: bytes) -> Message:
        child = await Child.start(INSPECTION_WORKER, self._config)
        try:
            return await child.call(call, body, data, within_s=ANSWER_WITHIN_S)
        except ProcessLost as error:
            log.warning("inspection.lost", bytes=len(data))
            raise ImageRejected("The file can't be read", "send another one.") from error
        finally:
            await child.stop(STOP_WITHIN_S)


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
