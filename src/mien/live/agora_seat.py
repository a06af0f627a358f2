"""The algorithm user's place in a channel of the Agora network, and the tokens that open it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mien.errors import ParameterError
from mien.live.tokens import build, publisher
from mien.media.agora.sdk import PACKAGE, is_installed
from mien.settings import AgoraSettings

StreamType = Literal["webrtc", "agora"]


@dataclass(frozen=True)
class AgoraSeat:
    """What a worker must know to join as the algorithm user. The certificate is secret."""

    app_id: str
    certificate: str = field(repr=False)
    channel: str
    front_uid: int
    algorithm_uid: int
    expire_s: int

    def token(self, now: float, salt: int) -> str:
        """A fresh token for the algorithm user."""
        grant = publisher(
            self.app_id,
            self.channel,
            self.algorithm_uid,
            issued_at=int(now),
            expire_s=self.expire_s,
            salt=salt,
        )
        return build(grant, self.certificate)

    def as_json(self) -> dict[str, Any]:
        """For the process that joins, and nobody else: the certificate is in it."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "AgoraSeat":
        """What `as_json` gave."""
        return cls(**body)


def require_agora(settings: AgoraSettings) -> None:
    """Raises ParameterError when sessions can't go over the Agora network."""
    if not settings.complete:
        raise ParameterError(
            "stream_type: agora is not set up here",
            "set MIEN_AGORA_APP_ID and MIEN_AGORA_APP_CERTIFICATE, or use webrtc.",
        )
    if not is_installed():
        raise ParameterError(
            f"stream_type: agora needs the package {PACKAGE}", "install it, or use webrtc."
        )
