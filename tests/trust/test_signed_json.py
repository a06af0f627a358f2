import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.trust.signed_json import canonical, is_signed, key_name, sign_json

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_one_way_to_write_it_down() -> None:
    assert canonical({"b": 1, "a": ["é", None, 0.5]}) == b'{"a":["\\u00e9",null,0.5],"b":1}'
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})


def test_a_signature_fits_its_words_and_its_key_only() -> None:
    signature = sign_json({"a": 1, "b": 2}, KEY)
    assert is_signed({"b": 2, "a": 1}, signature, KEY.public_key())
    assert not is_signed({"a": 1, "b": 3}, signature, KEY.public_key())
    other = Ed25519PrivateKey.generate().public_key()
    assert not is_signed({"a": 1, "b": 2}, signature, other)
    for nonsense in ("", "no base64!", signature[:-8], "é"):
        assert not is_signed({"a": 1, "b": 2}, nonsense, KEY.public_key())


def test_a_key_s_name_is_its_bytes() -> None:
    # RFC 8032, test 1, has another seed; this is the public key of 32 zero bytes.
    assert key_name(KEY.public_key()) == "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="
