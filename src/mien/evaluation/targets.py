"""What is evaluated: the photos of one folder against the clips and pictures of another."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mien.errors import MienError, ParameterError
from mien.media.clips import ClipFrame, MediaKind, kind_of, read_frames
from mien.vision.image import decode_image


def media_files(folder: Path) -> list[Path]:
    """The files of a folder by name, hidden ones left out; a file stands for itself.

    Raises ParameterError for a folder that is missing, unreadable or empty.
    """
    if folder.is_file():
        return [folder]
    try:
        files = sorted(one for one in folder.iterdir() if one.is_file() and one.name[0] != ".")
    except OSError as error:
        raise ParameterError(
            f"{folder} can't be read ({error.strerror})", "name a folder of pictures or clips."
        ) from error
    if not files:
        raise ParameterError(f"{folder} holds no files", "put pictures or clips into it.")
    return files


class Target:
    """A clip, a GIF or a picture; at most the first `limit` frames of it.

    Raises MediaRejected where the file is none of them.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.kind: MediaKind = kind_of(path)
        self.limit = limit

    def frames(self) -> Iterator[ClipFrame]:
        """The frames in order, decoded anew. Raises ImageRejected or MediaRejected."""
        return islice(self.all_frames(), self.limit)

    def all_frames(self) -> Iterator[ClipFrame]:
        """The same beyond the limit."""
        if self.kind == "picture":
            yield ClipFrame(decode_image(self.path.read_bytes()), 0.0)
            return
        yield from read_frames(self.path)


def open_targets(files: list[Path], limit: int) -> tuple[list[Target], dict[str, str]]:
    """The files that are media, and why the others, by name, are not.

    Raises ParameterError where none is.
    """
    usable: list[Target] = []
    reasons: dict[str, str] = {}
    for path in files:
        try:
            target = Target(path, limit)
            next(target.frames())
            usable.append(target)
        except (MienError, OSError) as error:
            reasons[path.name] = str(error)
    if not usable:
        told = "\n".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise ParameterError(f"No target can be read.\n{told}")
    return usable, reasons
