import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import mien
from mien import FaceSwapper
from mien.errors import NoFaceFound, ParameterError, SourceRejected
from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance

MEDIA = Path(__file__).parent / "media"
STORE = WeightStore()
FIND = FaceFinder.load(STORE)


def photo(name: str) -> BgrImage:
    image = cv2.imread(str(MEDIA / name))
    assert image is not None
    return np.asarray(image, np.uint8)


def largest(image: BgrImage) -> FaceMesh:
    return FIND(image)[0].mesh


def clip(name: str, frames: int) -> list[BgrImage]:
    film = cv2.VideoCapture(str(MEDIA / name))
    read = [film.read() for _ in range(frames)]
    film.release()
    return [np.asarray(image, np.uint8) for found, image in read if found]


def opening(mesh: FaceMesh) -> float:
    lips = mesh.points[[13, 14], 1]
    eyes = mesh.points[[33, 263], :2]
    return float((lips[1] - lips[0]) / np.linalg.norm(eyes[0] - eyes[1]))


@pytest.mark.parametrize(
    ("source", "target"),
    [("astronaut.png", "grace_hopper.jpg"), ("grace_hopper.jpg", "astronaut.png")],
)
def test_the_result_is_the_source_not_the_target(source: str, target: str) -> None:
    identity = IdentityModel.load(STORE)
    frame = photo(target)
    swapper = FaceSwapper(photo(source))
    for _ in range(3):
        out = swapper(frame)
    worn, bare = (identity(photo(name), largest(photo(name))) for name in (source, target))
    seen = identity(out, largest(out))
    # One person is below 0.6; the second photo's hat, hair and glasses stay on whoever wears it.
    assert distance(seen, worn) < 0.6
    assert distance(seen, worn) < distance(seen, bare) - 0.07
    assert distance(seen, worn) < distance(bare, worn) - 0.07


def test_the_mouth_follows_the_target() -> None:
    frames = clip("signer.mp4", 45)
    swapper = FaceSwapper(photo("grace_hopper.jpg"))
    outs = [swapper(frame, number / 30) for number, frame in enumerate(frames)]
    wanted = [opening(largest(frame)) for frame in frames[5::5]]
    shown = [opening(largest(out)) for out in outs[5::5]]
    assert np.ptp(wanted) > 0.05, "the clip moves its mouth"
    assert np.corrcoef(wanted, shown)[0, 1] > 0.7


def test_the_frame_is_left_alone_and_its_surroundings_too() -> None:
    frame = photo("astronaut.png")
    before = frame.copy()
    out = FaceSwapper(photo("grace_hopper.jpg"), quality=1)(frame)
    np.testing.assert_array_equal(frame, before)
    np.testing.assert_array_equal(out[300:], frame[300:])
    assert (out[60:180, 180:280] != frame[60:180, 180:280]).any(-1).mean() > 0.7


def test_a_frame_without_a_face_passes() -> None:
    frame = np.full((240, 320, 3), 90, np.uint8)
    np.testing.assert_array_equal(FaceSwapper(photo("astronaut.png"))(frame), frame)


def test_a_source_without_a_face_is_refused_in_words() -> None:
    with pytest.raises(NoFaceFound, match="use a sharp picture"):
        FaceSwapper(np.full((240, 320, 3), 90, np.uint8))


def test_several_photos_of_one_person_are_worn_as_one() -> None:
    identity = IdentityModel.load(STORE)
    frame, alone = photo("grace_hopper.jpg"), photo("astronaut.png")
    darker = np.clip(alone * 0.8, 0, 255).astype(np.uint8)
    worn = identity(alone, largest(alone))
    gaps = []
    for photos in ([alone], [alone, darker]):
        out = FaceSwapper(photos)(frame)
        gaps.append(distance(identity(out, largest(out)), worn))
    assert gaps[1] == pytest.approx(gaps[0], abs=0.05)


def test_photos_of_two_persons_are_refused_in_words() -> None:
    with pytest.raises(SourceRejected, match="another person"):
        FaceSwapper([photo("astronaut.png"), photo("grace_hopper.jpg")])
    with pytest.raises(ParameterError, match="at least one"):
        FaceSwapper([])


def test_importing_the_package_imports_no_engine() -> None:
    program = "import sys, mien; assert not {'numba', 'cv2', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Swopper"):
        mien.Swopper  # noqa: B018


def test_only_who_is_on_a_target_s_picture_is_changed() -> None:
    woman, other = photo("astronaut.png"), photo("grace_hopper.jpg")[:512]
    group = np.hstack([woman, other])
    swapper = FaceSwapper(woman, targets=[other])
    for _ in range(2):
        out = swapper(group)
    np.testing.assert_array_equal(out[:, :512], woman)
    assert np.abs(out[150:320, 690:850].astype(int) - group[150:320, 690:850]).mean() > 8
    with pytest.raises(ParameterError, match="one target face"):
        FaceSwapper([woman], targets=[woman, other])
    with pytest.raises(NoFaceFound):
        FaceSwapper(woman, targets=[np.full_like(woman, 90)])
