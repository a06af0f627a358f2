"""AccessToken2 ("007"): the media token of a channel and a user, built and verified.

Layout, little endian, after Agora's published AccessToken2: "007" + base64(zlib(string(signature) +
body)); body = string(app_id) u32(issued_at) u32(expire_s) u32(salt) u16(service count), then per
service u16(type), a map of u16 privilege -> u32 seconds, and for RTC (type 1) string(channel)
string(uid, empty for 0). A string is a u16 length and bytes. The signature is
HMAC-SHA256(key, body), key = HMAC(u32(salt), HMAC(u32(issued_at), certificate)).
"""

import base64
import binascii
import hmac
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from mien.errors import BadCredentials

VERSION = "007"
RTC_SERVICE = 1
JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA = 1, 2, 3, 4

# A token of ours has 250 characters; whoever sends more is not a client.
MAX_TEXT = 2048
MAX_BODY = 4096


@dataclass(frozen=True)
class MediaToken:
    """What a token says. Times are whole seconds; privileges map an id to seconds of validity."""

    app_id: str
    channel: str
    uid: int
    issued_at: int
    expire_s: int
    salt: int
    privileges: Mapping[int, int] = field(default_factory=dict)

    @property
    def expires_at(self) -> int:
        """The second at which it is no longer accepted."""
        return self.issued_at + self.expire_s


def publisher(
    app_id: str, channel: str, uid: int, *, issued_at: int, expire_s: int, salt: int
) -> MediaToken:
    """A token to join `channel` as `uid` and publish audio, video and data."""
    rights = dict.fromkeys((JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA), expire_s)
    return MediaToken(app_id, channel, uid, issued_at, expire_s, salt, rights)


def build(token: MediaToken, certificate: str) -> str:
    """The token as text, signed with the app certificate."""
    body = _body(token)
    packed = _string(_signature(body, token, certificate)) + body
    return VERSION + base64.b64encode(zlib.compress(packed)).decode()


def verify(text: str, *, app_id: str, certificate: str, now: float) -> MediaToken:
    """Read and check a token. Raises BadCredentials: malformed, forged, foreign or expired."""
    signature, body = _unpack(text)
    token = _parse(body)
    if not hmac.compare_digest(signature, _signature(body, token, certificate)):
        raise BadCredentials("The media token's signature is wrong.")
    if token.app_id != app_id:
        raise BadCredentials("The media token is for another installation.")
    if now >= min(token.expires_at, token.issued_at + token.privileges.get(JOIN, 0)):
        raise BadCredentials("The media token has expired.")
    return token


def _body(token: MediaToken) -> bytes:
    rights = b"".join(struct.pack("<HI", *item) for item in sorted(token.privileges.items()))
    head = _string(token.app_id.encode())
    times = struct.pack("<IIIH", token.issued_at, token.expire_s, token.salt, 1)
    service = struct.pack("<HH", RTC_SERVICE, len(token.privileges)) + rights
    uid = str(token.uid).encode() if token.uid else b""
    return head + times + service + _string(token.channel.encode()) + _string(uid)


def _signature(body: bytes, token: MediaToken, certificate: str) -> bytes:
    inner = hmac.digest(struct.pack("<I", token.issued_at), certificate.encode(), sha256)
    key = hmac.digest(struct.pack("<I", token.salt), inner, sha256)
    return hmac.digest(key, body, sha256)


def _string(data: bytes) -> bytes:
    return struct.pack("<H", len(data)) + data


def _unpack(text: str) -> tuple[bytes, bytes]:
    if not text.startswith(VERSION) or len(text) > MAX_TEXT or not text.isascii():
        raise BadCredentials("This is not a media token.")
    try:
        packed = base64.b64decode(text[len(VERSION) :], validate=True)
        inflater = zlib.decompressobj()
        plain = inflater.decompress(packed, MAX_BODY)
    except (binascii.Error, zlib.error) as error:
        raise BadCredentials("The media token is damaged.") from error
    # One text for one token: nothing may follow the compressed data or be left in it.
    if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
        raise BadCredentials("The media token is damaged.")
    reader = _Reader(plain)
    return reader.string(), reader.rest()


def _parse(body: bytes) -> MediaToken:
    reader = _Reader(body)
    app_id = reader.text()
    issued_at, expire_s, salt, services = reader.take("<IIIH")
    kind, count = reader.take("<HH")
    if services != 1 or kind != RTC_SERVICE:
        raise BadCredentials("The media token is not for one channel.")
    privileges = {key: value for key, value in (reader.take("<HI") for _ in range(count))}
    channel, uid = reader.text(), reader.text()
    if reader.rest() or (uid and not uid.isdecimal()):
        raise BadCredentials("The media token is damaged.")
    return MediaToken(app_id, channel, int(uid or 0), issued_at, expire_s, salt, privileges)


class _Reader:
    """Takes values off the front of bytes; BadCredentials when they run out."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        try:
            values = struct.unpack_from(layout, self._data, self._at)
        except struct.error as error:
            raise BadCredentials("The media token is damaged.") from error
        self._at += struct.calcsize(layout)
        return values

    def string(self) -> bytes:
        (length,) = self.take("<H")
        data = self._data[self._at : self._at + length]
        if len(data) != length:
            raise BadCredentials("The media token is damaged.")
        self._at += length
        return data

    def text(self) -> str:
        data = self.string()
        if not data.isascii():
            raise BadCredentials("The media token is damaged.")
        return data.decode("ascii")

    def rest(self) -> bytes:
        data, self._at = self._data[self._at :], len(self._data)
        return data
