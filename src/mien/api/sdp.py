"""Bodies that are SDP: their types and limits."""

from fastapi import Request
from starlette.exceptions import HTTPException

from mien.errors import MediaRejected, PayloadTooLarge

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"


def require_type(request: Request, wanted: str) -> None:
    """Raises HTTP 415 for another content type."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != wanted:
        raise HTTPException(415, f"The body must be {wanted}", {"Accept-Post": SDP_TYPE})


async def read_text(request: Request, limit: int) -> str:
    """The body as text, refused while it streams in. Raises PayloadTooLarge, MediaRejected."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise PayloadTooLarge(f"The session description is above {limit} bytes.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MediaRejected("The session description is not text.") from error
    if not text.strip():
        raise MediaRejected("The session description is empty.")
    return text
