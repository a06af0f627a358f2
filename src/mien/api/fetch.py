"""Strangers' URLs, fetched without letting them point inside.

A name is resolved once, every address of it must be allowed, and that address is dialled, so a
second answer of the resolver (DNS rebinding) changes nothing. Redirects go the same way again.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore
import httpx
import structlog

from mien.errors import FetchFailed
from mien.settings import Settings

log = structlog.get_logger(__name__)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Whether an address may be dialled on a port.
Allow = Callable[[Address, int], bool]
# The addresses of a host name.
Resolve = Callable[[str, int], Awaitable[list[Address]]]

PUBLIC_PORTS = frozenset({80, 443})
DEFAULT_PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3
MAX_URL = 4096
CONNECT_S = 3.0
CHUNK_S = 5.0

# Global by the registries' word or by Python's, yet they lead inside: Azure's host, wrapped IPv4.
EXCEPTIONS: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in ("168.63.129.16/32", "192.88.99.0/24", "2002::/16", "2001::/32", "3fff::/20")
)
# All of IPv6 that is handed out to networks; what is elsewhere is local, wrapped or reserved.
GLOBAL_UNICAST = IPv6Network("2000::/3")

HEADERS: Mapping[bytes | str, bytes | str] = {
    "accept": "image/*, video/*",
    "accept-encoding": "identity",
    "user-agent": "mien",
}


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet, and not a way around that."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    excepted = any(address in net for net in EXCEPTIONS if net.version == address.version)
    return address.is_global and not address.is_multicast and not excepted


def allow_public(networks: Iterable[Network] = ()) -> Allow:
    """Public addresses on ports 80 and 443; the operator's own `networks` on every port."""
    own = tuple(networks)

    def allow(address: Address, port: int) -> bool:
        if any(address in net for net in own if net.version == address.version):
            return True
        return port in PUBLIC_PORTS and is_public(address)

    return allow


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host name, as the system's resolver says. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(info[4][0]).split("%")[0] for info in found)
    return [ip_address(text) for text in texts]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's way to the network with the guard before each dialling."""

    def __init__(
        self, allow: Allow, resolver: Resolve, network: httpcore.AsyncNetworkBackend
    ) -> None:
        self._allow = allow
        self._resolve = resolver
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Dial an allowed address of the host. Raises httpcore.ConnectError."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError, ValueError) as error:
            raise httpcore.ConnectError("does not resolve") from error
        if not addresses or not all(self._allow(address, port) for address in addresses):
            raise httpcore.ConnectError("address not allowed")
        return await self._network.connect_tcp(
            str(addresses[0]), port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never. Raises httpcore.ConnectError."""
        raise httpcore.ConnectError("unix sockets are not allowed")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class GuardedFetch:
    """Callable: (url, max_bytes) -> body. Raises FetchFailed with one text for every cause."""

    def __init__(
        self,
        allow: Allow,
        *,
        deadline_s: float,
        resolver: Resolve = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._backend = GuardedBackend(allow, resolver, network or httpcore.AnyIOBackend())
        self._deadline_s = deadline_s
        self._tls = tls or ssl.create_default_context()

    @classmethod
    def from_settings(cls, settings: Settings) -> "GuardedFetch":
        """As the operator's settings say."""
        allow = allow_public(settings.fetch_allow_networks)
        return cls(allow, deadline_s=settings.limits.fetch_seconds)

    async def __call__(self, url: str, max_bytes: int) -> bytes:
        """The body behind a URL, at most max_bytes of it."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._follow(url, max_bytes)
        except (_Refused, httpcore.ConnectError, httpcore.ProtocolError) as error:
            cause: Exception = error
        except (httpcore.NetworkError, httpcore.TimeoutException, TimeoutError) as error:
            cause = error
        except (httpcore.UnsupportedProtocol, httpx.InvalidURL, ValueError, OSError) as error:
            cause = error
        # The caller learns nothing of what is behind an address; the operator reads the kind.
        log.info("fetch failed", cause=type(cause).__name__, detail=str(cause)[:80])
        raise FetchFailed("The URL could not be fetched.") from cause

    async def _follow(self, url: str, max_bytes: int) -> bytes:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._tls, max_keepalive_connections=0, network_backend=self._backend
        )
        target = _checked(url)
        async with pool:
            for _ in range(MAX_REDIRECTS + 1):
                async with pool.stream(
                    "GET", str(target), headers=HEADERS, extensions=_timeouts()
                ) as response:
                    if response.status not in REDIRECTS:
                        return await _read(response, max_bytes)
                    target = _checked(str(target.join(_header(response, b"location"))))
        raise _Refused("too many redirects")


class _Refused(Exception):
    """Why an answer is not taken; for the log alone."""


def _checked(url: str) -> httpx.URL:
    if len(url) > MAX_URL:
        raise _Refused("URL too long")
    target = httpx.URL(url)
    if target.scheme not in DEFAULT_PORTS or target.userinfo or not target.host:
        raise _Refused("scheme, host or user info")
    return target


def _timeouts() -> dict[str, dict[str, float]]:
    return {"timeout": {"connect": CONNECT_S, "read": CHUNK_S, "write": CHUNK_S, "pool": CHUNK_S}}


def _header(response: httpcore.Response, name: bytes) -> str:
    values = [value for key, value in response.headers if key.lower() == name]
    return values[0].decode("latin-1") if values else ""


async def _read(response: httpcore.Response, max_bytes: int) -> bytes:
    if not 200 <= response.status < 300:
        raise _Refused(f"status {response.status}")
    if _header(response, b"content-encoding") not in ("", "identity"):
        raise _Refused("encoded body")
    declared = _header(response, b"content-length")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _Refused("declared too large")
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > max_bytes:
            raise _Refused("too large")
    return bytes(body)
