"""Figures of one peer connection."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PeerStatistics:
    """Counts since the start; rates in bits per second, times in ms, loss from 0 to 1."""

    state: str
    codec: str | None
    frames_in: int
    frames_out: int
    frames_overtaken_in: int
    frames_overtaken_out: int
    frames_lost_in: int
    key_frames_out: int
    key_frame_requests_in: int
    key_frame_requests_out: int
    bitrate_in: float
    bitrate_out: float
    target_bitrate_out: int
    loss_in: float
    loss_out: float
    packets_resent: int
    round_trip_ms: float | None
    size_in: tuple[int, int] | None
    size_out: tuple[int, int] | None
    decode_ms: float
    encode_ms: float
    audio_packets_in: int
    audio_packets_out: int
