"""A cast as one run of bytes: a ZIP of prepared faces and of how they are given out."""

import io
import zipfile
import zlib
from collections.abc import Sequence

import numpy as np

from mien.errors import MienError, SourceRejected
from mien.swap.cast import FACE_MODES, Cast, FaceMode
from mien.swap.source import MOST_BYTES, SourceFace
from mien.vision.identity import IDENTITY_SIZE, Embedding
from mien.vision.tracker import MOST_PEOPLE

_MODE, _TARGETS = "mode", "targets.npy"
_FACES = tuple(f"face{number}.npz" for number in range(MOST_PEOPLE))
_UNREADABLE = "The prepared cast can't be read", "prepare its faces again."


def pack_cast(faces: Sequence[bytes], mode: FaceMode, targets: Sequence[Embedding] = ()) -> bytes:
    """The cast of prepared faces, each as SourceFace.to_bytes gives it; none is opened here."""
    buffer = io.BytesIO()
    # The faces are compressed already.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as parts:
        parts.writestr(_MODE, mode)
        parts.writestr(_TARGETS, _array_bytes(targets))
        for name, face in zip(_FACES, faces, strict=False):
            parts.writestr(name, face)
    return buffer.getvalue()


def read_cast(data: bytes) -> Cast:
    """What pack_cast made, or one prepared face for one person. Raises SourceRejected."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if _MODE in parts.namelist():
                return _unpacked(parts)
    except SourceRejected:
        raise
    except (OSError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, MienError) as error:
        raise SourceRejected(*_UNREADABLE) from error
    return Cast((SourceFace.from_bytes(data),))


def _unpacked(parts: zipfile.ZipFile) -> Cast:
    known = {mode.encode(): mode for mode in FACE_MODES}
    names = [name for name in _FACES if name in parts.namelist()]
    if any(part.file_size > MOST_BYTES for part in parts.infolist()):
        raise SourceRejected(*_UNREADABLE)
    faces = tuple(SourceFace.from_bytes(parts.read(name)) for name in names)
    targets = np.load(io.BytesIO(parts.read(_TARGETS)), allow_pickle=False)
    if targets.dtype != np.float32 or targets.shape[1:] != (IDENTITY_SIZE,):
        raise SourceRejected(*_UNREADABLE)
    return Cast(faces, known[parts.read(_MODE)], tuple(targets))


def _array_bytes(targets: Sequence[Embedding]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array(targets, np.float32).reshape(-1, IDENTITY_SIZE), allow_pickle=False)
    return buffer.getvalue()
