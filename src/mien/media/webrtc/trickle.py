"""Candidates that come after the offer: application/trickle-ice-sdpfrag (RFC 8840)."""

from dataclasses import dataclass

from aiortc.rtcicetransport import RTCIceCandidate
from aiortc.sdp import candidate_from_sdp

from mien.errors import MediaRejected
from mien.media.webrtc.offer import PARSE_ERRORS, without_local_names

MAX_PORT = 65535


@dataclass(frozen=True)
class TrickleFragment:
    """The candidates of one fragment, and the ICE generation that they belong to."""

    username: str | None
    candidates: tuple[RTCIceCandidate, ...]


def parse_fragment(text: str, max_bytes: int) -> TrickleFragment:
    """Read a fragment. End-of-candidates needs nothing: connecting has a time limit.

    Raises MediaRejected when it is too large or malformed.
    """
    if len(text.encode("utf-8", "replace")) > max_bytes:
        raise MediaRejected(f"The ICE fragment is above {max_bytes} bytes.")
    lines = without_local_names(text).splitlines()
    names = {x.removeprefix("a=ice-ufrag:") for x in lines if x.startswith("a=ice-ufrag:")}
    found = [x.removeprefix("a=candidate:") for x in lines if x.startswith("a=candidate:")]
    if len(names) > 1:
        raise MediaRejected("The ICE fragment names more than one generation.")
    try:
        candidates = tuple(candidate_from_sdp(x) for x in found)
    except PARSE_ERRORS as error:
        raise MediaRejected("A candidate in the ICE fragment can't be read.") from error
    return TrickleFragment(next(iter(names), None), candidates)


def is_usable(candidate: RTCIceCandidate) -> bool:
    """Whether a candidate is UDP, for RTP, with a port to send to."""
    return (
        candidate.protocol.lower() == "udp"
        and candidate.component == 1
        and 0 < candidate.port <= MAX_PORT
    )
