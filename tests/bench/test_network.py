"""Over a bad line between two network namespaces, with a real Chromium at its other end."""

import pytest
from tests.media.webrtc.harness import until

from mien.bench.line import Condition, Line, can_make_lines
from mien.bench.network import come_back, connect, far_page, measure

pytestmark = [
    pytest.mark.network,
    pytest.mark.browser,
    pytest.mark.skipif(
        not can_make_lines(), reason="needs root, iproute2 and nftables (apt install nftables)"
    ),
]


async def test_a_tenth_lost_is_repaired_and_a_cut_is_known_and_come_back_from() -> None:
    with Line() as line:
        async with far_page(line) as page:
            line.set(Condition(loss=0.1))
            peer, echo = await connect(line, page)
            try:
                lossy = await measure(page, peer, 2, 4)
                assert lossy["fps"] > 3
                assert lossy["resent"] > 0
                assert 0.02 < lossy["loss_up"] < 0.25
                line.set(Condition())
                away = await come_back(line, page, echo, seconds=5)
                assert away["dead_known_s"] < 4.5  # 3 s, and the second of a busy machine
                assert away["back_s"] < 10
            finally:
                await peer.close()


async def test_a_narrow_line_is_not_filled_and_sound_passes() -> None:
    with Line() as line:
        async with far_page(line) as page:
            line.set(Condition(kbit=400))
            peer, echo = await connect(line, page)
            try:
                await until(lambda: peer.statistics().target_bitrate_out < 450_000, 15)
                sound = echo.audio_packets
                narrow = await measure(page, peer, 1, 4)
                assert narrow["target_down"] < 450
                assert narrow["kbit_up"] < 450
                assert echo.audio_packets - sound > 0.8 * 5 * 50  # 20 ms each
            finally:
                await peer.close()
