import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from mien.live.installation import open_installation, open_signing_key
from mien.settings import Settings


def count_up(length: int) -> bytes:
    count_up.calls += 1  # type: ignore[attr-defined]
    return bytes([count_up.calls]) * length  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def fresh_numbers() -> None:
    count_up.calls = 0  # type: ignore[attr-defined]


def settings(folder: Path, **more: object) -> Settings:
    return Settings(data_dir=folder / "data", **more)  # type: ignore[arg-type]


def test_the_first_start_makes_and_the_second_keeps(tmp_path: Path) -> None:
    first = open_installation(settings(tmp_path), count_up)
    assert open_installation(settings(tmp_path), count_up) == first
    assert len(first.app_id) == len(first.app_certificate) == 32
    assert len(first.client_secret) == 43, "256 bits in base64"
    assert len({first.client_id, first.client_secret, first.pepper, first.app_certificate}) == 4


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    open_installation(settings(tmp_path), count_up)
    open_signing_key(tmp_path / "data")
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {"installation.json": 0o600, "token-key.pem": 0o600}


def test_the_settings_win(tmp_path: Path) -> None:
    kept = open_installation(settings(tmp_path), count_up)
    given = settings(tmp_path, client_id="mine", client_secret=SecretStr("own secret"))
    used = open_installation(given, count_up)
    assert (used.client_id, used.client_secret) == ("mine", "own secret")
    assert used.app_certificate == kept.app_certificate
    assert "own secret" not in (tmp_path / "data" / "installation.json").read_text()


def test_its_repr_shows_no_secret(tmp_path: Path) -> None:
    made = open_installation(settings(tmp_path), count_up)
    values = json.loads((tmp_path / "data" / "installation.json").read_text()).values()
    assert not any(value in repr(made) for value in values)


def test_the_signing_key_is_kept(tmp_path: Path) -> None:
    key = open_signing_key(tmp_path)
    assert key.curve_name == "Ed25519"
    assert open_signing_key(tmp_path).thumbprint() == key.thumbprint()


def test_an_interrupted_first_start_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "token-key.new").write_text("half a key")
    assert open_signing_key(tmp_path).is_private
