import re
import secrets

from mien.live.ids import Ids


def test_session_ids_are_object_ids() -> None:
    ids = Ids(lambda: 0x6920B5F1 + 0.9, lambda length: b"\xab" * length)
    assert ids.session() == "6920b5f1" + "ab" * 8


def test_channel_ids_carry_the_moment_in_utc() -> None:
    # 2026-11-22 10:15:30.123 UTC
    ids = Ids(lambda: 1795342530.123, lambda length: b"\0" * length)
    assert ids.channel() == "20261122101530123_0001"
    assert ids.channel() == "20261122101530123_0002"


def test_ten_thousand_channels_of_one_moment_are_distinct() -> None:
    ids = Ids(lambda: 1.0, secrets.token_bytes)
    assert len({ids.channel() for _ in range(10_000)}) == 10_000


def test_source_ids_and_salts() -> None:
    ids = Ids(lambda: 1.0, secrets.token_bytes)
    assert re.fullmatch(r"src_[0-9a-f]{32}", ids.source())
    assert all(1 <= ids.salt() <= 99_999_999 for _ in range(50))
    assert Ids(lambda: 1.0, lambda length: b"\0" * length).salt() == 1
