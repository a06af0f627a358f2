"""`mien swap`: another face on a picture, GIF or video."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mien.cli.failures import say_failures, say_stopped
from mien.errors import MienError, NoFaceFound, ParameterError
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.live.clip import SwapReport
    from mien.media.clips import MediaKind
    from mien.models.weights import WeightStore
    from mien.swap.cast import Cast
    from mien.swap.clip_engine import ClipEngine
    from mien.swap.engine import EngineOptions, FrameEngine
    from mien.swap.source import SourceFace
    from mien.swap.source_maker import SourceMaker
    from mien.vision.identity import Embedding

T = TypeVar("T")


def swap(
    sources: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Photos of the face to wear, up to 8 of one person; with --faces order, one each.",
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The picture, GIF or video to change."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the result goes.")],
    lost_face: Annotated[
        Literal["pass", "hold", "blur"],
        typer.Option(help="What frames without a face become: themselves, the last, or blurred."),
    ] = "pass",
    quality: Annotated[int, typer.Option(min=1, max=3, help="1 is fastest.")] = 2,
    faces: Annotated[
        Literal["largest", "all", "order"],
        typer.Option(
            help="Whose: the largest, everybody's (of up to 8), or one photo each from the left."
        ),
    ] = "largest",
    target_face: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A picture of who is to be changed, instead of --faces. Once for photos of one "
            "person; or again and again, one for each photo.",
        ),
    ] = None,
    shape: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="How far the face takes the source's proportions."),
    ] = None,
) -> None:
    """Swap the face in a picture, GIF or video. The sound of a video is kept.

    What is written is labelled, marked and signed (C2PA) as modified by this installation.
    """
    # Names of files may look like markup.
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    wanted = _Wanted(lost_face, quality, faces, tuple(target_face or ()), shape)
    with say_failures(), say_stopped():
        report, note = _swap(console, sources, target, output, wanted)
    if note:
        console.print(note)
    frames = "" if report.kind == "picture" else f": {report.swapped} of {report.frames} frames"
    console.print(f"Wrote {output}{frames}.")


@dataclass(frozen=True)
class _Wanted:
    """The command's options. shape: None as the settings say."""

    lost_face: Literal["pass", "hold", "blur"]
    quality: int
    faces: Literal["largest", "all", "order"]
    target_faces: tuple[Path, ...]
    shape: float | None


def _swap(
    console: Console,
    sources: list[Path],
    target: Path,
    output: Path,
    wanted: _Wanted,
) -> tuple["SwapReport", str | None]:
    from mien.live.certificates import open_identity
    from mien.live.clip import check_output, swap_file
    from mien.live.marks import mark_for_file
    from mien.live.signing import Inputs, Signing
    from mien.models.weights import WeightStore
    from mien.trust.marking import Marker

    kind = check_output(target, output)
    settings, notes, store = Settings(), list[str | None](), WeightStore()
    with console.status("Reading the face…"):
        cast = _cast(console, sources, store, wanted)
        marking, statement = mark_for_file(settings)
        marker, signing = Marker(marking), Signing(open_identity(settings, time.time))
        marker.self_test()
    inputs: Inputs = [("target", target), *(("source", photo) for photo in sources)]
    with _bar(console) as bar:
        task = bar.add_task("Looking ahead", total=None)
        engine = _engine(target, kind, store, cast, _options(settings, wanted))
        bar.update(task, description="Swapping")
        report = swap_file(
            engine,
            marker.apply,
            target,
            output,
            lambda done, total: bar.update(task, completed=done, total=total),
            seal=lambda path: notes.append(
                _uninterrupted(lambda: signing.file(path, statement, inputs))
            ),
        )
    return report, notes[0]


def _uninterrupted(work: Callable[[], T]) -> T:
    """What it gives. Ctrl-C comes after it: in a callback of the signing library it would be lost,
    for it reaches the main thread alone."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(work).result()


def _options(settings: Settings, wanted: _Wanted) -> "EngineOptions":
    from mien.swap.engine import EngineOptions

    shape = settings.swap.shape if wanted.shape is None else wanted.shape
    return EngineOptions(wanted.lost_face, wanted.quality, shape)


def _engine(
    target: Path,
    kind: "MediaKind",
    store: "WeightStore",
    cast: "Cast",
    options: "EngineOptions",
) -> "FrameEngine | ClipEngine":
    """An engine that wears the cast, warm; who is in a clip it has seen before."""
    from mien.media.clips import read_frames
    from mien.swap.clip_engine import engine_for_clip
    from mien.swap.engine import FrameEngine

    if kind == "picture":
        engine = FrameEngine.for_pictures(store, options)
        engine.set_cast(cast)
        engine.warm_up()
        return engine
    frames = ((frame.image, frame.seconds) for frame in read_frames(target))
    return engine_for_clip(store, options, cast, frames)


def _cast(console: Console, photos: list[Path], store: "WeightStore", wanted: _Wanted) -> "Cast":
    """All photos as one person, or each as one of its own."""
    from mien.swap.cast import Cast
    from mien.swap.source_maker import SourceMaker

    maker, targets = SourceMaker.load(store), wanted.target_faces
    if len(targets) > 1 and len(targets) != len(photos):
        raise ParameterError("Give --target-face once, or one for each photo, in their order.")
    one_each = len(targets) > 1 or (wanted.faces == "order" and not targets)
    people = [[photo] for photo in photos] if one_each else [photos]
    faces = tuple(_face(console, of_one, maker) for of_one in people)
    known = tuple(_known(path, maker) for path in targets)
    return Cast(faces, "chosen" if targets else wanted.faces, known)


def _known(path: Path, maker: "SourceMaker") -> "Embedding":
    """Who is on a picture: its largest face."""
    from mien.vision.image import read_own_image

    try:
        image = read_own_image(path)
        return maker.recognise(image, maker.faces(image)[0].mesh)
    except MienError as error:
        raise error.about(path.name) from error


def _face(console: Console, photos: list[Path], maker: "SourceMaker") -> "SourceFace":
    """One face of all pictures that can serve; what is wrong with others, or poor, is said."""
    from mien.swap.merge import merge_sources
    from mien.swap.source_maker import notes_on
    from mien.vision.image import read_own_image

    usable, reasons, notes = [], [], []
    for path in photos:
        try:
            image = read_own_image(path)
            faces = maker.faces(image)
            usable.append(maker.prepare(image, faces[0].mesh, len(faces)))
            notes += [f"{path.name}: {note}" for note in notes_on(image, faces[0], len(faces))]
        except MienError as error:
            reasons.append(f"{path.name}: {error}")
    if not usable:
        raise NoFaceFound("\n".join(reasons))
    for line in (*(f"Left out: {reason}" for reason in reasons), *notes):
        console.print(line)
    return merge_sources(usable)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
