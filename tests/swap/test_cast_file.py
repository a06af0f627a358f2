import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import SourceRejected
from mien.swap.cast_file import pack_cast, read_cast
from mien.swap.rehearsal import plain_source

PLAIN = plain_source()
DARK = replace(PLAIN, atlas=np.full_like(PLAIN.atlas, 40))
BYTES = [PLAIN.to_bytes(), DARK.to_bytes()]


def target(first: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.linspace(first, 1, 128, dtype=np.float32)


def test_a_cast_comes_back_as_it_went_in() -> None:
    cast = read_cast(pack_cast(BYTES, "chosen", [target(0), target(0.5)]))
    assert cast.mode == "chosen"
    assert [int(one.atlas.mean()) for one in cast.sources] == [int(PLAIN.atlas.mean()), 40]
    np.testing.assert_array_equal(cast.targets, [target(0), target(0.5)])
    assert read_cast(pack_cast(BYTES * 4, "order")).people == 8
    assert read_cast(pack_cast(BYTES[:1], "all")).people == 8


def test_one_prepared_face_is_a_cast_of_one() -> None:
    cast = read_cast(BYTES[1])
    assert (cast.mode, cast.people, len(cast.sources)) == ("largest", 1, 1)
    assert int(cast.sources[0].atlas.mean()) == 40


def changed(**parts: bytes) -> bytes:
    """A good cast but for the parts that are named."""
    buffer = io.BytesIO()
    good = zipfile.ZipFile(io.BytesIO(pack_cast(BYTES, "order")))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name in good.namelist():
            out.writestr(name, parts.get(name.partition(".")[0], good.read(name)))
    return buffer.getvalue()


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK nothing",
        BYTES[0][:-100],
        pack_cast([], "order"),
        pack_cast(BYTES, "chosen", [target(0)]),
        pack_cast([BYTES[0], b"PK nothing"], "order"),
        changed(mode=b"everybody"),
        changed(face0=bytes(9 << 20)),
        changed(targets=b"none"),
        changed(targets=pickled()),
    ],
)
def test_what_is_no_cast_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(SourceRejected, match="prepare"):
        read_cast(data)
