"""The STUN and TURN servers that a peer is told, with credentials that run out."""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha1
from typing import Any

from mien.live.ids import Clock
from mien.settings import IceSettings

IceServers = tuple[Mapping[str, Any], ...]


def ice_servers(settings: IceSettings, user: str, clock: Clock) -> IceServers:
    """RTCIceServer dictionaries for `user` (a channel id; it shows up in coturn's log).

    TURN credentials are coturn's use-auth-secret form: username "expiry:user", password
    base64(HMAC-SHA1(secret, username)).
    """
    servers: list[Mapping[str, Any]] = []
    if settings.stun_urls:
        servers.append({"urls": list(settings.stun_urls)})
    if settings.turn_urls and settings.turn_secret:
        username = f"{int(clock()) + settings.turn_ttl_s}:{user}"
        secret = settings.turn_secret.get_secret_value().encode()
        password = base64.b64encode(hmac.digest(secret, username.encode(), sha1)).decode()
        servers.append(
            {"urls": list(settings.turn_urls), "username": username, "credential": password}
        )
    return tuple(servers)
