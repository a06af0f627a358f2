"""Signing what leaves as a file: swapped files, recordings and snapshots."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO

import structlog

from mien.media.clip_writer import beside
from mien.trust import credentials
from mien.trust.credentials import Identity, SigningFailed
from mien.trust.manifest import Ingredient, manifest_of
from mien.trust.registry import Statement

CANT_CARRY = "Files of this kind carry no C2PA manifest; the label and the mark are in it."
NO_TIME = "The time-stamp authority did not answer; the C2PA manifest has no time stamp."

log = structlog.get_logger()

Inputs = Sequence[tuple[Ingredient, Path]]


class Signing:
    """Puts manifests into files. Where no time stamp is to be had, it signs without one."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def file(self, path: Path, statement: Statement, inputs: Inputs = ()) -> str | None:
        """Replace a file by itself with a manifest; what its owner should know, if anything.

        Raises SigningFailed, and the file is as it was.
        """
        with path.open("rb") as data:
            if credentials.mime_of(data.read(12)) is None:
                return CANT_CARRY
            data.seek(0)
            with beside(path) as signed, signed.open("w+b") as output:
                return self._sign(data, output, statement, inputs)

    def stream(
        self,
        data: IO[bytes],
        output: IO[bytes],
        statement: Statement,
        archived: Sequence[bytes] = (),
    ) -> None:
        """Copy a file with a manifest; output: for writing and reading. Raises SigningFailed.

        archived: what the inputs' own manifests say, as `credentials.archive` gave it.
        """
        try:
            self._sign(data, output, statement, (), archived)
        except SigningFailed:
            if not archived:
                raise
            # A stranger's manifest must not cost the recording its own.
            log.warning("signing.inputs_left_out", count=len(archived))
            _rewind(data, output)
            self._sign(data, output, statement, ())

    def picture(self, data: bytes, statement: Statement, archived: Sequence[bytes] = ()) -> bytes:
        """A picture's bytes with a manifest. Raises SigningFailed."""
        output = BytesIO()
        self.stream(BytesIO(data), output, statement, archived)
        return output.getvalue()

    def _sign(
        self,
        data: IO[bytes],
        output: IO[bytes],
        statement: Statement,
        inputs: Inputs,
        archived: Sequence[bytes] = (),
    ) -> str | None:
        edits = any(kind == "target" for kind, _ in inputs)
        manifest = manifest_of(statement, edits=edits)
        try:
            credentials.sign(data, output, manifest, self._identity, inputs, archived)
        except SigningFailed:
            if self._identity.time_stamps is None:
                raise
            log.warning("signing.no_time_stamp")
            _rewind(data, output)
            timeless = replace(self._identity, time_stamps=None)
            credentials.sign(data, output, manifest, timeless, inputs, archived)
            return NO_TIME
        return None


def _rewind(data: IO[bytes], output: IO[bytes]) -> None:
    for file in (data, output):
        file.seek(0)
    output.truncate()
