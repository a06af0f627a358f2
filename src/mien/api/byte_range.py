"""The part of a file that a `Range` header asks for (RFC 9110, section 14)."""

import re
from collections.abc import Iterator
from typing import IO

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

CHUNK_BYTES = 1 << 18
# One range; what is written otherwise may be ignored, and the whole is sent.
ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def answer_in_ranges(
    request: Request, file: IO[bytes], size: int, media_type: str, name: str
) -> Response:
    """The whole of a file that never changes, or the asked part; the answer closes the file.

    name: of the file, and what `If-Range` compares.
    """
    headers = {
        "accept-ranges": "bytes",
        "etag": f'"{name}"',
        "content-disposition": f'attachment; filename="{name}"',
    }
    part = byte_range(_asked(request, headers["etag"]), size)
    if part is None:
        file.close()
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    begin, end = part
    status = 200
    if (begin, end) != (0, size):
        status, headers["content-range"] = 206, f"bytes {begin}-{end - 1}/{size}"
    headers["content-length"] = str(end - begin)
    return StreamingResponse(
        _pieces(file, begin, end), status_code=status, headers=headers, media_type=media_type
    )


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Begin and end of the bytes to send; None where the file has none of those."""
    found = ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return 0, size
    return (begin, end) if begin < end else None


def _asked(request: Request, etag: str) -> str:
    if request.headers.get("if-range", etag) != etag:
        return ""
    return request.headers.get("range", "")


def _pieces(file: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """Runs on threads of the server's, one at a time."""
    with file:
        file.seek(begin)
        while begin < end:
            piece = file.read(min(CHUNK_BYTES, end - begin))
            if not piece:
                return
            begin += len(piece)
            yield piece
