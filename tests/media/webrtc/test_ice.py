import asyncio
import socket

from tests.media.webrtc.client import connected
from tests.media.webrtc.harness import until

from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.ice import LOOPBACK, MAX_QUEUED_DATAGRAMS, IceConnection


class Time:
    now = 5.0

    def __call__(self) -> float:
        return self.now


async def test_loopback_comes_last_and_only_when_it_is_wanted() -> None:
    for wanted in (True, False):
        connection = IceConnection(PeerConfig(loopback=wanted), Time())
        await connection.gather_candidates()
        hosts = {c.host: c.priority for c in connection.local_candidates}
        await connection.close()
        assert (LOOPBACK in hosts) == wanted
        if wanted and len(hosts) > 1:
            assert min(hosts, key=lambda host: hosts[host]) == LOOPBACK


async def test_waiting_datagrams_are_bounded_and_the_oldest_go() -> None:
    connection, size = IceConnection(PeerConfig(), Time()), MAX_QUEUED_DATAGRAMS
    for number in range(size + 10):
        connection.data_received(number.to_bytes(4, "big"), 1)
    assert connection._queue.qsize() == size
    assert connection._queue.get_nowait() == ((10).to_bytes(4, "big"), 1)
    await connection.close()


async def test_a_datagram_is_a_sign_of_life_and_an_empty_one_is_nothing() -> None:
    time = Time()
    connection = IceConnection(PeerConfig(), time)
    time.now = 9.0
    connection.data_received(b"", 1)
    assert connection.heard == 5.0
    assert connection._queue.qsize() == 0
    connection.data_received(b"x", 1)
    assert connection.heard == 9.0
    await connection.close()


async def test_strangers_datagrams_do_not_end_a_connection() -> None:
    async with connected(audio=False) as (client, peer, echo):
        await until(lambda: client.frames)
        ports = [c.port for c in peer._gatherer.connection.local_candidates if c.host == LOOPBACK]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for junk in (b"", b"\x80", b"\x16", b"\x80" * 40, bytes(range(20, 60)), b"\xff" * 1500):
                for port in ports:
                    stranger.sendto(junk, (LOOPBACK, port))
        await asyncio.sleep(0.2)
        seen = peer.statistics().frames_in
        await until(lambda: peer.statistics().frames_in > seen + 5)
        assert echo.states[-1] == "connected"
