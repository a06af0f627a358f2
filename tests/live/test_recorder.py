import threading
from pathlib import Path

import av
import numpy as np
import pytest

from mien.live.recorder import MOST_PICTURES, Recorder
from mien.media.recording import RecordingWriter
from mien.media.webrtc.peer import VideoPicture


def shot(number: int) -> VideoPicture:
    image = np.full((120, 160, 3), 40 + number, np.uint8)
    return VideoPicture(image, number * 3000, 50 + number / 30)


def test_what_the_encoder_cannot_keep_up_with_is_dropped_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, may_write = tmp_path / "out.mp4", threading.Event()
    write, held = RecordingWriter.picture, threading.Event()

    def slow(writer: RecordingWriter, image: np.ndarray, came: float) -> None:
        held.set()
        may_write.wait(10)
        write(writer, image, came)

    monkeypatch.setattr(RecordingWriter, "picture", slow)
    recorder = Recorder(lambda: path.open("wb", buffering=0))
    recorder.put(shot(0))
    assert held.wait(10)
    for number in range(1, 30):
        recorder.put(shot(number))
    assert recorder.dropped == 29 - MOST_PICTURES
    may_write.set()
    recorder.close()
    with av.open(str(path)) as clip:
        times = [frame.time for frame in clip.decode(video=0)]
    # The first, then the newest.
    assert times == pytest.approx([0, *(n / 30 for n in range(22, 30))], abs=1e-3)
    figures = recorder.figures()
    assert (figures["recorded_frames"], figures["recording"]) == (9, False)


def test_no_picture_no_file(tmp_path: Path) -> None:
    recorder = Recorder(lambda: (tmp_path / "out.mp4").open("wb", buffering=0))
    assert recorder.figures()["recording"] is True
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_ends_the_recording_alone(tmp_path: Path) -> None:
    recorder = Recorder(lambda: (tmp_path / "missing" / "out.mp4").open("wb", buffering=0))
    recorder.put(shot(0))
    recorder.close()
    assert recorder.failed
    assert recorder.figures()["recording"] is False
    recorder.put(shot(1))
