import numpy as np
import pytest

from mien.bench.camera import FACE_HEIGHT, SyntheticCamera, shipped_photo
from mien.bench.engine import parse_size, run
from mien.models.weights import WeightStore
from mien.vision.faces import FaceFinder


def test_the_report_has_its_promised_form() -> None:
    report = run(["480x480"], [1, 2], 30)
    assert set(report) == {"runs", "peak_memory_mb"}
    assert [(one["size"], one["level"]) for one in report["runs"]] == [
        ("480x480", 1),
        ("480x480", 2),
    ]
    for one in report["runs"]:
        assert set(one) == {"size", "level", "p50_ms", "p95_ms", "cpu_ms", "fps", "stages"}
        assert 0 < one["p50_ms"] <= one["p95_ms"]
        assert one["cpu_ms"] > 0
        assert one["fps"] > 0
        assert {"track", "shade", "light"} <= set(one["stages"]), "a face was swapped"
        assert sum(lap["p50_ms"] for lap in one["stages"].values()) <= 1.2 * one["p50_ms"]
    assert 100 < report["peak_memory_mb"] < 4000


def test_the_camera_shows_a_face_of_the_promised_height() -> None:
    find = FaceFinder.load(WeightStore())
    for width, height in ((640, 480), (1280, 720)):
        camera = SyntheticCamera(width, height, np.random.default_rng(0))
        for number in (0, 19):
            points = find(camera.frame(number))[0].mesh.points
            tall = np.linalg.norm(points[10, :2] - points[152, :2])
            assert tall == pytest.approx(FACE_HEIGHT, rel=0.1)
            assert points[:, 0].min() > 0
            assert points[:, 0].max() < width


def test_frames_move_and_repeat() -> None:
    camera = SyntheticCamera(320, 240, np.random.default_rng(0))
    np.testing.assert_array_equal(camera.frame(7), camera.frame(7))
    assert np.abs(camera.frame(7).astype(int) - camera.frame(11)).mean() > 2


def test_the_shipped_photo_is_a_colour_picture() -> None:
    assert shipped_photo().shape == (360, 360, 3)


@pytest.mark.parametrize("size", ["640", "640x", "x480", "axb", "-1x4", ""])
def test_a_wrong_size_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="640x480"):
        parse_size(size)
