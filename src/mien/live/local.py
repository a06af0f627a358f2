"""Sessions on this machine: each in a worker process of its own, from a warm pool."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from mien.errors import NoCapacity, ProcessLost
from mien.live.capacity import CapacityRule
from mien.live.child import Child
from mien.live.placement import Capacity, EndReason, Offer, PeerAnswer, SessionBrief
from mien.live.pool import WarmPool
from mien.models.cores import MOST_CORES_A_FRAME, usable_cores
from mien.settings import Settings

WORKER = "mien.live.worker"
READY_WITHIN_S = 60.0
WARM_WITHIN_S = 30.0
LEAVE_WITHIN_S = 1.5
"""A worker that was told to end says goodbye to its peers in less."""

log = structlog.get_logger()

# A session's first frames come in this time; starting a worker takes a whole core.
REFILL_AFTER_S = 3.0


class LocalStation:
    """One session in one worker process."""

    def __init__(self, brief: SessionBrief, child: Child) -> None:
        self.brief = brief
        self.ended: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self.gone: asyncio.Future[Any] = child.ended
        self.statistics: Mapping[str, Any] = {"peers": 0}
        self.statement = brief.statement
        self._child = child
        child.on_event = self._hear
        child.ended.add_done_callback(lambda _: self._end(EndReason.WORKER_LOST))

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._child.pid

    async def begin(self, source: bytes) -> None:
        """Hand brief and face to the worker. Raises SourceRejected, ProcessLost."""
        body = {
            "quality": self.brief.quality,
            "lost_face": self.brief.lost_face,
            "shape": self.brief.shape,
            "algorithm_uid": self.brief.algorithm_uid,
            "record_to": self.brief.record_to.as_json() if self.brief.record_to else None,
            "marking": self.brief.marking.as_json(),
            "statement": self.brief.statement,
            "agora": self.brief.agora.as_json() if self.brief.agora else None,
        }
        await self._child.call("carry", body, source)

    async def join(self, offer: Offer) -> PeerAnswer:
        """See Station."""
        servers = [dict(server) for server in offer.ice_servers]
        body = {"kind": offer.kind, "sdp": offer.sdp, "ice_servers": servers}
        answer = (await self._child.call("join", body)).body
        return PeerAnswer(answer["peer_id"], answer["sdp"])

    async def trickle(self, peer_id: str, fragment: str) -> None:
        """See Station."""
        await self._child.call("trickle", {"peer_id": peer_id, "fragment": fragment})

    async def hang_up(self, peer_id: str) -> None:
        """See Station."""
        await self._child.call("hang_up", {"peer_id": peer_id})

    async def change_source(self, source: bytes) -> None:
        """See Station. Raises SourceRejected, and the old face stays."""
        await self._child.call("change_source", {}, source)

    async def halt(self, halted: bool) -> None:
        """See Station."""
        await self._child.call("halt", {"halted": halted})

    async def hand_on(self, statement: str) -> None:
        """See Station."""
        self.statement = statement
        await self._child.call("hand_on", {"statement": statement})

    async def look(self) -> bytes:
        """See Station. Raises ProcessLost."""
        return (await self._child.call("look", {})).blob

    async def snapshot(self) -> bytes:
        """See Station."""
        return (await self._child.call("snapshot")).blob

    async def close(self) -> None:
        """See Station."""
        await self.leave(EndReason.CLOSED, LEAVE_WITHIN_S)

    async def leave(self, reason: EndReason, within_s: float) -> None:
        """End the session for that reason and its process within that time."""
        self._end(reason)
        await self._child.stop(within_s)

    def _hear(self, event: str, body: Mapping[str, Any]) -> None:
        if event in ("statistics", "peers"):
            self.statistics = {**self.statistics, **body}

    def _end(self, reason: EndReason) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)
            self.statistics = {**self.statistics, "peers": 0}


def _cores_a_frame(there: float) -> int:
    """Two cores are full already: while one frame is drawn, the next is tracked."""
    return MOST_CORES_A_FRAME if there > MOST_CORES_A_FRAME else 1


class LocalPlacement:
    """Hands out workers of this machine, as many as measuring says there is room for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rule = CapacityRule(usable_cores(), settings.headroom, settings.max_sessions)
        self._measured = False
        self._placing = 0
        self._stations: set[LocalStation] = set()
        self._pool: WarmPool | None = None

    @property
    def warm(self) -> int:
        """Workers that wait for a session."""
        return self._pool.idle if self._pool is not None else 0

    async def start(self) -> None:
        """See Placement. Raises WeightsError or ProcessLost when no worker can be started."""
        self._pool = WarmPool(self._start_worker, self._settings.warm_workers, REFILL_AFTER_S)
        await self._pool.start()

    async def stop(self, within_s: float) -> None:
        """See Placement; what has not ended within that time is killed."""
        endings = [s.leave(EndReason.DRAINED, within_s) for s in tuple(self._stations)]
        pool, self._pool = self._pool, None
        await asyncio.gather(*endings, *([pool.stop(within_s)] if pool is not None else []))

    async def place(self, brief: SessionBrief, source: bytes) -> LocalStation:
        """See Placement. Also raises SourceRejected for a prepared face that can't be read."""
        if self._pool is None or self.capacity().free == 0:
            raise NoCapacity("No process has room for one more session.")
        self._placing += 1
        try:
            return await self._begin(brief, source, await self._pool.take(WARM_WITHIN_S))
        finally:
            self._placing -= 1

    def capacity(self) -> Capacity:
        """See Placement."""
        expected = self._rule.session_share
        shares = [station.statistics.get("cpu_share", expected) for station in self._stations]
        live = len(self._stations) + self._placing
        return self._rule.capacity(live, [*shares, *[expected] * self._placing])

    async def _begin(self, brief: SessionBrief, source: bytes, child: Child) -> LocalStation:
        station = LocalStation(brief, child)
        self._stations.add(station)
        station.ended.add_done_callback(lambda _: self._stations.discard(station))
        try:
            await station.begin(source)
        except BaseException:
            await station.leave(EndReason.CLOSED, 0)
            raise
        if station.ended.done() or self._pool is None:
            await station.leave(EndReason.DRAINED, 0)
            raise ProcessLost("The worker ended while it was given the session", "try again.")
        log.info("session.placed", session=brief.session_id, worker=child.pid)
        return station

    async def _start_worker(self) -> Child:
        measure = not self._measured
        child = await Child.start(
            WORKER, {**self._config(), "measure": measure}, ready_within_s=READY_WITHIN_S
        )
        if measure:
            self._measured = True
            self._rule = replace(self._rule, cpu_ms=child.ready["cpu_ms"])
            log.info("capacity.measured", cpu_ms=self._rule.cpu_ms, **vars(self.capacity()))
        return child

    def _config(self) -> dict[str, Any]:
        ice, limits = self._settings.ice, self._settings.limits
        ports = [ice.udp_port_min, ice.udp_port_max] if ice.udp_port_max else None
        return {
            "camera_timeout_s": self._settings.camera_timeout_s,
            "cores": self._settings.swap.cores or _cores_a_frame(self._rule.cores),
            "peer": {
                "public_address": ice.public_address,
                "udp_ports": ports,
                "loopback": ice.loopback,
                "max_frame_pixels": limits.frame_pixels,
                "max_sdp_bytes": limits.sdp_bytes,
            },
        }
