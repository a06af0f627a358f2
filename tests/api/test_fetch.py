import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mien.api.fetch import Address, Allow, GuardedFetch, allow_public, is_public
from mien.errors import FetchFailed
from mien.settings import LimitSettings, Settings

FORBIDDEN = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    "::7f00:1", "::ffff:0:7f00:1", "64:ff9b::a9fe:a9fe", "3fff::1", "4000::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"]

BODY = b"\xff\xd8\xff picture"
Reply = Callable[[bytes, asyncio.StreamWriter], Any]


class CountingNetwork(httpcore.AsyncNetworkBackend):
    """Counts what would be dialled, and dials nothing."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> Any:
        self.dialled.append((host, port))
        raise httpcore.ConnectError("nothing is dialled in this test")


def names(**table: str) -> Callable[[str, int], Any]:
    """A resolver that knows these names only, and addresses."""

    async def resolver(host: str, _port: int) -> list[Address]:
        known = table.get(host.replace(".", "_"), host).split()
        return [ip_address(text) for text in known]

    return resolver


def guarded(network: httpcore.AsyncNetworkBackend, allow: Allow, **table: str) -> GuardedFetch:
    # Without the system's certificates, which take long to read: nothing is dialled.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return GuardedFetch(allow, deadline_s=5.0, resolver=names(**table), network=network, tls=tls)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_inside_addresses_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not allow_public()(ip_address(text), 443)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are(text: str) -> None:
    allow = allow_public()
    assert allow(ip_address(text), 80) and allow(ip_address(text), 443)
    for port in (0, 22, 25, 6379, 8080, 65535):
        assert not allow(ip_address(text), port)


def test_the_operators_own_networks_are_allowed_on_every_port() -> None:
    allow = allow_public([ip_network("10.1.0.0/16"), ip_network("fd00::/8")])
    assert allow(ip_address("10.1.2.3"), 8080) and allow(ip_address("fd00::1"), 8080)
    assert not allow(ip_address("10.2.0.1"), 443)
    assert not allow(ip_address("1.1.1.1"), 8080)


@pytest.mark.parametrize("text", FORBIDDEN)
async def test_a_forbidden_address_is_never_dialled(text: str) -> None:
    network = CountingNetwork()
    host = f"[{text}]" if ":" in text else text
    for scheme in ("http", "https"):
        with pytest.raises(FetchFailed):
            await guarded(network, allow_public())(f"{scheme}://{host}/face.jpg", 1000)
        name = guarded(network, allow_public(), inside_example=text)
        with pytest.raises(FetchFailed):
            await name(f"{scheme}://inside.example/face.jpg", 1000)
    assert network.dialled == []


async def test_one_forbidden_address_among_public_ones_is_enough() -> None:
    network = CountingNetwork()
    for answer in ("1.1.1.1 127.0.0.1", "127.0.0.1 1.1.1.1"):
        with pytest.raises(FetchFailed):
            await guarded(network, allow_public(), mixed_example=answer)("http://mixed.example", 9)
    assert network.dialled == []


async def test_the_address_that_was_checked_is_dialled() -> None:
    network = CountingNetwork()
    fetch = guarded(network, allow_public(), public_example="1.1.1.1 2606:4700::1")
    for scheme in ("http", "https"):
        with pytest.raises(FetchFailed):
            await fetch(f"{scheme}://public.example/", 9)
    assert network.dialled == [("1.1.1.1", 80), ("1.1.1.1", 443)]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://public.example/",
        "file:///etc/passwd",
        "gopher://public.example/",
        "http://user@public.example/",
        "http://user:word@public.example/",
        "http://public.example:22/",
        "http://public.example:99999/",
        "http:///path",
        "http://",
        "//public.example/",
        "public.example",
        "",
        "http://unknown.example/",
        "http://\ud800.example/",
        "http://public.example/" + "a" * 5000,
    ],
)
async def test_such_a_url_is_never_dialled(url: str) -> None:
    network = CountingNetwork()
    with pytest.raises(FetchFailed, match=r"^The URL could not be fetched\.$"):
        await guarded(network, allow_public(), public_example="1.1.1.1")(url, 1000)
    assert network.dialled == []


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: "http://" + text))
async def test_any_text_is_refused_in_the_same_words(text: str) -> None:
    with pytest.raises(FetchFailed, match=r"^The URL could not be fetched\.$"):
        await guarded(CountingNetwork(), allow_public())(text, 1000)


# What follows dials loopback servers of these tests, which the predicate allows.


@contextlib.asynccontextmanager
async def serving(reply: Reply, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            sending = reply(await reader.readuntil(b"\r\n\r\n"), writer)
            if asyncio.iscoroutine(sending):
                await sending
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in writers:
        writer.transport.abort()


def answer(status: str = "200 OK", *headers: str, body: bytes = BODY, length: bool = True) -> Reply:
    lines = [f"HTTP/1.1 {status}", *headers]
    lines += [f"Content-Length: {len(body)}"] if length else []
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return lambda _request, writer: writer.write(head + body)


def local(port: int, deadline_s: float = 5.0, **more: Any) -> GuardedFetch:
    def only_this_server(address: Address, asked: int) -> bool:
        return address.is_loopback and asked == port

    resolver = names(face_example="127.0.0.1", inside_example="10.0.0.1")
    return GuardedFetch(only_this_server, deadline_s=deadline_s, resolver=resolver, **more)


async def test_a_body_is_fetched_under_its_own_host_name() -> None:
    asked: list[bytes] = []

    def reply(request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request.lower())
        answer()(request, writer)

    async with serving(reply) as port:
        assert await local(port)(f"http://face.example:{port}/a.jpg?size=1", 100) == BODY
    assert b"get /a.jpg?size=1 http/1.1" in asked[0]
    assert f"host: face.example:{port}".encode() in asked[0]
    assert b"accept-encoding: identity" in asked[0]


@pytest.mark.parametrize("length", [True, False])
async def test_the_byte_limit_is_exact(length: bool) -> None:
    async with serving(answer(length=length)) as port:
        url = f"http://face.example:{port}/"
        assert await local(port)(url, len(BODY)) == BODY
        with pytest.raises(FetchFailed):
            await local(port)(url, len(BODY) - 1)


async def test_a_body_that_never_ends_is_cut() -> None:
    sent = 0

    async def endless(_request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    async with serving(endless) as port:
        with pytest.raises(FetchFailed):
            await local(port)(f"http://face.example:{port}/", 1 << 20)
    assert sent < 16 << 20


async def test_a_gigabyte_by_its_own_word_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    async with serving(lambda _request, writer: writer.write(head)) as port:
        with pytest.raises(FetchFailed):
            await local(port, deadline_s=30)(f"http://face.example:{port}/", 1 << 20)


async def test_a_server_that_drips_or_says_nothing_meets_the_deadline() -> None:
    async def drip(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    for reply in (drip, silent):
        async with serving(reply) as port:
            with pytest.raises(FetchFailed):
                await local(port, deadline_s=0.3)(f"http://face.example:{port}/", 1000)


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "304 Same"])
async def test_other_statuses(status: str) -> None:
    async with serving(answer(status, body=b"")) as port:
        fetch = local(port)(f"http://face.example:{port}/", 100)
        if status.startswith("204"):
            assert await fetch == b""
        else:
            with pytest.raises(FetchFailed):
                await fetch


async def test_an_encoded_body_is_refused() -> None:
    async with serving(answer("200 OK", "Content-Encoding: gzip")) as port:
        with pytest.raises(FetchFailed):
            await local(port)(f"http://face.example:{port}/", 100)


async def test_a_garbled_answer_is_refused() -> None:
    async with serving(lambda _request, writer: writer.write(b"\0\1\2 garbage\r\n\r\n")) as port:
        with pytest.raises(FetchFailed):
            await local(port)(f"http://face.example:{port}/", 100)


def chain(length: int) -> Reply:
    def reply(request: bytes, writer: asyncio.StreamWriter) -> None:
        at = int(request.split()[1].strip(b"/") or b"0")
        done = at == length
        (answer() if done else answer("302 Found", f"Location: /{at + 1}"))(request, writer)

    return reply


async def test_three_redirects_and_no_more() -> None:
    for length, works in ((3, True), (4, False)):
        async with serving(chain(length)) as port:
            fetch = local(port)(f"http://face.example:{port}/0", 100)
            if works:
                assert await fetch == BODY
            else:
                with pytest.raises(FetchFailed):
                    await fetch


@pytest.mark.parametrize(
    "target",
    [
        "http://inside.example/",
        "http://10.0.0.1/",
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "//169.254.169.254/",
        "http://u:p@face.example/",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_is_checked_as_the_first_address_was(target: str) -> None:
    dialled: list[tuple[str, int]] = []

    class Watching(httpcore.AnyIOBackend):
        async def connect_tcp(self, host: str, port: int, *a: Any, **k: Any) -> Any:
            dialled.append((host, port))
            return await super().connect_tcp(host, port, *a, **k)

    async with serving(answer("302 Found", f"Location: {target}")) as port:
        with pytest.raises(FetchFailed):
            await local(port, network=Watching())(f"http://face.example:{port}/", 100)
    assert dialled == [("127.0.0.1", port)]


async def test_tls_is_verified_against_the_host_name(tmp_path: Path) -> None:
    server, client = certificates(tmp_path, "face.example")
    async with serving(answer(), tls=server) as port:
        assert await local(port, tls=client)(f"https://face.example:{port}/", 100) == BODY
        for fetch, host in ((local(port, tls=client), "127.0.0.1"), (local(port), "face.example")):
            with pytest.raises(FetchFailed):
                await fetch(f"https://{host}:{port}/", 100)


async def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dead:
        proxy = f"http://127.0.0.1:{dead.getsockname()[1]}"
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        async with serving(answer()) as port:
            assert await local(port)(f"http://face.example:{port}/", 100) == BODY


async def test_the_settings_are_followed(tmp_path: Path) -> None:
    limits = LimitSettings(fetch_seconds=3)
    async with serving(answer()) as port:
        url = f"http://127.0.0.1:{port}/"
        own = Settings(
            data_dir=tmp_path,
            limits=limits,
            fetch_allow_networks=(ip_network("127.0.0.1/32"),),
        )
        assert await GuardedFetch.from_settings(own)(url, 100) == BODY
        with pytest.raises(FetchFailed):
            await GuardedFetch.from_settings(Settings(data_dir=tmp_path, limits=limits))(url, 100)


def certificates(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `host`, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())
