"""/v1/sources: the library of source faces."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mien.api.auth import DOCUMENTED, Caller, Wired
from mien.api.envelope import Envelope, Plain
from mien.api.form_file import form_file
from mien.api.landmarks import Point, Region
from mien.api.services import Services
from mien.errors import ParameterError
from mien.live.records import Source

router = APIRouter(prefix="/v1/sources", tags=["sources"], dependencies=DOCUMENTED)


class UploadBody(BaseModel):
    """A picture inside JSON."""

    model_config = ConfigDict(strict=True)

    image: Annotated[str, Field(min_length=1, description="URL, data URI or base64.")]


class Face(BaseModel):
    """Where the face is, in the picture's pixels."""

    landmarks: list[Point] = Field(
        description="Left eye, right eye, nose, mouth centre, left and right mouth corner."
    )
    region: Region = Field(description="x, y, width, height")


class SourceData(BaseModel):
    """A prepared source face; `id` can stand in `sourceImage[].path`."""

    id: str
    width: int
    height: int
    face: Face
    faces: int = Field(description="How many faces the picture has.")
    preview: str = Field(description="data URI of a small JPEG")
    notes: list[str] = Field(description="What could be better about the picture.")


FILE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
UPLOAD_DOC: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": FILE_SCHEMA},
            "application/json": {"schema": UploadBody.model_json_schema()},
        },
    }
}


@router.post("", summary="Upload a face", openapi_extra=UPLOAD_DOC)
async def upload(services: Wired, tenant: Caller, request: Request) -> Envelope[SourceData]:
    """Prepare the largest face of a picture: multipart `file`, or JSON `{"image": ...}`."""
    services.rates.count_detect(tenant)
    limit = services.settings.limits.image_bytes
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        data = await form_file(request, limit)
    else:
        data = await services.sources.read(await _image(request), "image")
    return Envelope(data=_data(services, await services.sources.upload(tenant.id, data)))


@router.get("", summary="List the faces")
async def listing(services: Wired, tenant: Caller) -> Envelope[list[SourceData]]:
    """The uploaded faces, newest first."""
    found = await services.sources.listed(tenant.id)
    return Envelope(data=[_data(services, source) for source in found])


@router.delete("/{source_id}", summary="Delete a face")
async def delete(services: Wired, tenant: Caller, source_id: str) -> Plain:
    """Remove an uploaded face. Sessions that use it go on."""
    await services.sources.delete(tenant.id, source_id)
    return Plain()


async def _image(request: Request) -> str:
    try:
        return UploadBody.model_validate_json(await request.body()).image
    except ValidationError as error:
        raise ParameterError("image: a URL, data URI or base64 is needed.") from error


def _data(services: Services, source: Source) -> SourceData:
    preview = services.sources.preview(source)
    return SourceData(
        id=source.id,
        width=source.width,
        height=source.height,
        face=Face(landmarks=list(source.landmarks), region=source.region),
        faces=source.faces,
        preview="data:image/jpeg;base64," + base64.b64encode(preview).decode(),
        notes=list(source.notes),
    )
