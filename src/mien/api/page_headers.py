"""What browsers are told about every answer: what it may load, who may frame it, what leaks."""

from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders

# No Cross-Origin-Resource-Policy: pages of others load agora-rtc.js from here.
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def set_headers(headers: MutableHeaders) -> None:
    """The strictest, where an answer has not said something of its own."""
    for name, value in EVERYWHERE.items():
        headers.setdefault(name, value)


def policy_with_script(script: str) -> str:
    """For a page with this one inline script; its styles may be inline too."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    inline = f"script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'"
    return f"{inline}; {PAGE_POLICY}"
