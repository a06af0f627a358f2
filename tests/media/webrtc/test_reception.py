from aiortc.rtp import RtcpReceiverInfo, RtcpSenderInfo, RtcpSrPacket

from mien.media.webrtc.reception import Reception


def receive(reception: Reception, numbers: list[int]) -> None:
    for number in numbers:
        reception.add(number & 0xFFFF, number * 3000, number / 30)


def test_counts_what_is_lost() -> None:
    reception = Reception(7, 90_000)
    receive(reception, [65530, 65531, 65533, 65535, 65537])
    report = reception.report(1.0)
    assert report.ssrc == 7
    assert report.packets_lost == 3
    assert report.fraction_lost == 256 * 3 // 8
    assert reception.loss == 3 / 8
    assert report.highest_sequence & 0xFFFF == 1
    receive(reception, [65538, 65539])
    assert reception.report(2.0).fraction_lost == 0


def test_a_repeated_packet_is_no_negative_loss() -> None:
    reception = Reception(7, 90_000)
    receive(reception, [1, 2, 2, 2])
    assert reception.report(1.0).fraction_lost == 0
    assert RtcpReceiverInfo.parse(bytes(reception.report(1.0))).packets_lost == -2


def test_an_even_stream_has_no_jitter_and_an_uneven_one_has() -> None:
    even, uneven = Reception(7, 90_000), Reception(7, 90_000)
    for number in range(50):
        even.add(number, number * 3000, number / 30)
        uneven.add(number, number * 3000, number / 30 + (number % 2) * 0.01)
    assert even.report(0).jitter < 5
    assert 700 < uneven.report(0).jitter <= 900  # 10 ms of 90 kHz


def test_echoes_the_last_sender_report() -> None:
    reception = Reception(7, 90_000)
    receive(reception, [1])
    assert (reception.report(5.0).lsr, reception.report(5.0).dlsr) == (0, 0)
    reception.on_sender_report(
        RtcpSrPacket(7, RtcpSenderInfo(0x1111_2222_3333_4444, 0, 0, 0)), 10.0
    )
    reception.on_sender_report(RtcpSrPacket(8, RtcpSenderInfo(0, 0, 0, 0)), 10.1)
    report = reception.report(10.5)
    assert report.lsr == 0x2222_3333
    assert report.dlsr == 32768


def test_before_anything_came_there_is_nothing_to_report() -> None:
    report = Reception(7, 90_000).report(1.0)
    assert (report.packets_lost, report.fraction_lost) == (0, 0)
