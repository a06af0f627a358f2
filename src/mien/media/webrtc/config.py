"""What a peer connection is set up with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class IceServer:
    """A STUN or TURN server, as in a browser's RTCIceServer."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True)
class PeerConfig:
    """Everything that can differ between two peers.

    Bit rates are in bits per second, times in seconds. `public_address` is the address that
    a 1:1 NAT maps to this machine; it is offered beside the machine's own. `udp_ports` is an
    inclusive (lowest, highest) range; None lets the system choose. `relay_only` offers nothing
    but the TURN server's address.
    """

    ice_servers: tuple[IceServer, ...] = ()
    public_address: str | None = None
    udp_ports: tuple[int, int] | None = None
    loopback: bool = False
    relay_only: bool = False
    max_frame_pixels: int = 1920 * 1088
    max_sdp_bytes: int = 64 * 1024
    min_video_bitrate: int = 100_000
    start_video_bitrate: int = 1_500_000
    max_video_bitrate: int = 5_000_000
    heartbeat_s: float = 1.0
    dead_after_s: float = 3.0
    connect_timeout_s: float = 20.0
    gather_timeout_s: float = 2.0
    close_timeout_s: float = 0.8
    hole_patience_s: float = 0.2
    max_remote_candidates: int = 64
