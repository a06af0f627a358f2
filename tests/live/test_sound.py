import asyncio
import time

from tests.live.camera_client import until

from mien.live.sound import SoundRelay
from mien.media.webrtc.peer import AudioPacket


def packet(number: int, arrived: float) -> AudioPacket:
    return AudioPacket(b"x", number, number * 960, 1, False, arrived)


async def test_sound_is_held_for_its_delay_and_keeps_its_order() -> None:
    played: list[tuple[int, float]] = []
    relay = SoundRelay(lambda p: played.append((p.sequence, time.monotonic())), time.monotonic)
    relay.set_delay(0.15)
    began = time.monotonic()
    for number in range(3):
        relay.put(packet(number, began + number * 0.01))
    await until(lambda: len(played) == 3)
    assert [number for number, _ in played] == [0, 1, 2]
    assert all(at - began >= 0.149 + number * 0.01 for number, at in played)


async def test_a_closed_relay_is_silent() -> None:
    played: list[AudioPacket] = []
    relay = SoundRelay(played.append, time.monotonic)
    relay.set_delay(0.05)
    relay.put(packet(0, time.monotonic()))
    relay.close()
    await asyncio.sleep(0.1)
    assert not played
