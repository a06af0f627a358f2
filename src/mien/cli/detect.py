"""`mien detect`: the faces of a picture."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli.failures import say_failures

NAMES = ("left eye", "right eye", "nose", "mouth", "left mouth corner", "right mouth corner")


def detect(
    picture: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the faces in a picture, largest first. Exit status 1 if there is none."""
    with say_failures():
        report = read_picture(picture)
    typer.echo(json.dumps(report, indent=2) if as_json else _told(report))
    raise typer.Exit(0 if report["faces"] else 1)


def read_picture(picture: Path) -> dict[str, Any]:
    """The picture's size and its faces, as JSON has them."""
    from mien.live.reading import read_face
    from mien.models.weights import WeightStore
    from mien.vision.faces import FaceFinder
    from mien.vision.image import read_own_image
    from mien.vision.keypoints import head_pose

    image = read_own_image(picture)
    height, width = image.shape[:2]
    faces = [
        {
            **asdict(read_face(face, width, height)),
            "pose": {
                name: round(angle, 1) for name, angle in head_pose(face.mesh)._asdict().items()
            },
        }
        for face in FaceFinder.load(WeightStore())(image)
    ]
    return {"width": width, "height": height, "faces": faces}


def _told(report: dict[str, Any]) -> str:
    faces = report["faces"]
    if not faces:
        return "No face was found; use a sharp picture of a face that is larger than 30 pixels."
    lines = [f"{len(faces)} face{'s'[: len(faces) > 1]} in {report['width']} x {report['height']}"]
    for number, face in enumerate(faces, 1):
        left, top, width, height = face["region"]
        pose = face["pose"]
        points = ", ".join(
            f"{name} {x},{y}" for name, (x, y) in zip(NAMES, face["landmarks"], strict=True)
        )
        lines += [
            f"{number}. {width} x {height} at {left},{top}, score {face['score']:.2f}",
            f"   yaw {pose['yaw']:+.0f}, pitch {pose['pitch']:+.0f}, roll {pose['roll']:+.0f}",
            f"   {points}",
        ]
    return "\n".join(lines)
