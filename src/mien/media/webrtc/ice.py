"""ICE with what a server needs: loopback, a port range, a sign of life.

Every touch of aioice's and aiortc's private names for ICE is here: neither has a setting for the
addresses and ports it binds, nor tells when a datagram last came.
"""

import asyncio
import contextlib
from collections.abc import Callable

import aioice
from aioice import stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, StunProtocol, server_reflexive_candidate
from aiortc import RTCIceGatherer, RTCIceServer
from aiortc.rtcicetransport import connection_kwargs

from mien.media.webrtc.config import PeerConfig

LOOPBACK = "127.0.0.1"
LOOPBACK_PREFERENCE = 1  # a remote browser should try the other addresses first
MAX_QUEUED_DATAGRAMS = 4096


class Gatherer(RTCIceGatherer):
    """An RTCIceGatherer over our own connection."""

    def __init__(self, config: PeerConfig, clock: Callable[[], float]) -> None:
        super().__init__(iceServers=[])
        self.connection = IceConnection(config, clock)
        # The base class makes its connection itself and RTCIceTransport reads it from there.
        self._connection = self.connection


class IceConnection(aioice.Connection):
    """An aioice connection that binds what the configuration says."""

    def __init__(self, config: PeerConfig, clock: Callable[[], float]) -> None:
        servers = [
            RTCIceServer(urls=list(s.urls), username=s.username, credential=s.credential)
            for s in config.ice_servers
        ]
        policy = aioice.TransportPolicy.RELAY if config.relay_only else aioice.TransportPolicy.ALL
        super().__init__(
            ice_controlling=False, transport_policy=policy, **connection_kwargs(servers)
        )
        self._config = config
        self._clock = clock
        self.heard = clock()
        self.round_trip_s: float | None = None

    def data_received(self, data: bytes, component: int) -> None:
        """Note the sign of life, and keep the queue bounded: the oldest goes.

        An empty datagram, which anybody may send, would end aiortc's receiving loop.
        """
        if not data:
            return
        self.heard = self._clock()
        if self._queue.qsize() >= MAX_QUEUED_DATAGRAMS:
            self._queue.get_nowait()
        super().data_received(data, component)

    def request_received(
        self, message: stun.Message, addr: tuple[str, int], protocol: StunProtocol
    ) -> None:
        """Note the sign of life in a connectivity check."""
        self.heard = self._clock()
        super().request_received(message, addr, protocol)

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109 - the base class's signature; ours is configured
    ) -> list[aioice.Candidate]:
        """Host, server-reflexive and relayed candidates; the base class still does the relay."""
        if self._config.loopback and not self._config.relay_only:
            addresses = [*addresses, LOOPBACK]
        hosts = [p for a in addresses if (p := await self._bind(a, component)) is not None]
        self._protocols += hosts
        reflexive, relayed = await asyncio.gather(
            self._reflexive(hosts),
            super().get_component_candidates(component, [], self._gather_seconds()),
        )
        return [p.local_candidate for p in hosts] + reflexive + relayed

    async def query_consent(self) -> None:
        """Ask for a sign of life every second, whatever the peer sends, and measure the way.

        The base class asks every 5 s, closes after 30, and keeps the answer to itself. Here the
        peer judges by `heard`.
        """
        while True:
            await asyncio.sleep(self._config.heartbeat_s)
            for pair in tuple(self._nominated.values()):
                with contextlib.suppress(stun.TransactionError):
                    await self._ask(pair)

    async def _ask(self, pair: CandidatePair) -> None:
        assert self.remote_password is not None
        asked = self._clock()
        await pair.protocol.request(
            self.build_request(pair, nominate=False),
            pair.remote_addr,
            integrity_key=self.remote_password.encode(),
            retransmissions=0,
        )
        self.heard = self._clock()
        self.round_trip_s = self.heard - asked

    def force_close(self) -> None:
        """Close sockets without any farewell."""
        for protocol in self._protocols:
            protocol.transport.close()

    def _gather_seconds(self) -> int:
        return max(1, round(self._config.gather_timeout_s))

    async def _bind(self, address: str, component: int) -> StunProtocol | None:
        lowest, highest = self._config.udp_ports or (0, 0)
        loop = asyncio.get_running_loop()
        for port in range(lowest, highest + 1):
            try:
                _, protocol = await loop.create_datagram_endpoint(
                    lambda: StunProtocol(self), local_addr=(address, port)
                )
            except OSError:
                continue  # taken, or an address that can't be bound
            self._name(protocol, component)
            return protocol
        return None

    def _name(self, protocol: StunProtocol, component: int) -> None:
        host, port = protocol.transport.get_extra_info("sockname")[:2]
        preference = LOOPBACK_PREFERENCE if host == LOOPBACK else 65535
        protocol.local_candidate = aioice.Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host", preference),
            host=host,
            port=port,
            type="host",
        )

    async def _reflexive(self, hosts: list[StunProtocol]) -> list[aioice.Candidate]:
        if self.stun_server is None:
            return []
        queries = [
            asyncio.create_task(server_reflexive_candidate(p, self.stun_server))
            for p in hosts
            if ":" not in p.local_candidate.host and p.local_candidate.host != LOOPBACK
        ]
        if not queries:
            return []
        done, pending = await asyncio.wait(queries, timeout=self._config.gather_timeout_s)
        for query in pending:
            query.cancel()
        return [query.result()[0] for query in done if query.exception() is None]
