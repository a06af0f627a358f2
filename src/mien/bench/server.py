"""A Mien server of one's own: a real process on loopback, in a data directory of its own."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mien.errors import MienError

COMMAND = (sys.executable, "-c", "from mien.cli.app import main; main()", "serve")
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
STUDIO_LINE = re.compile(r"Studio:\s+(\S+)#token=(\S+)")


class ServerError(MienError):
    """The server did not start."""


class Server:
    """`mien serve` as a child process; `origin` and `token` are known once it is started."""

    def __init__(
        self, data_dir: Path, *, port: int = 0, environment: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.origin = ""
        self.token = ""
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises ServerError while it isn't running."""
        if self._process is None:
            raise ServerError("The server is not running.")
        return self._process.pid

    @property
    def studio(self) -> str:
        """The address of the studio page, signed in."""
        return f"{self.origin}/studio/#token={self.token}"

    async def start(self) -> None:
        """Start it and wait until it says where it is. Raises ServerError."""
        arguments = ("--host", "127.0.0.1", "--port", str(self.port))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                *arguments,
                "--data-dir",
                str(self.data_dir),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # so that Ctrl-C reaches us first and we stop it in order
            )
        try:
            await asyncio.wait_for(self._read_address(self._process), START_TIMEOUT_S)
        except (TimeoutError, EOFError) as error:
            await self.kill()
            said = await asyncio.to_thread(self._log.read_text, errors="replace")
            raise ServerError(f"The server did not start. It said:\n{said[-3000:]}") from error
        self._reading = asyncio.create_task(self._drain(self._process))

    async def stop(self) -> int:
        """SIGTERM, then SIGKILL after 10 s; the exit status, 0 when it wasn't running."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> int:
        """SIGKILL, as a crash would end it."""
        return await self._end(signal.SIGKILL)

    async def __aenter__(self) -> "Server":
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @property
    def _log(self) -> Path:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return self.data_dir / "server.log"

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            status = await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            status = await process.wait()
        if self._reading is not None:
            await self._reading
            self._reading = None
        return status

    async def _read_address(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if found := STUDIO_LINE.search(line.decode(errors="replace")):
                address = urlsplit(found[1])
                self.origin, self.token = f"{address.scheme}://{address.netloc}", found[2]
                self.port = address.port or 80
                return
        raise EOFError

    @staticmethod
    async def _drain(process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while await process.stdout.read(65536):
            pass
