import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import MediaRejected
from mien.media.webrtc.answer import LocalSource, LocalTransport, build_answer
from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.offer import parse_offer
from mien.media.webrtc.trickle import is_usable, parse_fragment

LIMIT = 64 * 1024
FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)
TRANSPORT = f"""a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:{FINGERPRINT}
a=setup:actpass
a=rtcp-mux
"""
AUDIO = f"""m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0
c=IN IP4 0.0.0.0
{TRANSPORT}a=mid:a
a=sendrecv
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=rtpmap:0 PCMU/8000
"""
VIDEO = f"""m=video 9 UDP/TLS/RTP/SAVPF 98 96 97 102 103 104
c=IN IP4 0.0.0.0
{TRANSPORT}a=mid:v
a=extmap:14 urn:3gpp:video-orientation
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=sendrecv
a=rtcp-rsize
a=rtpmap:98 VP9/90000
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 transport-cc
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:103 H264/90000
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=ssrc:77 cname:x
a=candidate:1 1 udp 2113937151 198.51.100.1 50000 typ host
a=candidate:2 1 udp 2113937151 0b1e.local 50001 typ host
"""
DATA = f"""m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
{TRANSPORT}a=mid:d
a=sctp-port:5000
"""
TEXT = "m=text 9 UDP/TLS/RTP/SAVPF 100\na=mid:t\na=rtpmap:100 t140/1000\n"


def sdp(*sections: str, bundle: str = "a v d t") -> str:
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    head += [f"a=group:BUNDLE {bundle}"] if bundle else []
    return "\r\n".join([*head, *"".join(sections).splitlines()]) + "\r\n"


FULL = sdp(AUDIO, VIDEO, DATA)


def answer_to(offer: str, config: PeerConfig | None = None) -> str:
    parsed = parse_offer(offer, LIMIT)
    transport = LocalTransport(parsed.ice, [], parsed.dtls.fingerprints, "client")
    sources = {m.mid: LocalSource(1000 + i, 2000 + i) for i, m in enumerate(parsed.media)}
    return build_answer(parsed, transport, sources, "name", config or PeerConfig())


def test_takes_the_first_codec_it_speaks_in_the_order_of_the_offer() -> None:
    audio, video, data = parse_offer(FULL, LIMIT).media
    assert audio.codec is not None and audio.codec.payloadType == 111
    assert video.codec is not None and video.codec.payloadType == 96
    assert video.rtx is not None and video.rtx.payloadType == 97
    assert video.ssrcs == (77,)
    assert data.sctp_port == 5000
    preferred = FULL.replace("SAVPF 98 96 97 102 103 104", "SAVPF 103 102 104 96")
    chosen = parse_offer(preferred, LIMIT).media[1].codec
    assert chosen is not None and chosen.payloadType == 104  # constrained baseline, mode 1


def test_a_publisher_may_send_any_h264_profile() -> None:
    video = VIDEO.replace("SAVPF 98 96 97 102 103 104", "SAVPF 103")
    publishing = video.replace("a=sendrecv", "a=sendonly")
    assert parse_offer(sdp(publishing), LIMIT).media[0].codec is not None
    with pytest.raises(MediaRejected, match="VP8"):
        parse_offer(sdp(video), LIMIT)


def test_strips_names_of_the_own_network() -> None:
    hosts = [c.ip for c in parse_offer(FULL, LIMIT).candidates]
    assert hosts == ["198.51.100.1"]


def test_answers_one_codec_one_transport_one_stream() -> None:
    lines = answer_to(FULL).splitlines()
    assert [x for x in lines if x.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert "a=group:BUNDLE a v d" in lines
    assert lines.count("a=msid:mien audio") == lines.count("a=msid:mien video") == 1
    assert {x for x in lines if "cname" in x} == {
        "a=ssrc:1000 cname:name",
        "a=ssrc:1001 cname:name",
        "a=ssrc:2000 cname:name",
        "a=ssrc:2001 cname:name",
    }
    assert lines.count("a=setup:active") == 3
    assert lines.count("a=rtcp-mux") == 2


def test_negotiates_only_what_both_know() -> None:
    answer = answer_to(FULL)
    assert "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay" in answer
    # Not negotiated, so that browsers turn the picture themselves.
    assert "video-orientation" not in answer
    feedback = [x for x in answer.splitlines() if x.startswith("a=rtcp-fb")]
    assert feedback == [f"a=rtcp-fb:96 {x}" for x in ("nack", "nack pli", "transport-cc")]
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in answer
    assert "a=rtcp-rsize" in answer
    assert "a=rtcp-rsize" not in answer_to(FULL.replace("a=rtcp-rsize\r\n", ""))


def test_tells_the_bit_rates_of_this_peer() -> None:
    config = PeerConfig(
        min_video_bitrate=300_000, start_video_bitrate=2_000_000, max_video_bitrate=6_000_000
    )
    assert (
        "a=fmtp:96 x-google-min-bitrate=300;x-google-start-bitrate=2000;x-google-max-bitrate=6000"
        in answer_to(FULL, config)
    )


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ("sendrecv", "sendrecv"),
        ("sendonly", "recvonly"),
        ("recvonly", "sendonly"),
        ("inactive", "inactive"),
    ],
)
def test_mirrors_the_direction(offered: str, answered: str) -> None:
    answer = answer_to(sdp(AUDIO, VIDEO.replace("a=sendrecv", f"a={offered}")))
    video = answer[answer.index("m=video") :]
    assert f"a={answered}\r\n" in video


def test_unknown_lines_get_port_0_and_keep_their_place() -> None:
    answer = answer_to(sdp(TEXT, VIDEO, AUDIO.replace("opus", "speex").replace("PCMU", "L16")))
    lines = [x for x in answer.splitlines() if x.startswith("m=")]
    assert lines[0] == "m=text 0 UDP/TLS/RTP/SAVPF 100"
    assert lines[1].startswith("m=video 9 ")
    assert lines[2].startswith("m=audio 0 ")
    assert "a=group:BUNDLE v\r\n" in answer


def test_without_bundle_only_the_first_line_is_answered() -> None:
    parsed = parse_offer(sdp(AUDIO, VIDEO, bundle=""), LIMIT)
    assert [m.acceptable for m in parsed.media] == [True, False]


def test_a_line_with_port_0_is_off_unless_it_is_bundled_with_another() -> None:
    off = VIDEO.replace("m=video 9", "m=video 0")
    assert not parse_offer(sdp(AUDIO, off), LIMIT).media[1].acceptable
    bundled = off + "a=bundle-only\n"
    assert parse_offer(sdp(AUDIO, bundled), LIMIT).media[1].acceptable


@pytest.mark.parametrize("setup", ["active", "actpass", "passive"])
def test_reads_the_dtls_role(setup: str) -> None:
    role = parse_offer(FULL.replace("actpass", setup), LIMIT).dtls.role
    assert role == {"active": "client", "actpass": "auto", "passive": "server"}[setup]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "garbage",
        "{}",
        FULL.replace("a=ice-pwd:0123456789012345678901\r\n", ""),
        FULL.replace(f"a=fingerprint:{FINGERPRINT}\r\n", ""),
        FULL.replace("actpass", "sideways"),
        FULL.replace("m=audio 9 UDP", "m=audio nine UDP"),
        FULL.replace("opus/48000/2", "opus"),
        FULL.replace("IN IP4 0.0.0.0", "nowhere"),
        FULL.replace("apt=96", "apt=x"),
        FULL.replace("a=fmtp:97", "a=fmtp:55"),
        sdp(TEXT),
        sdp(),
        "m=video 9 UDP/TLS/RTP/SAVPF 300\r\n",
        FULL + "a=" * LIMIT,
        "é" * (LIMIT // 2 + 1),
    ],
)
def test_bad_offers_are_rejected(bad: str) -> None:
    with pytest.raises(MediaRejected):
        parse_offer(bad, LIMIT)


def test_the_limit_itself_is_allowed() -> None:
    padded = FULL + "a=x:" + "y" * (LIMIT - len(FULL) - 6) + "\r\n"
    assert len(padded) == LIMIT
    assert parse_offer(padded, LIMIT)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_answered_or_rejected(data: st.DataObject) -> None:
    lines = FULL.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        place = data.draw(st.integers(0, len(line)))
        kind = data.draw(st.sampled_from(["cut", "insert", "delete", "double"]))
        if kind == "cut":
            lines[index] = line[:place]
        elif kind == "insert":
            lines[index] = line[:place] + data.draw(st.text(max_size=8)) + line[place:]
        elif kind == "double":
            lines.insert(index, line)
        elif len(lines) > 1:
            del lines[index]
    try:
        answer_to("\r\n".join(lines))
    except MediaRejected:
        return


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_answered_or_rejected(text: str) -> None:
    for candidate in (text, f"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na={text}\r\n"):
        with pytest.raises(MediaRejected):
            parse_offer(candidate, LIMIT)


def test_reads_a_trickle_fragment() -> None:
    fragment = parse_fragment(
        "a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"
        "a=candidate:1 1 udp 2113937151 198.51.100.1 50000 typ host\r\n"
        "a=candidate:2 1 udp 1 x.local 50000 typ host\r\n"
        "a=candidate:3 1 tcp 1 198.51.100.1 9 typ host tcptype active\r\n"
        "a=end-of-candidates\r\n",
        LIMIT,
    )
    assert fragment.username == "abcd"
    assert [(c.ip, c.port, is_usable(c)) for c in fragment.candidates] == [
        ("198.51.100.1", 50000, True),
        ("198.51.100.1", 9, False),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "a=candidate:1\r\n",
        "a=candidate:1 one udp 1 198.51.100.1 50000 typ host",
        "a=ice-ufrag:a\r\na=ice-ufrag:b",
        "x" * (LIMIT + 1),
    ],
)
def test_bad_fragments_are_rejected(bad: str) -> None:
    with pytest.raises(MediaRejected):
        parse_fragment(bad, LIMIT)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_fragment_is_read_or_rejected(text: str) -> None:
    for fragment in (text, f"a=candidate:{text}"):
        try:
            candidates = parse_fragment(fragment, LIMIT).candidates
        except MediaRejected:
            continue
        for candidate in candidates:
            is_usable(candidate)
