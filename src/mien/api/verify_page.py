"""The page on which anybody drops a file to see whether it is marked."""

from pathlib import Path

from fastapi import FastAPI

from mien.api.studio import WEB, StudioFiles


def add_verify(app: FastAPI, folder: Path = WEB / "verify") -> None:
    """Serve `folder` at /verify/."""
    app.mount("/verify", StudioFiles(directory=folder, html=True, check_dir=False), "verify")
