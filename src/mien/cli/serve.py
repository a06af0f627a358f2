"""`mien serve`: the API and the studio page."""

import asyncio
import contextlib
import secrets
import signal
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from mien.api.app import create_app
from mien.api.assembly import build_services
from mien.api.head_limit import HEAD_BYTES, HeadLimit
from mien.api.logs import set_up_logs
from mien.api.services import Services, World
from mien.errors import MienError
from mien.live.governance import govern, signed_policy
from mien.live.inside import end_process, forbid_core_files
from mien.settings import Settings, TlsSettings

# A request that is still open at the end may take so long; then the sessions are ended.
LAST_REQUESTS_S = 1
BACKLOG = 1024
PROBE_BYTES = 1 << 20


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="What must last is kept here.")] = None,
) -> None:
    """Serve the API and the studio page."""
    forbid_core_files()
    settings = _settings(host, port, data_dir)
    set_up_logs(settings.log_level)
    tls = _tls(settings.tls)
    with contextlib.closing(_listen(settings)) as listener:
        _claim(settings.data_dir)
        asyncio.run(_serve(settings, listener, tls))
    end_process()


def _settings(host: str | None, port: int | None, data_dir: Path | None) -> Settings:
    given = {"host": host, "port": port, "data_dir": data_dir}
    settings = Settings()
    return settings.model_copy(update={k: v for k, v in given.items() if v is not None})


def _tls(given: TlsSettings) -> ssl.SSLContext | None:
    """What HTTPS is spoken with; None for HTTP. Read first: a bad file must cost nothing."""
    if given.cert is None and given.key is None:
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(given.cert or "", given.key)
    except OSError as error:
        typer.echo(
            f"Can't use MIEN_TLS_CERT={given.cert} with MIEN_TLS_KEY={given.key}: {error}. "
            "Both name PEM files: a certificate with its chain, and the key that belongs to it.",
            err=True,
        )
        raise typer.Exit(1) from error
    return context


def _claim(data_dir: Path) -> None:
    """Make the data directory and write into it once, before anything is started."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir) as probe:
            probe.write(bytes(PROBE_BYTES))
    except OSError as error:
        typer.echo(
            f"Can't write to the data directory {data_dir}: {error.strerror}. Choose another with "
            "--data-dir, or mend that: it must be a folder of the user that serves, with room.",
            err=True,
        )
        raise typer.Exit(1) from error


def _listen(settings: Settings) -> socket.socket:
    """Bind before anything is started, so that a taken port costs nothing."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        typer.echo(
            f"Can't listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Choose another with --port or --host.",
            err=True,
        )
        raise typer.Exit(1) from error


async def _serve(settings: Settings, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    try:
        services = _services(settings)
    except MienError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    server = _Server(_config(settings, services, tls), services)
    await server.serve(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def _config(settings: Settings, services: Services, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(services),
        log_config=None,
        access_log=False,
        ws="none",
        server_header=False,
        http=HeadLimit,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=LAST_REQUESTS_S,
        forwarded_allow_ips=list(settings.proxies),
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )


def _services(settings: Settings) -> Services:
    from mien.live.imaging_process import ImagingProcess
    from mien.live.local import LocalPlacement

    # Before anything is made: the processes that draw are told by the settings too.
    policy = signed_policy(settings.data_dir)
    settings = govern(settings, policy)
    world = World(clock=time.time, monotonic=time.monotonic, random=secrets.token_bytes)
    return build_services(
        settings, LocalPlacement(settings), ImagingProcess(settings), world, policy=policy
    )


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, and ends with status 0 when it is told to end."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then print where."""
        await super().startup(sockets)
        if self.started and sockets:
            await _tell(self._services, sockets[0])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT drain; uvicorn's own way sends itself the signal again at the end."""
        loop = asyncio.get_running_loop()
        caught = (signal.SIGTERM, signal.SIGINT)
        for number in caught:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)


async def _tell(services: Services, listener: socket.socket) -> None:
    """Print the studio's address and the credentials, on standard output."""
    kept = services.installation
    token = await services.accounts.exchange(kept.client_id, kept.client_secret)
    origin = _origin(services.settings, listener.getsockname()[1])
    console = Console(highlight=False, soft_wrap=True)
    console.print("Mien is ready.", style="bold")
    # Plain text: a terminal's markup must not eat brackets of a token.
    for name, value in (
        ("Studio", f"{origin}/studio/#token={token}"),
        ("API", f"{origin}/docs"),
        ("Client id", kept.client_id),
        ("Client secret", kept.client_secret),
    ):
        typer.echo(f"{name + ':':<15}{value}")


def _origin(settings: Settings, port: int) -> str:
    """An address that a browser on this machine can open."""
    host = settings.host
    scheme = "http" if settings.tls.cert is None else "https"
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{scheme}://{shown}:{port}"
