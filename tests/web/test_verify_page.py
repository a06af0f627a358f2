"""A live result, recorded by the browser as a viewer would, dropped on the page that tells."""

import base64
from pathlib import Path

import pytest
from tests.web.driving import MEDIA, Studio

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

RECORD = """(async (seconds) => {
  const stream = document.getElementById('result').srcObject;
  const video = new MediaStream(stream.getVideoTracks());
  const type = 'video/webm;codecs=vp8';
  const recorder = new MediaRecorder(video, { mimeType: type, videoBitsPerSecond: 1e6 });
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  recorder.stop();
  await ended;
  const reader = new FileReader();
  return new Promise((resolve) => {
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(new Blob(parts));
  });
})"""


async def ask(studio: Studio, path: Path) -> str:
    """What the page says of a file."""
    await studio.page.goto(f"{studio.server.origin}/verify/")
    await studio.page.set_files("#file", [path])
    kinds = (
        "['marked', 'plain', 'trouble'].includes(document.getElementById('answer').dataset.kind)"
    )
    await studio.page.wait_for(kinds, 60)
    return await studio.text("answer")


async def test_what_a_viewer_recorded_is_known_by_its_mark(studio: Studio, tmp_path: Path) -> None:
    await studio.open()
    await studio.start()
    recording = tmp_path / "recording.webm"
    recorded = await studio.page.evaluate(f"{RECORD}(4)", 60)
    recording.write_bytes(base64.b64decode(recorded))
    await studio.stop()
    said = await ask(studio, recording)
    assert "Marked: modified by AI." in said
    assert "made in a live session" in said
    assert not studio.page.exceptions


async def test_an_unmarked_picture_and_what_is_no_picture(studio: Studio, tmp_path: Path) -> None:
    said = await ask(studio, MEDIA / "grace_hopper.jpg")
    assert "No mark was found." in said
    assert "no proof that the picture is genuine" in said
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    assert "could not be looked at" in await ask(studio, broken)


async def test_the_page_fits_a_phone(studio: Studio) -> None:
    await studio.page.set_viewport(360, 740)
    await studio.page.goto(f"{studio.server.origin}/verify/")
    wide, window = await studio.sideways()
    assert wide <= window
    await studio.page.set_viewport(1280, 900)
