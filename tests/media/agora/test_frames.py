import importlib
import ssl
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.media.agora.channel import AgoraChannel, ChannelOptions
from mien.media.agora.frames import YuvFrame, copied, to_bgr, to_i420
from mien.media.agora.sdk import is_installed, load_sdk

FAKE = Path(__file__).parents[2] / "live" / "agora_sdk"


def planes(width: int, height: int, pad: int) -> tuple[tuple[bytes, int], ...]:
    """Left half white, right half black, no colour; the padding is bright noise."""
    luma = np.full((height, width + pad), 255, np.uint8)
    luma[:, : width // 2], luma[:, width // 2 : width] = 235, 16
    chroma = np.full((height // 2, width // 2 + pad), 255, np.uint8)
    chroma[:, : width // 2] = 128
    kept = (chroma.tobytes(), width // 2 + pad)
    return (luma.tobytes(), width + pad), kept, kept


@pytest.mark.parametrize("pad", [0, 7])
def test_padding_is_no_picture(pad: int) -> None:
    image = to_bgr(YuvFrame(16, 8, planes(16, 8, pad), 0, 0, 0.0))
    assert image.shape == (8, 16, 3)
    assert (image[:, :8] == 255).all() and (image[:, 8:] == 0).all()


@pytest.mark.parametrize(
    "rotation, white",
    [(90, np.s_[:8]), (180, np.s_[:, 8:]), (270, np.s_[8:])],
)
def test_a_turned_camera_is_set_upright(rotation: int, white: tuple[slice, ...]) -> None:
    image = to_bgr(YuvFrame(16, 8, planes(16, 8, 0), rotation, 0, 0.0))
    assert image.shape[:2] == ((8, 16) if rotation == 180 else (16, 8))
    assert (image[white] == 255).all() and image.mean() == 127.5


def test_planes_smaller_than_their_size_are_refused() -> None:
    for width, height in ((16, 10), (18, 8), (0, 0), (1, 1)):
        with pytest.raises(ValueError, match="planes"):
            to_bgr(YuvFrame(width, height, planes(16, 8, 0), 0, 0, 0.0))


def test_there_and_back_is_the_same_picture_and_odd_sizes_are_cut() -> None:
    picture = np.empty((9, 17, 3), np.uint8)
    picture[:] = (40, 120, 200)
    width, height, data = to_i420(picture)
    assert (width, height, len(data)) == (16, 8, 16 * 8 * 3 // 2)
    raw = bytes(data)
    cut = (raw[:128], 16), (raw[128:160], 8), (raw[160:], 8)
    back = to_bgr(YuvFrame(width, height, cut, 0, 0, 0.0))
    assert np.abs(back.astype(int) - (40, 120, 200)).max() <= 3


def test_what_the_sdk_lends_is_copied() -> None:
    lent = bytearray(b"\x10" * 4)
    frame = SimpleNamespace(width=2, height=2, rotation=0, render_time_ms=5)
    for plane in "yuv":
        setattr(frame, f"{plane}_buffer", lent)
        setattr(frame, f"{plane}_stride", 2)
    kept = copied(frame, 1.5)
    lent[:] = bytes(4)
    assert kept.planes[0] == (b"\x10" * 4, 2)
    assert (kept.time_ms, kept.arrived) == (5, 1.5)


def test_importing_the_sdk_leaves_https_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_installed()
    monkeypatch.syspath_prepend(str(FAKE))
    importlib.invalidate_caches()
    before = ssl._create_default_https_context
    try:
        assert is_installed()
        service, base = load_sdk()
        assert service.ssl is ssl and ssl._create_default_https_context is before
        assert base.AgoraServiceConfig().appid == ""
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "agora"]:
            del sys.modules[name]


async def test_without_the_sdk_a_channel_says_what_to_install() -> None:
    class Nobody:
        def on_video(self, picture: object) -> None: ...

        def on_audio(self, packet: object) -> None: ...

        def on_users(self) -> None: ...

    channel = AgoraChannel(ChannelOptions("a" * 32, "c", 3, 1), lambda: "007", Nobody())
    with pytest.raises(ParameterError, match="agora-python-server-sdk"):
        await channel.join()
    await channel.close()
