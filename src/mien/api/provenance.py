"""/v1/provenance: anybody may ask if a file is marked, and for the keys of session statements."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from mien.api.auth import Wired
from mien.api.envelope import Envelope
from mien.api.form_file import form_file
from mien.trust.verdict import Verdict

router = APIRouter(prefix="/v1/provenance", tags=["provenance"])

FILE_DOC: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class JwkSet(JSONResponse):
    """RFC 7517's own media type."""

    media_type = "application/jwk-set+json"


class StatementData(BaseModel):
    """What is publicly said of a mark; no person and no account."""

    session: str = Field(description="A digest of the session's id.")
    made: str = Field(description="live or file")
    made_at: str = Field(description="ISO 8601, UTC")
    engine_version: str


class ManifestData(BaseModel):
    """What the file's C2PA manifest says."""

    signed_by: str | None
    signed_at: str | None = Field(description="By a time-stamp authority.")
    mark_id: str | None = Field(description="The mark that it says the file carries.")
    session: str | None


class VerdictData(BaseModel):
    """What was found."""

    marked: bool
    confidence: float = Field(description="0 where there is no mark.")
    mark_id: str | None = Field(description="12 hex digits; null where none was readable.")
    c2pa: str = Field(description="trusted, valid, invalid or absent")
    bound: bool = Field(description="A trusted manifest names this mark for this very file.")
    manifest: ManifestData | None = Field(description="What a manifest that holds says.")
    false_positive_rate: float = Field(description="How often unmarked files are called marked.")
    frames: int = Field(description="How many were looked at.")
    statement: StatementData | None
    text: str = Field(description="The same in a sentence.")


@router.post("/detect", summary="Is this file marked?", openapi_extra=FILE_DOC)
async def detect(services: Wired, request: Request) -> Envelope[VerdictData]:
    """Look for a mark in a picture, GIF or video: multipart `file`. Needs no credentials."""
    services.rates.count_inspection()
    data = await form_file(request, services.settings.limits.body_bytes)
    finding, credentials = await services.inspection.inspect(data)
    mark_id = credentials.mark_id if finding.mark_id is None else finding.mark_id
    statement = None if mark_id is None else await services.store.statement(mark_id)
    verdict = Verdict(finding, statement, credentials)
    return Envelope(data=VerdictData(**verdict.as_json(), text=verdict.as_text()))


@router.get("/keys", summary="The keys of session statements", response_class=JwkSet)
async def keys(services: Wired) -> JwkSet:
    """A JWK set (RFC 7517), older keys included. Needs no credentials."""
    return JwkSet(services.notary.keys.public())
