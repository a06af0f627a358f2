from struct import pack

import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpReceiverInfo, RtcpRrPacket, RtcpRtpfbPacket

from mien.media.webrtc.twcc import FeedbackBuilder
from mien.media.webrtc.twccreader import read_feedback, split_feedback


def feedback(body: bytes) -> bytes:
    return pack("!BBH", 0x8F, 205, (8 + len(body)) // 4) + bytes(8) + body


def test_what_was_written_is_read() -> None:
    builder = FeedbackBuilder()
    came = {65534: 10.0, 65535: 10.004, 1: 10.05, 2: 10.04}
    for number, at in came.items():
        builder.add(number, at)
    packet = builder.build(1, 2)
    assert packet is not None
    arrivals = dict(read_feedback(packet).arrivals)
    assert list(arrivals) == [65534, 65535, 0, 1, 2]
    assert arrivals[0] is None
    for number, at in came.items():
        assert arrivals[number] == pytest.approx(at, abs=3e-4)


def test_run_length_and_one_bit_chunks_by_hand() -> None:
    # Base 5; 2 + 14 packets; reference time 3 (x 64 ms); a run of two small deltas, then one bits.
    bits = 0b10000000000001
    body = pack("!HHI", 5, 16, 3 << 8 | 1) + pack("!HH", 1 << 13 | 2, 0x8000 | bits)
    body += bytes([4, 8, 12, 16])
    arrivals = read_feedback(feedback(body)).arrivals
    assert [n for n, at in arrivals if at is not None] == [5, 6, 7, 20]
    times = [at for _, at in arrivals if at is not None]
    assert times == pytest.approx([0.193, 0.195, 0.198, 0.202])


def test_a_negative_delta() -> None:
    body = pack("!HHI", 0, 2, 1 << 8) + pack("!H", 0b11 << 14 | 2 << 12 | 2 << 10)
    body += pack("!hhH", 400, -40, 0)
    assert [at for _, at in read_feedback(feedback(body)).arrivals] == pytest.approx([0.164, 0.154])


@pytest.mark.parametrize("cut", range(4, 30, 2))
def test_cut_off_feedback_is_an_error_in_words(cut: int) -> None:
    body = pack("!HHI", 5, 14, 3 << 8) + pack("!H", 1 << 13 | 14) + bytes(14)
    with pytest.raises(ValueError, match="cut off"):
        read_feedback(feedback(body)[:cut])


def test_a_claim_of_too_many_packets_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        read_feedback(feedback(pack("!HHI", 0, 65535, 0)))


def test_feedback_is_taken_out_of_a_compound_packet() -> None:
    report = bytes(RtcpRrPacket(5, [RtcpReceiverInfo(111, 128, 0, 0, 0, 0, 0)]))
    nack = bytes(RtcpRtpfbPacket(RTCP_RTPFB_NACK, 5, 111, [1, 2]))
    ours = feedback(pack("!HHI", 0, 1, 0) + pack("!H", 1 << 13 | 1) + bytes(2))
    assert split_feedback(report + ours + nack) == ([ours], report + nack)
    assert split_feedback(b"\x80") == ([], b"")
