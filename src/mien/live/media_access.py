"""What lets a peer onto a channel: the media token, made and checked, and the ICE servers."""

from mien.errors import Forbidden
from mien.live.ice import IceServers, ice_servers
from mien.live.ids import Clock
from mien.live.installation import Installation
from mien.live.session import Session
from mien.live.tokens import MediaToken, build, publisher, verify
from mien.settings import Settings


class MediaAccess:
    """Tokens are signed with the installation's certificate and never stored."""

    def __init__(self, settings: Settings, installation: Installation, clock: Clock) -> None:
        self._ice = settings.ice
        self._installation = installation
        self._clock = clock

    def token(self, session: Session) -> str:
        """The session's token; a new one in the second half of its life, to renew it by."""
        now = int(self._clock())
        aged = now - session.token_issued_at > session.token_expire_s / 2
        token = publisher(
            self._installation.app_id,
            session.channel_id,
            session.front_uid,
            issued_at=now if aged else session.token_issued_at,
            expire_s=session.token_expire_s,
            salt=session.token_salt,
        )
        return build(token, self._installation.app_certificate)

    def admit(self, media_token: str, channel_id: str) -> MediaToken:
        """The grant of a media token for a channel. Raises BadCredentials, Forbidden."""
        grant = verify(
            media_token,
            app_id=self._installation.app_id,
            certificate=self._installation.app_certificate,
            now=self._clock(),
        )
        if grant.channel != channel_id:
            raise Forbidden("The media token is for another channel.")
        return grant

    def ice_servers(self, channel_id: str) -> IceServers:
        """The servers for a peer of that channel, credentials fresh."""
        return ice_servers(self._ice, channel_id, self._clock)
