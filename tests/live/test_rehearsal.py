from mien.live.rehearsal import SIZE, cpu_ms_per_frame, face_picture
from mien.models.weights import WeightStore
from mien.vision.faces import FaceFinder


def test_the_picture_shows_one_face_of_the_size_that_is_promised() -> None:
    picture = face_picture()
    assert (picture.shape[1], picture.shape[0]) == SIZE
    (face,) = FaceFinder.load(WeightStore())(picture)
    height = face.mesh.points[:, 1].max() - face.mesh.points[:, 1].min()
    assert 240 < height < 280
    # The suit is orange: in BGR red is the largest channel. A swapped order fails here.
    blue, _, red = picture[400:, :80].reshape(-1, 3).mean(axis=0)
    assert red > blue


def test_a_frame_costs_some_processor_time_and_not_seconds() -> None:
    assert 3 < cpu_ms_per_frame(WeightStore()) < 500
