"""What lets a peer onto a channel: the media token, made and checked, and the ICE servers."""

from mien.errors import Forbidden
from mien.live.agora_seat import AgoraSeat
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
        self._agora = settings.agora
        self._installation = installation
        self._clock = clock

    def token(self, session: Session) -> str:
        """The session's token; a new one in the second half of its life, to renew it by."""
        now = int(self._clock())
        aged = now - session.token_issued_at > session.token_expire_s / 2
        token = publisher(
            self.app_id(session),
            session.channel_id,
            session.front_uid,
            issued_at=now if aged else session.token_issued_at,
            expire_s=session.token_expire_s,
            salt=session.token_salt,
        )
        return build(token, self._certificate(session))

    def app_id(self, session: Session) -> str:
        """Whose channel it is: Agora's app id, or the installation's own."""
        return (self._over_agora(session) and self._agora.app_id) or self._installation.app_id

    def agora_seat(self, session: Session) -> AgoraSeat | None:
        """The algorithm user's place, for a session over the Agora network."""
        if not self._over_agora(session):
            return None
        return AgoraSeat(
            app_id=self.app_id(session),
            certificate=self._certificate(session),
            channel=session.channel_id,
            front_uid=session.front_uid,
            algorithm_uid=session.algorithm_uid,
            expire_s=session.token_expire_s,
        )

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

    def _over_agora(self, session: Session) -> bool:
        return session.stream_type == "agora" and self._agora.complete

    def _certificate(self, session: Session) -> str:
        secret = self._agora.app_certificate
        if secret is not None and self._over_agora(session):
            return secret.get_secret_value()
        return self._installation.app_certificate
