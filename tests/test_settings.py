from pathlib import Path

import pytest
from pydantic import ValidationError

from mien.settings import IceSettings, LostFace, Settings


def test_defaults_serve_on_loopback_only() -> None:
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.lost_face is LostFace.BLUR


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CLIENT_ID", "acme")
    monkeypatch.setenv("MIEN_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("MIEN_ICE_STUN_URLS", '["stun:127.0.0.1:3478"]')
    monkeypatch.setenv("MIEN_LIMIT_IMAGE_BYTES", "1000")
    monkeypatch.setenv("MIEN_SWAP_SHAPE", "0.5")
    monkeypatch.setenv("MIEN_SWAP_CORES", "1")
    settings = Settings()
    assert settings.client_id == "acme"
    assert settings.client_secret is not None
    assert settings.client_secret.get_secret_value() == "s3cret"
    assert settings.ice.stun_urls == ("stun:127.0.0.1:3478",)
    assert settings.limits.image_bytes == 1000
    assert settings.swap.shape == 0.5
    assert settings.swap.cores == 1


@pytest.mark.parametrize("shape", ["1.1", "-0.1", "much"])
def test_a_shape_is_a_share(monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    monkeypatch.setenv("MIEN_SWAP_SHAPE", shape)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("cores", ["0", "3", "all"])
def test_one_or_two_cores_work_on_a_frame(monkeypatch: pytest.MonkeyPatch, cores: str) -> None:
    monkeypatch.setenv("MIEN_SWAP_CORES", cores)
    with pytest.raises(ValidationError):
        Settings()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("MIEN_ICE_TURN_SECRET", "t0rn")
    shown = repr(Settings())
    assert "s3cret" not in shown
    assert "t0rn" not in shown


def test_the_database_lies_in_the_data_directory(tmp_path: Path) -> None:
    url = Settings(data_dir=tmp_path).resolved_database_url
    assert url == f"sqlite:///{tmp_path}/mien.sqlite3"
    assert Settings(database_url="postgresql://x/y").resolved_database_url == "postgresql://x/y"


@pytest.mark.parametrize("field", ["port", "warm_workers", "headroom"])
def test_nonsense_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({field: -1})


def test_port_bounds() -> None:
    with pytest.raises(ValidationError):
        IceSettings(udp_port_min=70000)
