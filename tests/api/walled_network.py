"""A network of its own in which every address is this machine: whoever dials anything is counted.

Run inside `unshare --map-root-user --net --mount` with a JSON list of URLs on standard input, and
`guarded` or `naive` as its argument; its last line says, as JSON, what each URL had dialled.
"""

import asyncio
import ipaddress
import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from mien.api.fetch import GuardedFetch
from mien.errors import FetchFailed
from mien.settings import Settings

PORTS = (80, 443, 22, 8080)
PICTURE = b"\xff\xd8\xff picture"
# Names and what the resolver says of them, in turn; the last answer stays.
NAMES: dict[str, list[list[str]]] = {
    "public.example": [["93.184.216.34"]],
    "inside.example": [["10.0.0.1"]],
    "six.example": [["fd00::1"]],
    "mapped.example": [["::ffff:127.0.0.1"]],
    "mixed.example": [["93.184.216.34", "127.0.0.1"]],
    "metadata.example": [["169.254.169.254"]],
    "rebinding.example": [["93.184.216.34"], ["127.0.0.1"]],
}


def wall() -> None:
    """Every address leads here, and names are asked of us."""
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(command.split(), check=True)
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)


class Resolver(asyncio.DatagramProtocol):
    """Answers questions for A and AAAA records out of NAMES (RFC 1035), one a datagram."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, int], int] = {}

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        name, end = _name(data)
        kind = int.from_bytes(data[end : end + 2], "big")
        answers = [_record(kind, text) for text in self._said(name, kind) if _kind(text) == kind]
        counts = b"".join(number.to_bytes(2, "big") for number in (1, len(answers), 0, 0))
        code = b"\x81\x80" if name in NAMES else b"\x81\x83"
        self._transport.sendto(
            data[:2] + code + counts + data[12 : end + 4] + b"".join(answers), address
        )

    def _said(self, name: str, kind: int) -> list[str]:
        turns = NAMES.get(name, [[]])
        turn = self._asked[name, kind] = self._asked.get((name, kind), -1) + 1
        return turns[min(turn, len(turns) - 1)]


def _name(question: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels).lower(), at + 1


def _kind(text: str) -> int:
    return 28 if ":" in text else 1


def _record(kind: int, text: str) -> bytes:
    packed = ipaddress.ip_address(text).packed
    head = b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\x00\x01" + bytes(4)
    return head + len(packed).to_bytes(2, "big") + packed


class Counter:
    """Whatever is dialled, at which address; /to/URL redirects there, all else is a picture."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = writer.get_extra_info("sockname")[:2]
        self.dialled.append(f"{host.removeprefix('::ffff:')} {port}")
        try:
            path = (await reader.readuntil(b"\r\n")).split()[1].decode()
        except (asyncio.IncompleteReadError, IndexError, ValueError, ConnectionError):
            writer.close()
            return
        place = path.partition("/to/")[2]
        status = f"302 Found\r\nLocation: {place}" if place else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(PICTURE)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + PICTURE)
        await writer.drain()
        writer.close()


def connections() -> int:
    """How many this network has begun to open, by its kernel: also those that nobody takes."""
    names, values = [
        line.split()
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Tcp:")
    ]
    return int(values[names.index("ActiveOpens")])


async def guarded(url: str) -> bool:
    """As the server fetches; whether anything was got."""
    try:
        return await GuardedFetch.from_settings(Settings())(url, 1000) == PICTURE
    except FetchFailed:
        return False


async def naive(url: str) -> bool:
    """As a program fetches that thinks nothing of it."""
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=3, trust_env=False) as http:
            return (await http.get(url)).content == PICTURE
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return False


async def main() -> None:
    counter = Counter()
    loop = asyncio.get_running_loop()
    servers = [await asyncio.start_server(counter.answer, sock=_listener(port)) for port in PORTS]
    await loop.create_datagram_endpoint(Resolver, local_addr=("127.0.0.1", 53))
    fetch = guarded if sys.argv[1] == "guarded" else naive
    told = []
    for url in json.load(sys.stdin):
        before, counter.dialled = connections(), []
        got = await fetch(url)
        await asyncio.sleep(0.02)  # the listener is told a moment after the dialler
        opened = connections() - before
        told.append({"url": url, "got": got, "dialled": counter.dialled, "opened": opened})
    for server in servers:
        server.close()
    sys.stdout.write("\n" + json.dumps(told))


def _listener(port: int) -> socket.socket:
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)


if __name__ == "__main__":
    wall()
    asyncio.run(main())
