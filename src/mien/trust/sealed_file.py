"""A file of which only sealed blocks lie on the disk; it is read and written like any other.

Each block of a page is a random nonce, AES-256-GCM of the data, and the tag. A block is bound to
its place, and the last one to being the last, so that what was changed, moved or cut off is found.
What is written is on its way to the disk at once: a crash spoils no block but the one that was
being written.
"""

import io
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mien.trust.sealing import NONCE_BYTES, RandomBytes, SealBroken

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

BLOCK_BYTES = 4096
TAG_BYTES = 16
DATA_BYTES = BLOCK_BYTES - NONCE_BYTES - TAG_BYTES


class SealedFile(io.RawIOBase):
    """Made by SealedPath. Not buffered; for one thread."""

    def __init__(self, descriptor: int, key: bytes, random: RandomBytes | None) -> None:
        """random: of a file that is written; without it, it is only read."""
        self._descriptor, self._cipher, self._random = descriptor, AESGCM(key), random
        self._at = self._size = 0
        self._ends = False

    @property
    def size(self) -> int:
        """Bytes of data."""
        return self._size

    def find_end(self, whole: bool) -> None:
        """Take what is there; not whole: leave out a last block that can't be opened.

        Raises SealBroken where a whole file has another end than it was given.
        """
        blocks = -(-os.fstat(self._descriptor).st_size // BLOCK_BYTES)
        for index in reversed(range(blocks)):
            for self._ends in (True,) if whole else (True, False):
                self._size = (index + 1) * DATA_BYTES
                if (data := self._try(index)) is not None:
                    self._size = index * DATA_BYTES + len(data)
                    return
            if whole:
                break
        self._size = 0
        if whole:
            raise SealBroken("A sealed file was changed or cut off, or has another key.")

    def readable(self) -> bool:
        """See io.IOBase."""
        return True

    def writable(self) -> bool:
        """See io.IOBase."""
        return self._random is not None

    def seekable(self) -> bool:
        """See io.IOBase."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.IOBase."""
        self._at = max(0, offset + {io.SEEK_CUR: self._at, io.SEEK_END: self._size}.get(whence, 0))
        return self._at

    def tell(self) -> int:
        """See io.IOBase."""
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """See io.RawIOBase. Raises SealBroken."""
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        data = self._read(self._at, end)
        view[: len(data)] = data
        self._at = end
        return len(data)

    def write(self, data: "ReadableBuffer") -> int:
        """See io.RawIOBase; nothing beyond the end can be left out."""
        new = memoryview(data).cast("B")
        if self._at > self._size:
            raise io.UnsupportedOperation("A sealed file has no holes.")
        end = self._at + len(new)
        begin = self._at - self._at % DATA_BYTES
        rest = min(end + -end % DATA_BYTES, self._size)
        self._put(begin, self._read(begin, self._at) + bytes(new) + self._read(end, rest))
        self._at, self._size = end, max(self._size, end)
        return len(new)

    def truncate(self, size: int | None = None) -> int:
        """See io.IOBase; it can only become shorter."""
        size = min(self._at if size is None else size, self._size)
        begin = max(size - 1, 0) // DATA_BYTES * DATA_BYTES
        left = self._read(begin, size)
        # What was the end is none any more, and the new one is sealed anew.
        self._size, self._ends = size, False
        os.ftruncate(self._descriptor, begin // DATA_BYTES * BLOCK_BYTES)
        self._put(begin, left)
        return self._size

    def close(self) -> None:
        """Give a file that was written its end."""
        if self.closed:
            return
        try:
            if self._random is not None:
                self._end()
        finally:
            os.close(self._descriptor)
            super().close()

    def _end(self) -> None:
        last = max(self._size - 1, 0) // DATA_BYTES
        data = self._read(last * DATA_BYTES, self._size)
        self._ends = True
        os.pwrite(self._descriptor, self._closed(last, data), last * BLOCK_BYTES)
        os.fsync(self._descriptor)

    def _read(self, begin: int, end: int) -> bytes:
        if end <= begin:
            return b""
        first, after = begin // DATA_BYTES, -(-end // DATA_BYTES)
        data = b"".join(self._blocks(first, after))
        return data[begin - first * DATA_BYTES : end - first * DATA_BYTES]

    def _blocks(self, first: int, after: int) -> Iterator[bytes]:
        sealed = os.pread(self._descriptor, (after - first) * BLOCK_BYTES, first * BLOCK_BYTES)
        for index in range(first, after):
            at = (index - first) * BLOCK_BYTES
            yield self._opened(index, sealed[at : at + BLOCK_BYTES])

    def _put(self, begin: int, data: bytes) -> None:
        """Write whole blocks, the last of which may be short."""
        first = begin // DATA_BYTES
        pieces = [data[at : at + DATA_BYTES] for at in range(0, len(data), DATA_BYTES)]
        sealed = b"".join(self._closed(first + n, piece) for n, piece in enumerate(pieces))
        written = 0
        while written < len(sealed):
            at = first * BLOCK_BYTES + written
            written += os.pwrite(self._descriptor, sealed[written:], at)

    def _try(self, index: int) -> bytes | None:
        try:
            return next(self._blocks(index, index + 1))
        except SealBroken:
            return None

    def _closed(self, index: int, data: bytes) -> bytes:
        assert self._random is not None, "it is written"
        nonce = self._random(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, self._place(index))

    def _opened(self, index: int, sealed: bytes) -> bytes:
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, body, self._place(index))
        except (InvalidTag, ValueError) as error:
            raise SealBroken("A sealed file was changed or cut off, or has another key.") from error

    def _place(self, index: int) -> bytes:
        last = self._ends and (index + 1) * DATA_BYTES >= self._size
        return index.to_bytes(8, "big") + bytes([last])


@dataclass(frozen=True)
class SealedPath:
    """Where a sealed file lies, and the key that is its own."""

    path: Path
    key: bytes = field(repr=False)

    def create(self, random: RandomBytes) -> SealedFile:
        """A new file, for its owner only."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        return SealedFile(descriptor, self.key, random)

    def open(self, *, whole: bool = True) -> SealedFile:
        """The file, to be read; not whole: one that a crash left. Raises SealBroken, OSError."""
        return _found(SealedFile(os.open(self.path, os.O_RDONLY), self.key, None), whole)

    def mend(self, random: RandomBytes, size: int) -> None:
        """Give what a crash left its end, in its place, after so many bytes."""
        with _found(SealedFile(os.open(self.path, os.O_RDWR), self.key, random), False) as file:
            file.truncate(size)

    def as_json(self) -> dict[str, str]:
        """For the process that writes it."""
        return {"path": str(self.path), "key": b64encode(self.key).decode()}

    @classmethod
    def from_json(cls, body: Mapping[str, str]) -> Self:
        """What as_json gave."""
        return cls(Path(body["path"]), b64decode(body["key"]))


def _found(file: SealedFile, whole: bool) -> SealedFile:
    try:
        file.find_end(whole)
    except BaseException:
        file.close()
        raise
    return file
