"""The files of recordings: sealed while they are written, signed when they are whole."""

import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

import structlog

from mien.live.ids import RandomBytes
from mien.live.signing import Signing
from mien.live.source_vault import open_credentials
from mien.media.clip_writer import beside
from mien.media.recording import whole_until
from mien.trust.credentials import SigningFailed
from mien.trust.registry import Statement
from mien.trust.sealed_file import SealedFile, SealedPath
from mien.trust.sealing import Seal, SealBroken

SEALED, UNSEALED = ".sealed", ".mp4"
BUFFER_BYTES = 1 << 18

Inputs = Sequence[tuple[str, bytes]]

log = structlog.get_logger()


class RecordingFiles:
    """MP4s in `folder`, each under a key of its own. Every call but `place` blocks."""

    def __init__(self, folder: Path, seal: Seal, signing: Signing, random: RandomBytes) -> None:
        self._folder, self._seal, self._signing, self._random = folder, seal, signing, random

    def place(self, recording_id: str) -> SealedPath:
        """Where a recording lies, and what opens it alone."""
        key = self._seal.key_for(f"recording {recording_id}")
        return SealedPath(self._folder / f"{recording_id}{SEALED}", key)

    def open(self, recording_id: str) -> SealedFile:
        """A finished recording. Raises SealBroken where it was changed, OSError."""
        return self.place(recording_id).open()

    def finish(self, recording_id: str, statement: Statement, inputs: Inputs = ()) -> int:
        """Sign what was written, as far as it came; how many bytes it has then, 0 for nothing.

        inputs: of each face, its source's id and its sealed credentials.
        """
        place = self.place(recording_id)
        if not self._mend(place):
            return 0
        try:
            said = [open_credentials(self._seal, *one) for one in inputs]
            self._sign(place, statement, [one for of_source in said for one in of_source])
        except (SigningFailed, SealBroken, OSError) as error:
            # Marked and labelled it is in any case.
            log.error("recording.not_signed", recording=recording_id, error=str(error))
        with place.open() as file:
            return file.size

    def remove(self, recording_id: str) -> None:
        """Delete a recording's file."""
        self.place(recording_id).path.unlink(missing_ok=True)

    def tidy(self) -> int:
        """Remove drafts that a crash left, and seal what an earlier version kept readable.

        How many it sealed.
        """
        for draft in self._folder.glob(".*"):
            draft.unlink()
        older = list(self._folder.glob(f"*{UNSEALED}"))
        for path in older:
            self._seal_older(path)
        return len(older)

    def _seal_older(self, path: Path) -> None:
        place = self.place(path.stem)
        with (
            path.open("rb") as readable,
            beside(place.path) as draft,
            SealedPath(draft, place.key).create(self._random) as sealed,
        ):
            shutil.copyfileobj(readable, cast(BinaryIO, sealed), BUFFER_BYTES)
        path.unlink()

    def _mend(self, place: SealedPath) -> bool:
        """Cut off a fragment that a crash left half written; whether anything is left."""
        if not place.path.exists():
            return False
        with place.open(whole=False) as left:
            end = whole_until(left)
        place.mend(self._random, end)
        return end > 0

    def _sign(self, place: SealedPath, statement: Statement, archived: Sequence[bytes]) -> None:
        with beside(place.path) as draft:
            signed = SealedPath(draft, place.key).create(self._random)
            with (
                io.BufferedReader(place.open(), BUFFER_BYTES) as data,
                io.BufferedRandom(signed, BUFFER_BYTES) as output,
            ):
                self._signing.stream(data, output, statement, archived)
