"""Clips made into what Chromium's fake camera plays, checked pixel by pixel against the clip."""

from pathlib import Path

import av
import numpy as np
import pytest

from mien.bench.camera_file import CAMERA_FPS, camera_frames, write_camera_file

CLIP = Path(__file__).parents[1] / "media" / "signer.mp4"


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second at 15 a second: left half red, right half blue, 320 x 180."""
    path = tmp_path_factory.mktemp("clip") / "halves.mp4"
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[:, :160, 0] = picture[:, 160:, 2] = 220
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mjpeg", ".y4m"])
def test_size_and_rate_are_right(clip: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"camera{suffix}"
    write_camera_file(clip, target, (160, 120))
    frames = pictures(target)
    assert len(frames) in (15, 16, 17)  # 8 at 15 a second are 16 at 30
    assert frames[0].shape == (120, 160, 3)


def test_colours_are_right(clip: Path, tmp_path: Path) -> None:
    # Those of an .mjpeg are as Chromium reads them; test_browser looks at them there.
    target = tmp_path / "camera.y4m"
    write_camera_file(clip, target, (160, 120))
    frames = pictures(target)
    left, right = frames[0][60, 20].astype(int), frames[0][60, 140].astype(int)
    assert np.abs(left - (220, 0, 0)).max() < 25
    assert np.abs(right - (0, 0, 220)).max() < 25


def test_a_y4m_says_its_rate_and_size(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "camera.y4m"
    write_camera_file(clip, target, (160, 120))
    data = target.read_bytes()
    header, _, rest = data.partition(b"\n")
    assert header == f"YUV4MPEG2 W160 H120 F{CAMERA_FPS}:1 Ip A1:1 C420jpeg".encode()
    assert len(rest) % (160 * 120 * 3 // 2 + len(b"FRAME\n")) == 0


def test_a_wide_clip_is_cropped_not_squeezed(clip: Path) -> None:
    first = next(camera_frames(clip, (120, 120))).to_ndarray(format="rgb24")
    # A squeezed picture would have its border between red and blue in the middle as well, but
    # the whole of the clip's width; cropped, 120 of 213 columns are left around it.
    assert np.argmax(first[60, :, 2] > 100) == pytest.approx(60, abs=2)


def test_the_real_clip_keeps_its_length(tmp_path: Path) -> None:
    with av.open(str(CLIP)) as container:
        seconds = float(container.duration or 0) / av.time_base
    count = sum(1 for _ in camera_frames(CLIP, (64, 48)))
    assert count / CAMERA_FPS == pytest.approx(seconds, abs=0.15)


def test_other_forms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not \.webm"):
        write_camera_file(CLIP, tmp_path / "camera.webm")
