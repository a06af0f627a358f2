"""Figures of one peer connection."""

from dataclasses import dataclass, replace

from mien.media.webrtc.tracks import Tracks
from mien.media.webrtc.videoreceiver import VideoReceiver
from mien.media.webrtc.videosender import VideoSender


@dataclass(frozen=True)
class PeerStatistics:
    """Counts since the start; rates in bits per second, times in ms, loss from 0 to 1."""

    state: str
    codec: str | None = None
    frames_in: int = 0
    frames_out: int = 0
    frames_overtaken_in: int = 0
    frames_overtaken_out: int = 0
    frames_lost_in: int = 0
    key_frames_out: int = 0
    key_frame_requests_in: int = 0
    key_frame_requests_out: int = 0
    bitrate_in: float = 0.0
    bitrate_out: float = 0.0
    target_bitrate_out: int = 0
    loss_in: float = 0.0
    loss_out: float = 0.0
    packets_resent: int = 0
    round_trip_ms: float | None = None
    size_in: tuple[int, int] | None = None
    size_out: tuple[int, int] | None = None
    decode_ms: float = 0.0
    encode_ms: float = 0.0
    audio_packets_in: int = 0
    audio_packets_out: int = 0


def collect(state: str, tracks: Tracks | None, now: float) -> PeerStatistics:
    """The figures of a peer's tracks."""
    figures = PeerStatistics(state)
    if tracks is None:
        return figures
    if tracks.video_in is not None:
        figures = _with_video_in(figures, tracks.video_in, now)
    if tracks.video_out is not None:
        figures = _with_video_out(figures, tracks.video_out, now)
    return replace(
        figures,
        codec=tracks.video_codec,
        audio_packets_in=tracks.audio_in.packets if tracks.audio_in else 0,
        audio_packets_out=tracks.audio_out.stream.packets if tracks.audio_out else 0,
    )


def _with_video_in(figures: PeerStatistics, video: VideoReceiver, now: float) -> PeerStatistics:
    return replace(
        figures,
        frames_in=video.frames,
        frames_overtaken_in=video.decoding.overtaken,
        frames_lost_in=video.assembler.frames_lost,
        key_frame_requests_out=video.key_frame_requests,
        bitrate_in=video.rate.per_second(now),
        loss_in=video.reception.loss if video.reception else 0.0,
        size_in=video.decoding.size,
        decode_ms=video.decoding.decode_ms.value,
    )


def _with_video_out(figures: PeerStatistics, video: VideoSender, now: float) -> PeerStatistics:
    round_trip = video.stream.round_trip_s
    return replace(
        figures,
        frames_out=video.frames,
        frames_overtaken_out=video.overtaken,
        key_frames_out=video.key_frames,
        key_frame_requests_in=video.key_frame_requests,
        bitrate_out=video.stream.rate.per_second(now),
        target_bitrate_out=video.target.bits_per_second,
        loss_out=video.stream.loss,
        packets_resent=video.stream.resent,
        round_trip_ms=None if round_trip is None else round_trip * 1e3,
        size_out=video.size,
        encode_ms=video.encode_ms.value,
    )
