"""The answer to an offer: one transport, one codec a medium, one stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from aiortc.rtcdtlstransport import RTCDtlsFingerprint
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import candidate_to_sdp, parameters_to_sdp

from mien.media.webrtc import twcc
from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.offer import Offer, OfferedMedia

STREAM = "mien"  # one stream for sound and picture, so that browsers play them in step
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
VIDEO_EXTENSIONS = (PLAYOUT_DELAY, ABS_SEND_TIME, twcc.URI)
FEEDBACK = {
    "video": ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"),
    "audio": (),
}
GOOGLE_RATES = ("x-google-min-bitrate", "x-google-start-bitrate", "x-google-max-bitrate")
SETUP = {"client": "active", "server": "passive"}
MAX_MESSAGE_SIZE = 65536
SCTP_PORT = 5000
NOBODY = "IN IP4 0.0.0.0"


@dataclass(frozen=True)
class LocalSource:
    """What we send for one medium: its RTP sources."""

    ssrc: int
    rtx_ssrc: int | None = None


@dataclass(frozen=True)
class LocalTransport:
    """Our side of the one transport."""

    ice: RTCIceParameters
    candidates: Sequence[RTCIceCandidate]
    fingerprints: Sequence[RTCDtlsFingerprint]
    role: str


def negotiated_extensions(media: OfferedMedia) -> dict[str, int]:
    """The header extensions, URI to id, that both sides know."""
    known = VIDEO_EXTENSIONS if media.kind == "video" else ()
    return {uri: media.extensions[uri] for uri in known if uri in media.extensions}


def negotiated_feedback(media: OfferedMedia) -> list[str]:
    """The RTCP feedback that both sides know."""
    assert media.codec is not None
    offered = {
        f"{f.type} {f.parameter}" if f.parameter else f.type for f in media.codec.rtcpFeedback
    }
    return [f for f in FEEDBACK[media.kind] if f in offered]


def build_answer(
    offer: Offer,
    transport: LocalTransport,
    sources: dict[str, LocalSource],
    cname: str,
    config: PeerConfig,
) -> str:
    """The SDP. sources: mid to what is sent there."""
    mids = " ".join(m.mid for m in offer.media if m.acceptable)
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines += [f"a=group:BUNDLE {mids}", f"a=msid-semantic: WMS {STREAM}"]
    candidates = list(_candidate_lines(transport.candidates, config.public_address))
    for media in offer.media:
        if not media.acceptable:
            lines += _rejected(media)
            continue
        lines += [_m_line(media), f"c={NOBODY}", *_transport_lines(transport), *candidates]
        candidates = []  # bundled: told once
        lines += [f"a=mid:{media.mid}"] if media.mid else []
        if media.codec is None:
            lines += [f"a=sctp-port:{SCTP_PORT}", f"a=max-message-size:{MAX_MESSAGE_SIZE}"]
        else:
            lines += _media_lines(media, sources.get(media.mid), cname, config)
            lines += ["a=rtcp-rsize"] if offer.reduced_size_rtcp else []
    return "\r\n".join(lines) + "\r\n"


def _m_line(media: OfferedMedia) -> str:
    formats = list(media.formats)
    if media.codec is not None:
        formats = [str(c.payloadType) for c in (media.codec, media.rtx) if c is not None]
    return f"m={media.kind} 9 {media.profile} {' '.join(formats)}"


def _rejected(media: OfferedMedia) -> list[str]:
    line = f"m={media.kind} 0 {media.profile} {' '.join(media.formats)}"
    return [line, f"c={NOBODY}", "a=inactive"] + ([f"a=mid:{media.mid}"] if media.mid else [])


def _transport_lines(transport: LocalTransport) -> Iterator[str]:
    yield f"a=ice-ufrag:{transport.ice.usernameFragment}"
    yield f"a=ice-pwd:{transport.ice.password}"
    yield "a=ice-options:trickle"
    for fingerprint in transport.fingerprints:
        if fingerprint.algorithm == "sha-256":
            yield f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}"
    yield f"a=setup:{SETUP[transport.role]}"


def _candidate_lines(
    candidates: Sequence[RTCIceCandidate], public_address: str | None
) -> Iterator[str]:
    for candidate in candidates:
        if public_address is not None and _is_behind_nat(candidate):
            yield f"a=candidate:{candidate_to_sdp(_moved(candidate, public_address))}"
        yield f"a=candidate:{candidate_to_sdp(candidate)}"
    yield "a=end-of-candidates"


def _is_behind_nat(candidate: RTCIceCandidate) -> bool:
    address = ip_address(candidate.ip)
    return candidate.type == "host" and address.version == 4 and not address.is_loopback


def _moved(candidate: RTCIceCandidate, address: str) -> RTCIceCandidate:
    # One lower, so that those who can reach the machine itself do.
    return replace(
        candidate,
        ip=address,
        priority=candidate.priority - 1,
        foundation=f"{candidate.foundation}p",
    )


def _media_lines(
    media: OfferedMedia, source: LocalSource | None, cname: str, config: PeerConfig
) -> Iterator[str]:
    assert media.codec is not None
    for uri, number in negotiated_extensions(media).items():
        yield f"a=extmap:{number} {uri}"
    yield f"a={_direction(media)}"
    yield from ("a=rtcp-mux", *_codec_lines(media, media.codec, config))
    if source is not None:
        yield f"a=msid:{STREAM} {media.kind}"
        if source.rtx_ssrc is not None:
            yield f"a=ssrc-group:FID {source.ssrc} {source.rtx_ssrc}"
        # Chromium takes the first source for the one with the media.
        yield f"a=ssrc:{source.ssrc} cname:{cname}"
        if source.rtx_ssrc is not None:
            yield f"a=ssrc:{source.rtx_ssrc} cname:{cname}"


def _direction(media: OfferedMedia) -> str:
    if media.sends and media.receives:
        return "sendrecv"
    if media.sends:
        return "recvonly"
    return "sendonly" if media.receives else "inactive"


def _codec_lines(
    media: OfferedMedia, codec: RTCRtpCodecParameters, config: PeerConfig
) -> Iterator[str]:
    yield f"a=rtpmap:{codec.payloadType} {codec}"
    for feedback in negotiated_feedback(media):
        yield f"a=rtcp-fb:{codec.payloadType} {feedback}"
    parameters = dict(codec.parameters)
    if media.kind == "video":
        rates = (config.min_video_bitrate, config.start_video_bitrate, config.max_video_bitrate)
        # Where Chromium's bandwidth estimator starts, in kbit/s; others ignore it.
        parameters.update(zip(GOOGLE_RATES, (r // 1000 for r in rates), strict=True))
    if parameters:
        yield f"a=fmtp:{codec.payloadType} {parameters_to_sdp(parameters)}"
    if media.rtx is not None:
        yield f"a=rtpmap:{media.rtx.payloadType} {media.rtx}"
        yield f"a=fmtp:{media.rtx.payloadType} apt={codec.payloadType}"
