"""Pictures that travel inside a JSON field: `data:` URIs and plain base64."""

import base64
import binascii
import re

from mien.errors import ImageRejected, ParameterError, PayloadTooLarge

DATA_URI = re.compile(r"data:[\w.+/;=-]{0,100}?;base64,", re.IGNORECASE)
URL = re.compile(r"https?://", re.IGNORECASE)
SPACES = re.compile(r"[\r\n\t ]+")


def is_url(text: str) -> bool:
    """Whether the field holds an http(s) URL."""
    return URL.match(text) is not None


def decode_inline(text: str, max_bytes: int, field: str) -> bytes:
    """The bytes of a `data:...;base64,` URI, or of base64 alone (either alphabet, padded or not).

    Raises ParameterError naming the field, PayloadTooLarge above max_bytes, ImageRejected for
    base64 of nothing.
    """
    prefix = DATA_URI.match(text)
    if prefix is None and text[:5].lower() == "data:":
        raise ParameterError(f"{field}: a data URI must have the form data:image/...;base64,...")
    start = prefix.end() if prefix else 0
    if (len(text) - start) // 4 * 3 > max_bytes + 3:
        raise PayloadTooLarge(f"{field}: the file is above {max_bytes} bytes.")
    data = _base64(text[start:], field)
    if len(data) > max_bytes:
        raise PayloadTooLarge(f"{field}: the file is above {max_bytes} bytes.")
    if not data:
        raise ImageRejected(f"{field}: the file is empty.")
    return data


def _base64(text: str, field: str) -> bytes:
    # Line breaks are common in base64; '-' and '_' are the URL-safe alphabet.
    compact = SPACES.sub("", text).translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParameterError(f"{field}: neither a URL nor valid base64.") from error
