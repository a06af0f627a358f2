"""A stranger's session description, read with suspicion."""

from dataclasses import dataclass, field, replace

from aiortc.rtcdtlstransport import RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import H264Profile, MediaDescription, SessionDescription, grouplines
from aiortc.sdp import parse_h264_profile_level_id as parse_profile

from mien.errors import MediaRejected

# What aiortc's parser raises on bad input.
PARSE_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)
BASELINES = (H264Profile.PROFILE_CONSTRAINED_BASELINE, H264Profile.PROFILE_BASELINE)
DEFAULT_PROFILE = "42e01f"
DIRECTIONS = ("inactive", "sendonly", "recvonly", "sendrecv")
DATA = "application"


@dataclass(frozen=True)
class OfferedMedia:
    """One m-line. codec is None when nothing in it can be accepted.

    sends and receives say what the offering side does.
    """

    kind: str
    profile: str
    formats: tuple[str, ...]
    mid: str
    sends: bool
    receives: bool
    codec: RTCRtpCodecParameters | None = None
    rtx: RTCRtpCodecParameters | None = None
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    sctp_port: int | None = None
    max_message_size: int = 65536

    @property
    def acceptable(self) -> bool:
        """Whether we can answer this m-line with something else than port 0."""
        return self.codec is not None or self.sctp_port is not None


@dataclass(frozen=True)
class Offer:
    """An offer that can be answered: at least one m-line is acceptable."""

    media: tuple[OfferedMedia, ...]
    ice: RTCIceParameters
    dtls: RTCDtlsParameters
    candidates: tuple[RTCIceCandidate, ...]
    reduced_size_rtcp: bool


def parse_offer(sdp: str, max_bytes: int) -> Offer:
    """Read an offer.

    Raises MediaRejected when it is too large, malformed, or has nothing that we speak.
    """
    if len(sdp.encode("utf-8", "replace")) > max_bytes:
        raise MediaRejected(f"The session description is above {max_bytes} bytes.")
    try:
        return _read(SessionDescription.parse(without_local_names(sdp)), sdp)
    except PARSE_ERRORS as error:
        raise MediaRejected(
            "The session description can't be read", "send an SDP offer."
        ) from error


def without_local_names(sdp: str) -> str:
    """The description without mDNS candidates: looking them up costs a second, and the peer's
    own checks tell its address anyway."""
    lines = sdp.splitlines()
    kept = [x for x in lines if not (x.startswith("a=candidate") and ".local " in x.lower())]
    return "\r\n".join(kept) + "\r\n"


def _read(description: SessionDescription, sdp: str) -> Offer:
    bundle = {i for g in description.group if g.semantic == "BUNDLE" for i in g.items}
    media: list[OfferedMedia] = []
    for section, lines in zip(description.media, grouplines(sdp)[1], strict=True):
        # All media shares one transport: without BUNDLE only the first m-line can be had.
        alone = not any(m.acceptable for m in media)
        usable = section.port != 0 or "a=bundle-only" in lines
        bundled = section.rtp.muxId in bundle or alone
        media.append(_media(section, usable and bundled))
    accepted = [s for s, m in zip(description.media, media, strict=True) if m.acceptable]
    if not accepted:
        raise MediaRejected("Nothing in the offer can be answered", "offer VP8 or H.264 and Opus.")
    first = accepted[0]
    if not (first.ice and first.ice.usernameFragment and first.ice.password):
        raise MediaRejected("The offer has no ICE user name and password.")
    if first.dtls is None or not first.dtls.fingerprints:
        raise MediaRejected("The offer has no DTLS fingerprint and setup role.")
    return Offer(
        media=tuple(media),
        ice=first.ice,
        dtls=first.dtls,
        candidates=tuple(c for s in accepted for c in s.ice_candidates),
        reduced_size_rtcp="a=rtcp-rsize" in sdp,
    )


def _media(section: MediaDescription, usable: bool) -> OfferedMedia:
    direction = section.direction or "sendrecv"
    bits = DIRECTIONS.index(direction)
    media = OfferedMedia(
        kind=section.kind,
        profile=section.profile,
        formats=tuple(str(f) for f in section.fmt),
        mid=section.rtp.muxId or "",
        sends=bool(bits & 1),
        receives=bool(bits & 2),
    )
    if not usable:
        return media
    if section.kind == DATA:
        return _with_data(media, section)
    if section.kind in ("audio", "video"):
        return _with_codec(media, section)
    return media


def _with_data(media: OfferedMedia, section: MediaDescription) -> OfferedMedia:
    if "SCTP" not in section.profile or section.sctp_port is None:
        return media
    size = section.sctpCapabilities.maxMessageSize if section.sctpCapabilities else 65536
    return replace(media, sctp_port=section.sctp_port, max_message_size=size)


def _with_codec(media: OfferedMedia, section: MediaDescription) -> OfferedMedia:
    codec = _first_known(section, media)
    if codec is None:
        return media
    repairs = [
        c
        for c in section.rtp.codecs
        if c.name.lower() == "rtx" and c.parameters.get("apt") == codec.payloadType
    ]
    return replace(
        media,
        codec=codec,
        rtx=repairs[0] if repairs else None,
        extensions={e.uri: e.id for e in section.rtp.headerExtensions},
        ssrcs=tuple(s.ssrc for s in section.ssrc),
    )


def _first_known(section: MediaDescription, media: OfferedMedia) -> RTCRtpCodecParameters | None:
    """The first codec that we speak, in the offer's order of preference."""
    by_type = {c.payloadType: c for c in section.rtp.codecs}
    ordered = [by_type[int(f)] for f in media.formats if int(f) in by_type]
    return next((c for c in ordered if _is_known(c, media)), None)


def _is_known(codec: RTCRtpCodecParameters, media: OfferedMedia) -> bool:
    name = codec.name.upper()
    if media.kind == "audio":
        return name == "OPUS" and codec.clockRate == 48000
    if codec.clockRate != 90000:
        return False
    return name == "VP8" or (name == "H264" and _is_known_h264(codec, media))


def _is_known_h264(codec: RTCRtpCodecParameters, media: OfferedMedia) -> bool:
    if str(codec.parameters.get("packetization-mode", "0")) != "1":
        return False
    if not media.receives:
        return True  # we only decode, and decode every profile
    profile, _ = parse_profile(str(codec.parameters.get("profile-level-id", DEFAULT_PROFILE)))
    return profile in BASELINES
