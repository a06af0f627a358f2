"""Everything that the SDK documents is there: in the browser, in the types, as exports.

`agora_surface.json` lists the names of the SDK's declarations.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.web.agora_page import served

from mien.bench.browser import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FOLDER = Path(__file__).parents[2] / "src" / "mien" / "web" / "agora"
SURFACE: dict[str, Any] = json.loads(Path(__file__).with_name("agora_surface.json").read_text())
TYPES = "\n".join(file.read_text() for file in sorted(FOLDER.glob("agora-rtc*.d.ts")))

MAKE = """
  const module = await import('/agora/index.js');
  const AgoraRTC = module.default;
  const [microphone, camera] = await AgoraRTC.createMicrophoneAndCameraTracks();
  const custom = { mediaStreamTrack: camera.getMediaStreamTrack() };
  const sound = { mediaStreamTrack: microphone.getMediaStreamTrack() };
  const { RemoteUser } = await import('/agora/remoteusers.js');
  const { RemoteAudioTrack, RemoteVideoTrack } = await import('/agora/remotetrack.js');
  const client = AgoraRTC.createClient({ mode: 'rtc', codec: 'vp8' });
  const stage = camera.stage;
  const made = {
    IAgoraRTC: AgoraRTC,
    IAgoraRTCClient: client,
    IAgoraRTCRemoteUser: new RemoteUser(3),
    IAgoraRTCError: new AgoraRTC.AgoraRTCError('INVALID_PARAMS', 'why', {}),
    ILocalVideoTrack: AgoraRTC.createCustomVideoTrack(custom),
    ICameraVideoTrack: camera,
    ILocalAudioTrack: AgoraRTC.createCustomAudioTrack(sound),
    IMicrophoneAudioTrack: microphone,
    IBufferSourceAudioTrack: await AgoraRTC.createBufferSourceAudioTrack(
      { source: new AudioBuffer({ length: 480, sampleRate: 48000 }) }),
    IRemoteVideoTrack: new RemoteVideoTrack(stage, custom.mediaStreamTrack, 3),
    IRemoteAudioTrack: new RemoteAudioTrack(stage, sound.mediaStreamTrack, 3),
    AgoraRTCStats: client.getRTCStats(),
    LocalAudioTrackStats: microphone.getStats(),
    LocalVideoTrackStats: camera.getStats(),
    NetworkQuality: client.getNetworkQuality(),
  };
  made.RemoteAudioTrackStats = made.IRemoteAudioTrack.getStats();
  made.RemoteVideoTrackStats = made.IRemoteVideoTrack.getStats();
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "agora").symlink_to(FOLDER)
    (folder / "index.html").write_text("<!doctype html><title>surface</title>")
    with served(folder) as origin:
        yield f"{origin}/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(site: str) -> AsyncIterator[Page]:
    async with Browser() as browser:
        page = await browser.new_page(site)
        await page.evaluate(
            f"(async () => {{ {MAKE} Object.assign(window, {{made, module}}); }})()"
        )
        yield page


@pytest.mark.parametrize("name", SURFACE["members"])
async def test_an_object_has_every_member(page: Page, name: str) -> None:
    names = SURFACE["members"][name]
    look = f"{json.dumps(names)}.filter((member) => !(member in made.{name}))"
    assert await page.evaluate(look) == []


@pytest.mark.parametrize("name", SURFACE["enumerations"])
async def test_an_enumeration_has_the_sdks_values(page: Page, name: str) -> None:
    wanted = SURFACE["enumerations"][name]
    told = await page.evaluate(f"module.{name}")
    assert {key: told.get(key) for key in wanted} == wanted
    if name not in ("VideoState", "AgoraRTCErrorCode"):
        assert await page.evaluate(f"made.IAgoraRTC.{name} === module.{name}")
    if isinstance(next(iter(wanted.values())), int):
        assert all(told[str(value)] == key for key, value in wanted.items())
    body = re.search(rf"export enum {name} \{{(.*?)\}}", TYPES, re.DOTALL)
    assert body is not None
    declared = dict(re.findall(r"(\w+) = (\S+),", body[1]))
    assert {key: json.loads(value.replace("'", '"')) for key, value in declared.items()} == wanted


def interfaces(text: str) -> dict[str, tuple[set[str], list[str]]]:
    """Each declared interface or class: its own members, and what it extends."""
    text = re.sub(r"/\*.*?\*/|//.*", "", text, flags=re.DOTALL)
    heads = re.finditer(
        r"^(?:export )?(?:declare )?(?:interface|class) (\w+)\s*(?:extends ([^{]+))?\{(.*?)^\}",
        text,
        re.MULTILINE | re.DOTALL,
    )
    found = {}
    for name, bases, body in (head.groups() for head in heads):
        members = re.findall(r"^  (?:readonly )?(\w+)\??[:(<]", body, re.MULTILINE)
        found[name] = (set(members), re.findall(r"\w+", bases or ""))
    return found


DECLARED = interfaces(TYPES)


def members(name: str) -> set[str]:
    own, bases = DECLARED.get(name, (set(), []))
    return own.union(*(members(base) for base in bases))


@pytest.mark.parametrize("name", SURFACE["members"])
async def test_the_types_are_those_of_the_sdk_and_of_the_objects(page: Page, name: str) -> None:
    declared = members("AgoraRTCError" if name == "IAgoraRTCError" else name)
    assert set(SURFACE["members"][name]) <= declared
    look = f"{json.dumps(sorted(declared))}.filter((member) => !(member in made.{name}))"
    absent = set(await page.evaluate(look))
    # Of a sender or receiver that has no codec yet nothing is said.
    assert absent <= {"codecType"}


async def test_every_type_of_the_sdk_is_exported() -> None:
    kinds = "declare class|interface|type|enum|const"
    exported = set(re.findall(rf"^export (?:{kinds}) (\w+)", TYPES, re.MULTILINE))
    assert set(SURFACE["types"]) <= exported


async def test_every_function_is_an_export_of_its_own(page: Page) -> None:
    exported = set(await page.evaluate("Object.keys(module)"))
    assert set(SURFACE["exports"]) <= exported
    values = re.search(r"export declare const \{(.*?)\}", TYPES, re.DOTALL)
    assert values is not None
    pattern = r"^export (?:declare function|declare class|enum|\{) ?(\w+)"
    declared = {*re.findall(r"\w+", values[1]), *re.findall(pattern, TYPES, re.MULTILINE)}
    assert declared | {"default"} == exported
    missing = await page.evaluate(
        "Object.keys(module).filter((name) => module[name] === undefined)"
    )
    assert missing == []
    assert await page.evaluate(
        "(() => { const tell = () => {}; module.onCameraChanged(tell);"
        " return module.default.onCameraChanged === tell"
        " && module.createClient({mode: 'live', codec: 'h264'}).role; })()"
    ) == ("audience")
