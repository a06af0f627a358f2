import base64
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import BadCredentials
from mien.live.tokens import JOIN, MediaToken, build, publisher, verify

# The vector that Agora publishes with its builders.
APP = "970CA35de60c44645bbae8a215061b33"
CERTIFICATE = "5CFd2fd1755d40ecb72977518be15d3b"
CHANNEL = "7d72365eb983485397e3e3f9d460bdda"
VECTOR = MediaToken(APP, CHANNEL, 2882341273, 1111111, 600, 1, {JOIN: 600})
VECTOR_TEXT = (
    "007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwM"
    "k4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj"
)
ANYBODY_TEXT = (
    "007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwM"
    "k4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo="
)
ISSUED = VECTOR.issued_at


def read(text: str, now: float = ISSUED, app_id: str = APP, key: str = CERTIFICATE) -> MediaToken:
    return verify(text, app_id=app_id, certificate=key, now=now)


def contents(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text[3:]))


def packed(plain: bytes) -> str:
    return "007" + base64.b64encode(zlib.compress(plain)).decode()


def test_published_vectors_are_reproduced() -> None:
    assert contents(build(VECTOR, CERTIFICATE)) == contents(VECTOR_TEXT)
    anybody = replace(VECTOR, uid=0)
    assert contents(build(anybody, CERTIFICATE)) == contents(ANYBODY_TEXT)


def test_published_vectors_are_read() -> None:
    assert read(VECTOR_TEXT) == VECTOR
    assert read(ANYBODY_TEXT).uid == 0


def test_publisher_has_the_four_privileges() -> None:
    token = publisher(APP, "c", 1, issued_at=ISSUED, expire_s=3600, salt=7)
    assert read(build(token, CERTIFICATE)) == token
    assert token.privileges == {1: 3600, 2: 3600, 3: 3600, 4: 3600}
    assert token.expires_at == ISSUED + 3600


def test_a_token_lives_exactly_as_long_as_it_says() -> None:
    read(VECTOR_TEXT, now=ISSUED + 599.9)
    with pytest.raises(BadCredentials, match="expired"):
        read(VECTOR_TEXT, now=ISSUED + 600)


def test_an_expired_or_missing_right_to_join_is_no_right() -> None:
    for rights in ({JOIN: 10}, {2: 600}):
        text = build(replace(VECTOR, privileges=rights), CERTIFICATE)
        with pytest.raises(BadCredentials, match="expired"):
            read(text, now=ISSUED + 11)


def test_another_certificate_or_app_is_refused() -> None:
    with pytest.raises(BadCredentials, match="signature"):
        read(VECTOR_TEXT, key=CERTIFICATE[::-1])
    with pytest.raises(BadCredentials, match="another installation"):
        read(VECTOR_TEXT, app_id=APP[::-1])


def test_every_flipped_byte_is_noticed() -> None:
    plain = contents(VECTOR_TEXT)
    for at in range(len(plain)):
        changed = plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :]
        with pytest.raises(BadCredentials):
            read(packed(changed))


def test_base64_is_read_strictly() -> None:
    for text in (
        VECTOR_TEXT + "!",
        VECTOR_TEXT[:50] + "\n" + VECTOR_TEXT[50:],
        VECTOR_TEXT[:50] + " " + VECTOR_TEXT[50:],
        VECTOR_TEXT[:-1],
        VECTOR_TEXT + "AAAA",
        VECTOR_TEXT[3:],
        "006" + VECTOR_TEXT[3:],
        "007",
        "",
    ):
        with pytest.raises(BadCredentials):
            read(text)


def test_nothing_may_follow_the_signed_part() -> None:
    trailing = "007" + base64.b64encode(zlib.compress(contents(VECTOR_TEXT)) + b"x").decode()
    with pytest.raises(BadCredentials, match="damaged"):
        read(trailing)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(BadCredentials):
        read(packed(b"\0" * 10_000_000))
    with pytest.raises(BadCredentials, match="not a media token"):
        read("007" + "A" * 3000)


@given(st.one_of(st.text(max_size=300), st.text(max_size=300).map(lambda text: "007" + text)))
def test_any_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(BadCredentials):
        read(text)


@given(st.binary(max_size=300))
def test_any_packed_bytes_are_refused(plain: bytes) -> None:
    with pytest.raises(BadCredentials):
        read(packed(plain))
