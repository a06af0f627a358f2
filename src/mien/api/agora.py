"""The AgoraRTC-shaped browser client: a classic script, ES modules, and an npm package."""

import gzip
import io
import tarfile
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response

from mien.api.studio import WEB, StudioFiles

FOLDER = WEB / "agora"
SCRIPT = "agora-rtc.cjs"
PACKED = (".js", ".cjs", ".ts", ".json", ".md")
FRESH = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def add_agora(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve /agora-rtc.js, the modules below /agora/, and /agora-rtc.tgz for `npm install`."""
    app.mount("/agora", StudioFiles(directory=folder, check_dir=False), "agora")

    @app.get("/agora-rtc.js", include_in_schema=False)
    def script() -> Response:
        return Response((folder / SCRIPT).read_bytes(), 200, FRESH, "text/javascript")

    @app.get("/agora-rtc.tgz", include_in_schema=False)
    def package() -> Response:
        return Response(npm_package(folder), 200, FRESH, "application/gzip")


def npm_package(folder: Path) -> bytes:
    """The folder as `npm pack` makes it; the same files give the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in sorted(folder.iterdir()):
            if file.suffix in PACKED:
                entry = tarfile.TarInfo(f"package/{file.name}")
                entry.size = file.stat().st_size
                with file.open("rb") as content:
                    archive.addfile(entry, content)
    return gzip.compress(packed.getvalue(), mtime=0)
