"""A session's states and the moves between them; pure values, no clock and no network."""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from mien.errors import SessionClosed


class State(IntEnum):
    """The documented faceswap_status."""

    QUEUED = 1
    LIVE = 2
    FINISHED = 3
    FAILED = 4


class Reason(StrEnum):
    """Why a session is finished or failed."""

    CLOSED = "closed by client"
    EVERYBODY_LEFT = "everybody left"
    NOBODY_JOINED = "nobody joined"
    CAMERA_GONE = "camera gone"
    WORKER_LOST = "worker lost"
    CONSENT_WITHDRAWN = "consent withdrawn"
    CONTENT_REFUSED = "content refused"
    SERVER_RESTARTED = "server restarted"
    ACCOUNT_BLOCKED = "account blocked"
    QUOTA_USED_UP = "quota used up"


FINISHING = frozenset({Reason.CLOSED, Reason.EVERYBODY_LEFT})


@dataclass(frozen=True)
class Session:
    """One live face swap as it is kept.

    source_id: a face, or a cast of several. shape: 0..1, how far faces take the source's shape;
    None as the settings say. token_issued_at and token_salt make the media token anew; the token
    itself is never stored. Times are seconds since the epoch.
    """

    id: str
    tenant_id: str
    channel_id: str
    source_id: str
    quality: int
    front_uid: int
    algorithm_uid: int
    token_issued_at: int
    token_expire_s: int
    token_salt: int
    created_at: float
    state: State = State.QUEUED
    reason: Reason | None = None
    stream_type: str = "webrtc"
    record: bool = False
    shape: float | None = None

    @property
    def closed(self) -> bool:
        """The client has closed it: the only end that is for good."""
        return self.reason is Reason.CLOSED

    def require_open(self) -> None:
        """Raises SessionClosed after the client's close."""
        if self.closed:
            raise SessionClosed("The session was closed", "create a new session.")

    def placed(self) -> "Session":
        """It has a process: live, also again after an interruption. Raises SessionClosed."""
        self.require_open()
        return replace(self, state=State.LIVE, reason=None)

    def ended(self, reason: Reason) -> "Session":
        """It has no process any more. The first reason stays, except that a close is final."""
        over = self.state in (State.FINISHED, State.FAILED)
        if self.closed or (over and reason is not Reason.CLOSED):
            return self
        state = State.FINISHED if reason in FINISHING else State.FAILED
        return replace(self, state=state, reason=reason)
