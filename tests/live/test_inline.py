import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ImageRejected, MienError, ParameterError, PayloadTooLarge
from mien.live.inline import decode_inline, is_url

DATA = bytes(range(256))
PLAIN = base64.b64encode(DATA).decode()


def decode(text: str, max_bytes: int = 1000) -> bytes:
    return decode_inline(text, max_bytes, "img")


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.rstrip("="),
        base64.urlsafe_b64encode(DATA).decode(),
        "data:image/png;base64," + PLAIN,
        "DATA:image/svg+xml;charset=utf-8;BASE64," + PLAIN,
        "data:;base64," + PLAIN,
        "\r\n".join(PLAIN[i : i + 76] for i in range(0, len(PLAIN), 76)),
    ],
)
def test_every_form_is_read(text: str) -> None:
    assert decode(text) == DATA


@pytest.mark.parametrize(
    "text", ["data:image/png,abc", "data:abc", "no base64!", "A", "data:image/png;base64,A", "äöü"]
)
def test_what_is_no_base64_names_the_field(text: str) -> None:
    with pytest.raises(ParameterError, match=r"^img:"):
        decode(text)


@pytest.mark.parametrize("text", ["", "data:image/png;base64,", "===="])
def test_nothing_is_no_picture(text: str) -> None:
    with pytest.raises(ImageRejected, match="empty"):
        decode(text)


def test_the_limit_is_exact() -> None:
    assert decode(PLAIN, 256) == DATA
    with pytest.raises(PayloadTooLarge):
        decode(PLAIN, 255)
    with pytest.raises(PayloadTooLarge):
        decode("A" * 10_000_000, 1000)


def test_urls() -> None:
    assert is_url("https://a") and is_url("HTTP://a")
    assert not any(map(is_url, ("ftp://a", "file:///etc/passwd", "data:image/png", "https:/a", "")))


@given(st.text(max_size=200) | st.text(max_size=200).map(lambda text: "data:" + text))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MienError):
        assert isinstance(decode(text), bytes)


@given(st.binary(min_size=1, max_size=500))
def test_what_was_encoded_comes_back(data: bytes) -> None:
    assert decode("data:image/jpeg;base64," + base64.b64encode(data).decode()) == data
