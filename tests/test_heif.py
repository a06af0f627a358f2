import pytest

from mien.heif import is_heif


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_phones_pictures_are_known_by_their_brand(brand: bytes) -> None:
    assert is_heif(b"\0\0\0\x18ftyp" + brand)


@pytest.mark.parametrize("head", [b"", b"\0\0\0\x18ftypisom", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1"])
def test_films_and_other_pictures_are_not(head: bytes) -> None:
    assert not is_heif(head)
