import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.trust.sealed_file import BLOCK_BYTES, DATA_BYTES, SealedPath
from mien.trust.sealing import SealBroken

KEY = bytes(range(32))
SECRET = b"a face, again and again; " * 1000


@pytest.fixture
def place(tmp_path: Path) -> SealedPath:
    return SealedPath(tmp_path / "x.sealed", KEY)


def written(place: SealedPath, data: bytes) -> SealedPath:
    with place.create(os.urandom) as file:
        file.write(data)
    return place


def read(place: SealedPath, *, whole: bool = True) -> bytes:
    with place.open(whole=whole) as file:
        return file.read() or b""


@pytest.mark.parametrize("length", [0, 1, DATA_BYTES - 1, DATA_BYTES, DATA_BYTES + 1, 20_000])
def test_what_was_written_is_read(place: SealedPath, length: int) -> None:
    written(place, SECRET[:length])
    assert read(place) == SECRET[:length]
    with place.open() as file:
        assert file.size == length
        assert not file.writable()
    blocks = max(1, -(-length // DATA_BYTES))
    assert place.path.stat().st_size == length + blocks * 28


def test_nothing_of_it_can_be_read_on_the_disk_and_only_its_owner_may(place: SealedPath) -> None:
    written(place, SECRET)
    assert SECRET[:12] not in place.path.read_bytes()
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert repr(KEY) not in repr(place)


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "over", "read", "cut"]),
        st.integers(0, 3 * DATA_BYTES),
        st.integers(0, 2 * DATA_BYTES),
    ),
    max_size=8,
)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_it_behaves_as_any_other_file(tmp_path: Path, steps: list[Step]) -> None:
    place = SealedPath(tmp_path / os.urandom(8).hex(), KEY)
    plain = io.BytesIO()
    with place.create(os.urandom) as file:
        for number, (what, at, length) in enumerate(steps):
            data = bytes([number + 1]) * length
            if what == "append":
                assert file.seek(0, io.SEEK_END) == plain.seek(0, io.SEEK_END)
                assert file.write(data) == plain.write(data)
            elif what == "over":
                begin = min(at, len(plain.getvalue()))
                assert file.seek(begin) == plain.seek(begin)
                assert file.write(data) == plain.write(data)
            elif what == "read":
                assert file.seek(at) == plain.seek(at)
                assert file.read(length) == plain.read(length)
            else:
                size = min(at, len(plain.getvalue()))
                assert file.truncate(size) == plain.truncate(size)
            assert file.size == len(plain.getvalue())
    assert read(place) == plain.getvalue()


def test_it_can_be_read_from_anywhere(place: SealedPath) -> None:
    written(place, SECRET)
    with place.open() as file:
        for begin, length in ((0, 5), (DATA_BYTES - 2, 4), (9000, 9000), (len(SECRET) - 3, 50)):
            file.seek(begin)
            assert file.read(length) == SECRET[begin : begin + length]
            assert file.tell() == min(begin + length, len(SECRET))
        assert file.seek(-4, io.SEEK_END) == len(SECRET) - 4
        assert file.seek(2, io.SEEK_CUR) == len(SECRET) - 2
        assert file.read() == SECRET[-2:]
        assert file.read(1) == b""


def test_there_are_no_holes(place: SealedPath) -> None:
    with place.create(os.urandom) as file:
        file.seek(1)
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"x")


def flip(data: bytearray) -> None:
    data[BLOCK_BYTES + 100] ^= 1


def swap(data: bytearray) -> None:
    one, two = slice(0, BLOCK_BYTES), slice(BLOCK_BYTES, 2 * BLOCK_BYTES)
    data[one], data[two] = data[two], data[one]


def cut_a_block(data: bytearray) -> None:
    del data[len(data) // BLOCK_BYTES * BLOCK_BYTES :]


def cut_a_byte(data: bytearray) -> None:
    del data[-1]


def lose_a_block(data: bytearray) -> None:
    del data[:BLOCK_BYTES]


def add(data: bytearray) -> None:
    data += data[:BLOCK_BYTES]


def empty(data: bytearray) -> None:
    data.clear()


HARMS = [flip, swap, cut_a_block, cut_a_byte, lose_a_block, add, empty]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_what_was_changed_moved_or_cut_off_is_found(
    place: SealedPath, harm: Callable[[bytearray], None]
) -> None:
    data = bytearray(written(place, SECRET).path.read_bytes())
    harm(data)
    place.path.write_bytes(data)
    with pytest.raises(SealBroken):
        read(place)


def test_another_key_opens_nothing_and_blocks_of_another_file_don_t_fit(place: SealedPath) -> None:
    written(place, SECRET)
    with pytest.raises(SealBroken):
        read(SealedPath(place.path, bytes(32)))
    other = SealedPath(place.path.with_name("y.sealed"), bytes(32))
    data = bytearray(written(other, SECRET).path.read_bytes())
    data[:BLOCK_BYTES] = place.path.read_bytes()[:BLOCK_BYTES]
    other.path.write_bytes(data)
    with pytest.raises(SealBroken):
        read(other)


@pytest.mark.parametrize("torn", [0, 1, 27, 3000])
def test_a_crash_spoils_no_block_but_the_one_that_was_being_written(
    place: SealedPath, torn: int
) -> None:
    left = SealedPath(place.path.with_name("left.sealed"), KEY)
    file = place.create(os.urandom)
    for at in range(0, 20_000, 1_000):
        file.write(SECRET[at : at + 1_000])
    # As the disk has it when the process dies, a block half written.
    data = bytearray(place.path.read_bytes())
    last = len(data) // BLOCK_BYTES * BLOCK_BYTES
    left.path.write_bytes(data[: last + torn] if torn else data)
    file.close()
    safe = 20_000 if torn == 0 else 4 * DATA_BYTES
    assert read(left, whole=False) == SECRET[:safe]
    with pytest.raises(SealBroken):
        read(left)
    for size in (safe, safe, 9_000, 2 * DATA_BYTES, 0):
        left.mend(os.urandom, size)
        assert read(left) == SECRET[:size]


def test_of_what_never_came_nothing_is_left(place: SealedPath) -> None:
    place.path.write_bytes(b"torn")
    assert read(place, whole=False) == b""
    place.mend(os.urandom, 0)
    assert read(place) == b""


def test_it_goes_to_another_process_as_json(place: SealedPath) -> None:
    assert SealedPath.from_json(place.as_json()) == place
