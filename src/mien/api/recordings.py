"""/v1/recordings: what was recorded of a tenant's sessions; and snapshots of live ones."""

from io import BufferedReader
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from mien.api.auth import DOCUMENTED, Caller, Wired
from mien.api.byte_range import CHUNK_BYTES, answer_in_ranges
from mien.api.envelope import Envelope, Plain
from mien.live.records import Recording

router = APIRouter(prefix="/v1", tags=["recordings"], dependencies=DOCUMENTED)

RecordingId = Annotated[str, Path(max_length=64)]
SessionId = Annotated[str, Path(max_length=64)]


class RecordingData(BaseModel):
    """One recording."""

    id: str
    session_id: str = Field(description="The session that was recorded.")
    created_at: float
    expires_at: float = Field(description="It is deleted then.")
    ready: bool = Field(description="Finished and signed: it can be fetched.")
    bytes: int


@router.get("/recordings", summary="List recordings")
async def listed(services: Wired, tenant: Caller) -> Envelope[list[RecordingData]]:
    """Newest first, at most 200."""
    found = await services.recordings.listed(tenant.id)
    return Envelope(data=[_data(one) for one in found])


@router.get(
    "/recordings/{recording_id}",
    summary="Fetch a recording",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}}}, 206: {"description": "The range."}},
)
async def fetch(
    services: Wired, tenant: Caller, recording_id: RecordingId, request: Request
) -> Response:
    """The MP4, whole or the part that a `Range` header names."""
    file = await services.recordings.open(tenant.id, recording_id)
    data = BufferedReader(file, CHUNK_BYTES)
    return answer_in_ranges(request, data, file.size, "video/mp4", f"{recording_id}.mp4")


@router.delete("/recordings/{recording_id}", summary="Delete a recording")
async def delete(services: Wired, tenant: Caller, recording_id: RecordingId) -> Plain:
    """Delete it before its time."""
    await services.recordings.delete(tenant.id, recording_id)
    await services.journal.write("recording.deleted", recording=recording_id, tenant=tenant.id)
    return Plain()


@router.post(
    "/sessions/{session_id}/snapshot",
    summary="Take a snapshot",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
async def snapshot(services: Wired, tenant: Caller, session_id: SessionId) -> Response:
    """A JPEG of the newest swapped frame: labelled, marked and signed (C2PA)."""
    picture, mark_id, said = await services.sessions.snapshot(tenant, session_id)
    signed = await services.sign_picture(picture, mark_id, said)
    return Response(signed, media_type="image/jpeg")


def _data(recording: Recording) -> RecordingData:
    return RecordingData(
        id=recording.id,
        session_id=recording.session_id,
        created_at=recording.created_at,
        expires_at=recording.expires_at,
        ready=recording.ready,
        bytes=recording.bytes,
    )
