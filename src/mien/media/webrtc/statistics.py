"""Figures of one peer connection."""

from dataclasses import dataclass

from mien.media.webrtc.tracks import Tracks


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


def collect(state: str, tracks: Tracks | None, now: float) -> PeerStatistics:
    """The figures of a peer's tracks."""
    video_in = tracks.video_in if tracks else None
    video_out = tracks.video_out if tracks else None
    audio_in = tracks.audio_in if tracks else None
    audio_out = tracks.audio_out if tracks else None
    stream = video_out.stream if video_out else None
    round_trip = stream.round_trip_s if stream else None
    return PeerStatistics(
        state=state,
        codec=tracks.video_codec if tracks else None,
        frames_in=video_in.frames if video_in else 0,
        frames_out=video_out.frames if video_out else 0,
        frames_overtaken_in=video_in.decoding.overtaken if video_in else 0,
        frames_overtaken_out=video_out.overtaken if video_out else 0,
        frames_lost_in=video_in.assembler.frames_lost if video_in else 0,
        key_frames_out=video_out.key_frames if video_out else 0,
        key_frame_requests_in=video_out.key_frame_requests if video_out else 0,
        key_frame_requests_out=video_in.key_frame_requests if video_in else 0,
        bitrate_in=video_in.rate.per_second(now) if video_in else 0.0,
        bitrate_out=stream.rate.per_second(now) if stream else 0.0,
        target_bitrate_out=video_out.target.bits_per_second if video_out else 0,
        loss_in=video_in.reception.loss if video_in and video_in.reception else 0.0,
        loss_out=stream.loss if stream else 0.0,
        packets_resent=stream.resent if stream else 0,
        round_trip_ms=None if round_trip is None else round_trip * 1e3,
        size_in=video_in.decoding.size if video_in else None,
        size_out=video_out.size if video_out else None,
        decode_ms=video_in.decoding.decode_ms.value if video_in else 0.0,
        encode_ms=video_out.encode_ms.value if video_out else 0.0,
        audio_packets_in=audio_in.packets if audio_in else 0,
        audio_packets_out=audio_out.stream.packets if audio_out else 0,
    )
