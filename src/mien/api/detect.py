"""Both documented forms of detect: where the faces of a picture, GIF or video are."""

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from mien.api.auth import DOCUMENTED, Caller, Wired
from mien.api.landmarks import Point, Region, format_landmarks
from mien.api.media_kind import MediaKind, media_kind
from mien.api.services import Services
from mien.errors import FetchFailed, ImageRejected, MienError, NoFaceFound, ParameterError
from mien.live.imaging import FaceReading, PictureReading
from mien.live.inline import decode_inline, is_url

router = APIRouter(tags=["detect"], dependencies=DOCUMENTED)

NOTHING = (0, 0)


class _UnknownMedia(ImageRejected):
    """Neither a picture nor a video: the contract has words of its own for it."""


class FirstBody(BaseModel):
    """What the first form takes."""

    model_config = ConfigDict(strict=True)

    single_face: bool | None = Field(default=None, description="Only the largest face.")
    image_url: str | None = Field(default=None, description="URL of a picture.")
    img: str | None = Field(default=None, description="base64 or data URI.")


class FirstAnswer(BaseModel):
    """Landmarks: left eye, right eye, nose, left mouth corner, and two empty slots."""

    error_code: int = 0
    error_msg: str = "SUCCESS"
    landmarks: list[list[Point]]
    landmarks_str: list[str]
    region: list[Region]
    seconds: float
    trx_id: str


class NewerBody(BaseModel):
    """What the newer form takes."""

    model_config = ConfigDict(strict=True)

    url: str | None = Field(default=None, description="Picture, GIF or video; wins over img.")
    img: str | None = Field(default=None, description="base64 or data URI.")
    single_face: bool | None = False
    return_face_url: bool | None = False
    num_frames: Annotated[int, Field(ge=1, le=100)] | None = 5


class FrameFaces(BaseModel):
    """One frame. Landmarks: the eyes, nose, mouth centre, left and right mouth corner."""

    landmarks: list[list[Point]]
    landmarks_str: list[str]
    region: list[Region]
    removed: list[Any] = []
    frame_time: float | None = None
    face_urls: str | None = Field(default=None, description="data URI of the largest face")
    crop_region: list[Region] | None = None
    crop_landmarks: str | None = None


class NewerAnswer(BaseModel):
    """Faces by frame index, "0" for pictures."""

    error_code: int = 0
    error_msg: str = "SUCCESS"
    faces_obj: dict[str, FrameFaces] = {}


class DetectFailure(BaseModel):
    """Bad input."""

    error_code: int = 1
    error_msg: str
    faces_obj: dict[str, Any] = {}


class Refusal(DetectFailure):
    """No credentials, or too often: the common codes, told in both ways."""

    code: int
    msg: str


FAILURES: dict[int | str, dict[str, Any]] = {400: {"model": DetectFailure}}


@router.post(
    "/detect",
    summary="Detect faces (first form)",
    responses=FAILURES,
    response_model=FirstAnswer | Refusal,
)
async def detect(services: Wired, tenant: Caller, body: FirstBody) -> FirstAnswer | JSONResponse:
    """Find the faces of a picture."""
    services.rates.count_detect(tenant)
    began = time.perf_counter()
    try:
        data = await _bytes(services, body.image_url, "image_url", body.img)
        readings = await services.imaging.read_faces(data, largest_only=bool(body.single_face))
        faces = _found(readings)[0].faces
    except (FetchFailed, ImageRejected, NoFaceFound, ParameterError) as error:
        return _failed(error)
    points = [[*_first_four(face), NOTHING, NOTHING] for face in faces]
    return FirstAnswer(
        landmarks=points,
        landmarks_str=[format_landmarks(_first_four(face)) for face in faces],
        region=[face.region for face in faces],
        seconds=time.perf_counter() - began,
        trx_id=str(UUID(bytes=services.world.random(16), version=4)),
    )


@router.post(
    "/interface/detect-api/detect_faces",
    summary="Detect faces (newer form)",
    responses=FAILURES,
    response_model=NewerAnswer | Refusal,
)
async def detect_faces(
    services: Wired, tenant: Caller, body: NewerBody
) -> NewerAnswer | JSONResponse:
    """Find the faces of a picture, or of evenly spaced frames of a GIF or video."""
    services.rates.count_detect(tenant)
    try:
        data = await _bytes(services, body.url, "url", body.img, video=True)
        readings = await services.imaging.read_faces(
            data,
            largest_only=bool(body.single_face),
            frames=_frames(data, body.num_frames),
            crops=bool(body.return_face_url),
        )
        _found(readings)
    except (FetchFailed, ImageRejected, NoFaceFound, ParameterError) as error:
        return _failed(error)
    crops = bool(body.return_face_url)
    frames = {str(index): _frame(reading, crops) for index, reading in enumerate(readings)}
    return NewerAnswer(faces_obj=frames)


async def _bytes(
    services: Services, url: str | None, url_field: str, img: str | None, *, video: bool = False
) -> bytes:
    limits = services.settings.limits
    limit = limits.video_bytes if video else limits.image_bytes
    if url:
        if not is_url(url):
            raise ParameterError("Invalid URL format")
        return await services.fetch(url, limit)
    if not img:
        raise ParameterError(f"Either '{url_field}' or 'img' parameter must be provided")
    return await asyncio.to_thread(decode_inline, img, limit, "img")


def _frames(data: bytes, wanted: int | None) -> int:
    kind = media_kind(data)
    if kind is None:
        raise _UnknownMedia("Media type detection failed")
    return (wanted or 5) if kind is MediaKind.MOVING else 1


def _found(readings: tuple[PictureReading, ...]) -> tuple[PictureReading, ...]:
    if not any(reading.faces for reading in readings):
        raise NoFaceFound("No faces detected")
    return readings


def _failed(error: MienError) -> JSONResponse:
    told: Mapping[type[MienError], str] = {
        FetchFailed: "Failed to download media",
        NoFaceFound: "No faces detected",
        ImageRejected: f"Failed to process media: {error}",
    }
    text = told.get(type(error), str(error))
    return JSONResponse(DetectFailure(error_msg=text).model_dump(), 400)


def _first_four(face: FaceReading) -> tuple[tuple[int, int], ...]:
    left_eye, right_eye, nose, _mouth, left_corner, _right_corner = face.landmarks
    return (left_eye, right_eye, nose, left_corner)


def _frame(reading: PictureReading, crops: bool) -> FrameFaces:
    frame = FrameFaces(
        landmarks=[list(face.landmarks) for face in reading.faces],
        landmarks_str=[format_landmarks(face.landmarks[:4]) for face in reading.faces],
        region=[face.region for face in reading.faces],
        frame_time=reading.frame_time,
    )
    return frame.model_copy(update=_crops(reading)) if crops and reading.crops else frame


def _crops(reading: PictureReading) -> dict[str, Any]:
    left, top, _width, _height = reading.crop_regions[0]
    inside = tuple((x - left, y - top) for x, y in reading.faces[0].landmarks)
    return {
        "face_urls": "data:image/jpeg;base64," + base64.b64encode(reading.crops[0]).decode(),
        "crop_region": list(reading.crop_regions),
        "crop_landmarks": format_landmarks(inside),
    }
