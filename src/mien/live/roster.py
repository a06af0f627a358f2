"""The stations that carry sessions now: who is on them, and when they have waited enough."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from mien.live.ids import Clock
from mien.live.placement import EndReason, Placement, SessionBrief, Station
from mien.live.session import Reason

log = structlog.get_logger(__name__)

# Told when a station has stopped carrying a session that nobody closed.
Ended = Callable[[str, Reason], Awaitable[None]]

REASONS = {
    EndReason.CLOSED: Reason.CLOSED,
    EndReason.PEER_LEFT: Reason.EVERYBODY_LEFT,
    EndReason.WORKER_LOST: Reason.WORKER_LOST,
    EndReason.DRAINED: Reason.SERVER_RESTARTED,
}


@dataclass
class Post:
    """A session's station, its peers, and since when it has had none."""

    station: Station
    empty_since: float
    peers: set[str] = field(default_factory=set)
    was_joined: bool = False
    camera_lost: bool = False
    watch: asyncio.Task[None] | None = None

    def peer_count(self) -> int:
        """Peers as the station counts them, else as they were let in and hung up."""
        count = self.station.statistics.get("peers")
        return count if isinstance(count, int) else len(self.peers)


class Roster:
    """Opens, watches and ends stations. Times are of `clock`, a monotonic one in seconds."""

    def __init__(
        self, placement: Placement, on_ended: Ended, *, grace_s: float, clock: Clock
    ) -> None:
        self._placement = placement
        self._on_ended = on_ended
        self._grace_s = grace_s
        self._clock = clock
        self._posts: dict[str, Post] = {}

    def station(self, session_id: str) -> Station | None:
        """The session's station while it runs."""
        post = self._posts.get(session_id)
        return None if post is None or post.station.ended.done() else post.station

    def running(self) -> list[Station]:
        """Every station that carries a session now."""
        return [post.station for post in self._posts.values() if not post.station.ended.done()]

    async def open(self, brief: SessionBrief, source: bytes) -> Station:
        """Give the session a station with its prepared face. Raises NoCapacity."""
        station = await self._placement.place(brief, source)
        post = Post(station, self._clock())
        self._posts[brief.session_id] = post
        post.watch = asyncio.create_task(self._watch(brief.session_id, post))
        return station

    def peer_joined(self, session_id: str, peer_id: str) -> None:
        """Somebody is there."""
        if post := self._posts.get(session_id):
            post.peers.add(peer_id)
            post.was_joined = True
            post.empty_since = self._clock()

    def peer_left(self, session_id: str, peer_id: str) -> None:
        """Somebody hung up; the grace time begins anew."""
        if post := self._posts.get(session_id):
            post.peers.discard(peer_id)
            post.empty_since = self._clock()

    async def close(self, session_id: str) -> None:
        """End a session's station and say nothing to `on_ended`; idempotent."""
        post = self._posts.pop(session_id, None)
        if post is None:
            return
        await _cancel(post.watch)
        await post.station.close()

    async def stop(self) -> list[str]:
        """Watch no station any more; the ids of the sessions that were on one."""
        posts, self._posts = self._posts, {}
        for post in posts.values():
            await _cancel(post.watch)
        return list(posts)

    async def _watch(self, session_id: str, post: Post) -> None:
        reason = await self._wait_for_end(post)
        if self._posts.get(session_id) is post:
            del self._posts[session_id]
        log.info("station ended", session=session_id, reason=reason.value)
        try:
            await self._on_ended(session_id, reason)
        finally:
            await post.station.close()

    async def _wait_for_end(self, post: Post) -> Reason:
        period = min(1.0, self._grace_s / 4)
        while True:
            done, _ = await asyncio.wait({post.station.ended}, timeout=period)
            if done:
                return REASONS[post.station.ended.result()]
            if post.peer_count():
                post.was_joined, post.empty_since = True, self._clock()
                post.camera_lost = post.station.statistics.get("state") == "camera_lost"
            elif self._clock() - post.empty_since >= self._grace_s:
                return _why_empty(post)


def _why_empty(post: Post) -> Reason:
    if not post.was_joined:
        return Reason.NOBODY_JOINED
    return Reason.CAMERA_GONE if post.camera_lost else Reason.EVERYBODY_LEFT


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is None or task is asyncio.current_task():
        return
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
