import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.live.desk import Desk, opened_desk
from tests.live.fakes import JPEG

from mien.errors import SourceRejected
from mien.live.records import Source
from mien.live.source_vault import SourceVault
from mien.trust.sealing import Seal, SealBroken

FACE = b"a prepared face, " * 1000


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path) as desk:
        yield desk


def source(name: str) -> Source:
    return Source(name, "t1", 1.0, True, 9, 9, 1, ((1, 2),), (1, 2, 3, 4), ())


def file_of(kept: Source) -> Path:
    return Path(kept.path)


def on_disk(folder: Path, *wanted: bytes) -> list[str]:
    """Every file below a folder that holds one of some bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(part in path.read_bytes() for part in wanted)]


async def test_what_is_kept_is_sealed_and_opens_again(desk: Desk) -> None:
    kept = await desk.vault.keep(source("src_1"), FACE, JPEG)
    assert await desk.store.source("src_1") == kept
    assert await desk.vault.face(kept) == FACE
    assert desk.vault.preview(kept) == JPEG
    assert file_of(kept).stat().st_mode & 0o777 == 0o600
    assert on_disk(desk.folder, FACE[:17], JPEG) == []
    await desk.vault.remove(kept)
    assert not file_of(kept).exists()


async def test_a_face_opens_as_itself_and_unchanged_only(desk: Desk) -> None:
    one = await desk.vault.keep(source("src_1"), FACE, JPEG)
    two = await desk.vault.keep(source("src_2"), FACE, JPEG)
    with pytest.raises(SourceRejected, match="upload it again"):
        await desk.vault.face(replace(one, path=two.path))
    with pytest.raises(SealBroken):
        desk.vault.preview(replace(one, preview=two.preview))
    data = bytearray(file_of(one).read_bytes())
    data[len(data) // 2] ^= 1
    file_of(one).write_bytes(data)
    with pytest.raises(SourceRejected):
        await desk.vault.face(one)
    file_of(two).unlink()
    with pytest.raises(SourceRejected):
        await desk.vault.face(two)


async def test_another_installation_s_key_opens_nothing(desk: Desk) -> None:
    kept = await desk.vault.keep(source("src_1"), FACE, JPEG)
    stranger = SourceVault(desk.store, Seal(os.urandom(32), os.urandom), desk.folder)
    with pytest.raises(SourceRejected):
        await stranger.face(kept)


async def test_what_an_earlier_version_left_readable_is_sealed(desk: Desk) -> None:
    old = []
    for name in ("src_1", "src_2"):
        path = desk.folder / f"{name}.npz"
        path.write_bytes(FACE)
        # Long enough to have pages of its own, which are then free.
        preview = (JPEG + name.encode()) * 600
        old.append(replace(source(name), path=str(path), preview=preview))
        await desk.store.add_source(old[-1])
    (desk.folder / "src_3.npz.part").write_bytes(FACE)
    file_of(old[1]).unlink()
    assert on_disk(desk.folder, JPEG) != []
    assert await desk.vault.seal_older() == 2
    assert on_disk(desk.folder, FACE[:17], JPEG) == []
    first, second = [await desk.store.source(one.id) for one in old]
    assert first is not None
    assert await desk.vault.face(first) == FACE
    assert desk.vault.preview(first) == old[0].preview
    assert second is not None
    assert await desk.vault.face(second) == b"", "which no worker takes for a face"
    assert await desk.vault.seal_older() == 0
