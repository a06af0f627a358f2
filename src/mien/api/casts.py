"""The faces of create and update: which pictures, of how many persons, and who wears which."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mien.api.landmarks import parse_landmarks
from mien.errors import ParameterError, TooManyFaces
from mien.live.casts import CastPlan
from mien.live.sources import SourceRequest
from mien.swap.cast import FaceMode

MAX_FACES = 8
# Of these each entry is a person of its own, where the request says nothing else.
ONE_EACH = ("order", "chosen")


class Picture(BaseModel):
    """A picture, and which face of it. A string alone is its path."""

    model_config = ConfigDict(strict=True)

    path: str = Field(
        min_length=1,
        description="URL, data URI or base64 of a picture, or the id of an uploaded source.",
        examples=["https://example.com/face.jpg"],
    )
    opts: str | None = Field(
        default=None,
        description="Four or six points of the wanted face, as detect gives them.",
        examples=["239,364:386,366:317,472:266,539"],
    )

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


class SourceImage(Picture):
    """A face to wear: its picture, which face of it, and whose it is."""

    person: Annotated[int, Field(ge=1, le=MAX_FACES)] | None = Field(
        default=None,
        description="Pictures of the same number show one person and are merged.",
    )


class FacesBody(BaseModel):
    """What is worn, and by whom."""

    model_config = ConfigDict(strict=True)

    sourceImage: list[SourceImage] = Field(
        min_length=1,
        description="Up to 8 pictures of faces to wear; of one person, where face_mode is largest"
        " or all.",
    )
    targetImage: list[Picture] | None = Field(
        default=None,
        description="Who is to be changed: one picture for each person of sourceImage, in their"
        " order; opts picks the face of it. With face_mode chosen, which it implies.",
    )
    face_mode: FaceMode | None = Field(
        default=None,
        description="Whose face is changed: largest, one person's, the largest at first and then"
        " the same; all, everybody's; order, one face each from left to right; chosen, those of"
        " targetImage. Others stay as they are.",
    )


def source_requests(body: FacesBody) -> list[SourceRequest]:
    """The entries, in order.

    Raises TooManyFaces above 8, ParameterError for wrong points or persons that don't fit.
    """
    images = body.sourceImage
    if len(images) > MAX_FACES:
        raise TooManyFaces(f"sourceImage has {len(images)} faces.")
    people = _people(images, _mode(body))
    return [
        SourceRequest(
            image.path,
            parse_landmarks(image.opts, f"sourceImage[{index}].opts"),
            person,
            f"sourceImage[{index}]",
        )
        for index, (image, person) in enumerate(zip(images, people, strict=True))
    ]


def cast_plan(body: FacesBody) -> CastPlan:
    """How the faces are given out.

    Raises ParameterError for targets that don't fit, TooManyFaces above 8.
    """
    mode, targets = _mode(body), body.targetImage or []
    if len(targets) > MAX_FACES:
        raise TooManyFaces(f"targetImage has {len(targets)} faces.")
    if targets and mode != "chosen":
        raise ParameterError(
            "targetImage: goes with face_mode chosen only", "leave one of them out."
        )
    people = len(set(_people(body.sourceImage, mode)))
    if mode == "chosen" and len(targets) != people:
        raise ParameterError(
            f"targetImage: has {len(targets)} pictures for the faces of {people} persons",
            "send one for each, in their order.",
        )
    return CastPlan(mode, tuple(_target(*one) for one in enumerate(targets)))


def _mode(body: FacesBody) -> FaceMode:
    return body.face_mode or ("chosen" if body.targetImage else "largest")


def _people(images: list[SourceImage], mode: FaceMode) -> list[int]:
    """Whose face each entry shows, by number."""
    told = [image.person for image in images if image.person is not None]
    if told and len(told) < len(images):
        raise ParameterError("sourceImage: give every entry a person, or none.")
    people = told or [n + 1 if mode in ONE_EACH else 1 for n in range(len(images))]
    if mode not in ONE_EACH and len(set(people)) > 1:
        raise ParameterError(
            f"sourceImage: with face_mode {mode} one person's face is worn", "use order or chosen."
        )
    return people


def _target(index: int, image: Picture) -> SourceRequest:
    field = f"targetImage[{index}]"
    return SourceRequest(image.path, parse_landmarks(image.opts, f"{field}.opts"), field=field)
