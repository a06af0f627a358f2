"""One typed object for everything an operator can set, read once at start."""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1 << 20


class LostFace(StrEnum):
    """What is shown while there is no face to swap."""

    PASS = "pass"
    HOLD = "hold"
    BLUR = "blur"


class IceSettings(BaseSettings):
    """How browsers reach the media ports; environment prefix MIEN_ICE_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_ICE_", extra="ignore")

    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: SecretStr | None = None
    turn_ttl_s: int = Field(default=3600, ge=60)
    public_address: str | None = None
    udp_port_min: int = Field(default=0, ge=0, le=65535)
    udp_port_max: int = Field(default=0, ge=0, le=65535)
    loopback: bool = Field(
        default=True, description="Offer 127.0.0.1, for a browser on this machine."
    )


class C2paSettings(BaseSettings):
    """Who signs manifests and who is trusted; environment prefix MIEN_C2PA_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_C2PA_", extra="ignore")

    cert: Path | None = Field(default=None, description="PEM chain of an ES256 signer.")
    key: Path | None = Field(default=None, description="Its private key, PEM without a password.")
    tsa_url: str | None = Field(default=None, description="An RFC 3161 time-stamp authority.")
    trust: Path | None = Field(default=None, description="PEM certificates to trust as well.")


class AgoraSettings(BaseSettings):
    """An account of the Agora network, for `stream_type: "agora"`; prefix MIEN_AGORA_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_AGORA_", extra="ignore")

    app_id: str | None = Field(default=None, pattern="^[0-9a-fA-F]{32}$")
    app_certificate: SecretStr | None = None

    @property
    def complete(self) -> bool:
        """Whether both are set."""
        return bool(self.app_id and self.app_certificate)


class TlsSettings(BaseSettings):
    """HTTPS without a proxy; environment prefix MIEN_TLS_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_TLS_", extra="ignore")

    cert: Path | None = Field(default=None, description="PEM, the server's own first, then its CA.")
    key: Path | None = Field(default=None, description="Its private key, PEM without a password.")


class RecordingSettings(BaseSettings):
    """Whether sessions may be recorded; environment prefix MIEN_RECORDING_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_RECORDING_", extra="ignore")

    allow: bool = True
    keep_days: float = Field(default=7.0, gt=0)


class SwapSettings(BaseSettings):
    """How faces are swapped; environment prefix MIEN_SWAP_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_SWAP_", extra="ignore")

    shape: float = Field(
        default=1.0, ge=0, le=1, description="How far a face takes the source's shape."
    )
    cores: int | None = Field(
        default=None, ge=1, le=2, description="That work on one frame; 2 where there are over two."
    )


class LimitSettings(BaseSettings):
    """What strangers may send; environment prefix MIEN_LIMIT_."""

    model_config = SettingsConfigDict(env_prefix="MIEN_LIMIT_", extra="ignore")

    body_bytes: int = 24 * MIB
    body_seconds: float = Field(default=120.0, gt=0, description="For a body to come in whole.")
    sdp_bytes: int = 64 * 1024
    image_bytes: int = 10 * MIB
    image_pixels: int = 25_000_000
    video_bytes: int = 64 * MIB
    video_seconds: float = 60.0
    frame_pixels: int = 1920 * 1088
    fetch_seconds: float = 10.0
    creates_per_minute: int = 60
    detects_per_minute: int = 120
    link_calls_per_minute: int = 30

    def for_readers(self) -> dict[str, Any]:
        """What processes that read files are told: of ImageLimits and of ClipLimits."""
        return {
            "images": {"max_bytes": self.image_bytes, "max_pixels": self.image_pixels},
            "clips": {
                "max_bytes": self.video_bytes,
                "max_seconds": self.video_seconds,
                "max_pixels": self.frame_pixels,
            },
        }


class Settings(BaseSettings):
    """Everything else; environment prefix MIEN_. The command line overrides the environment."""

    model_config = SettingsConfigDict(env_prefix="MIEN_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="Whose X-Forwarded headers are believed."
    )
    data_dir: Path = Path("data")
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; SQLite in data_dir."
    )
    client_id: str | None = None
    client_secret: SecretStr | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    warm_workers: int = Field(default=2, ge=0)
    max_sessions: int | None = Field(
        default=None, ge=1, description="Instead of measured capacity."
    )
    when_full: Literal["refuse", "queue"] = "refuse"
    headroom: float = Field(default=0.85, gt=0, le=1, description="Share of the cores to fill.")

    lost_face: LostFace = LostFace.BLUR
    likeness: Literal["implicit", "required"] = Field(
        default="implicit", description="Whether a face needs a proven likeness record."
    )
    gate: Literal["off", "on", "required"] = Field(
        default="on", description="Of pictures' contents; required refuses what was not checked."
    )
    label_language: str = Field(
        default="en", pattern="^[a-z]{2}$", description="Of the visible label: en, de, fr..."
    )
    issuer: str | None = Field(default=None, description="Who session statements say made them.")
    token_ttl_s: int = Field(default=31_536_000, ge=60)
    media_token_ttl_s: int = Field(default=3600, ge=60)
    join_grace_s: float = Field(default=60.0, gt=0, description="A session nobody joins ends then.")
    camera_timeout_s: float = Field(default=10.0, gt=0)
    drain_s: float = Field(default=3.0, gt=0)
    fetch_allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    tls: TlsSettings = Field(default_factory=TlsSettings)
    ice: IceSettings = Field(default_factory=IceSettings)
    recording: RecordingSettings = Field(default_factory=RecordingSettings)
    c2pa: C2paSettings = Field(default_factory=C2paSettings)
    agora: AgoraSettings = Field(default_factory=AgoraSettings)
    swap: SwapSettings = Field(default_factory=SwapSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL in use."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'mien.sqlite3'}"
