"""Strangers' files, looked through for marks by a process that lives for one file."""

import asyncio

import structlog

from mien.errors import ImageRejected, ProcessLost, TooFrequent
from mien.live.child import Child
from mien.settings import Settings
from mien.trust.credentials import Credentials
from mien.trust.detector import Finding
from mien.trust.keyring import Keyring
from mien.trust.search import Geometry, Peak

INSPECTION_WORKER = "mien.live.inspection_worker"
ANSWER_WITHIN_S = 70.0
STOP_WITHIN_S = 0.5
MOST_WAITING = 4

log = structlog.get_logger()


class InspectionProcess:
    """One file at a time, so that live streams keep the other cores."""

    def __init__(self, settings: Settings, keyring: Keyring, anchors: str = "") -> None:
        limits = settings.limits
        self._config = {
            "images": {"max_bytes": limits.image_bytes, "max_pixels": limits.image_pixels},
            "clips": {
                "max_bytes": limits.video_bytes,
                "max_seconds": limits.video_seconds,
                "max_pixels": limits.frame_pixels,
            },
            "anchors": anchors,
            "keys": [key.secret.hex() for key in reversed(keyring.keys)],
        }
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def inspect(self, data: bytes) -> tuple[Finding, Credentials]:
        """Look for the installation's marks and for a manifest.

        Raises ImageRejected, TooFrequent, ProcessLost.
        """
        if self._waiting >= MOST_WAITING:
            raise TooFrequent("Other files are being looked at; try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._in_a_child(data)
        finally:
            self._waiting -= 1

    async def _in_a_child(self, data: bytes) -> tuple[Finding, Credentials]:
        child = await Child.start(INSPECTION_WORKER, self._config)
        try:
            answer = await child.call("inspect", {}, data, within_s=ANSWER_WITHIN_S)
        except ProcessLost as error:
            log.warning("inspection.lost", bytes=len(data))
            raise ImageRejected("The file can't be read; send another one.") from error
        finally:
            await child.stop(STOP_WITHIN_S)
        body = dict(answer.body)
        credentials = Credentials(**body.pop("credentials"))
        peak = dict(body.pop("peak"))
        geometry, shift = Geometry(**peak.pop("geometry")), tuple(peak.pop("shift"))
        finding = Finding(**body, peak=Peak(**peak, geometry=geometry, shift=shift))
        return finding, credentials
