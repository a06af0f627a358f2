"""OBS's form of WHIP, written from its public source: an offer of libdatachannel, no trickle."""

from pathlib import Path

import pytest
from tests.media.webrtc.harness import LOOPBACK, Recorder

from mien.media.webrtc.offer import parse_offer
from mien.media.webrtc.peer import Peer

OFFER = (Path(__file__).parent / "obs_offer.sdp").read_text().replace("\n", "\r\n")
PROFILES = ["42e01f", "4d001f", "640032"]


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_stated_once_for_the_session_counts_for_each_medium(profile: str) -> None:
    offer = parse_offer(OFFER.replace("42e01f", profile), 65536)
    assert [m.kind for m in offer.media if m.acceptable] == ["audio", "video"]
    assert all(m.sends and not m.receives for m in offer.media)
    assert offer.ice.usernameFragment == "8bHV"
    assert offer.dtls.role == "auto"
    assert {c.ip for c in offer.candidates} == {"192.0.2.20"}


@pytest.mark.parametrize("profile", PROFILES)
async def test_it_is_answered_with_all_that_a_client_without_trickle_needs(profile: str) -> None:
    peer = Peer(LOOPBACK, Recorder())
    try:
        answer = await peer.answer(OFFER.replace("42e01f", profile))
    finally:
        await peer.close()
    assert answer.count("a=recvonly") == 2
    assert "a=group:BUNDLE 0 1\r\n" in answer
    assert "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" in answer
    assert f"profile-level-id={profile}" in answer
    assert "packetization-mode=1" in answer
    assert "a=setup:active" in answer
    assert " typ host" in answer and "a=end-of-candidates" in answer
    assert "a=rtcp-fb:96 nack pli" in answer
