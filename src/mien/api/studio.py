"""The studio page: static files, always asked for anew, so that an update is seen at once."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import mien
from mien.api.page_headers import PAGE_POLICY

WEB = Path(mien.__file__).parent / "web"

# Python asks the system's table for these, and a machine without one serves modules as text.
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}


class StudioFiles(StaticFiles):
    """Static files with their right types, revalidated at every use."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with `Cache-Control: no-cache`."""
        response = await super().get_response(path, scope)
        name = "index.html" if path in ("", ".") else path
        if kind := TYPES.get(Path(name).suffix.lower()):
            charset = "; charset=utf-8" if kind.startswith("text/") else ""
            response.headers["Content-Type"] = kind + charset
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        return response


def add_studio(app: FastAPI, folder: Path = WEB) -> None:
    """Serve `folder` at /studio/, and lead / there."""
    app.mount("/studio", StudioFiles(directory=folder, html=True, check_dir=False), "studio")

    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/studio/", 307)
