"""/v1/likenesses: whose faces may be worn, on what ground, and the links that ask for consent."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from mien.api.auth import DOCUMENTED, Caller, Wired
from mien.api.envelope import Envelope, Plain
from mien.api.services import Services
from mien.errors import ParameterError
from mien.live.likenesses import EVERYTHING, Registration
from mien.live.session import Reason
from mien.trust.likeness import Basis, Likeness, Scope

router = APIRouter(prefix="/v1/likenesses", tags=["likenesses"], dependencies=DOCUMENTED)

SHA256 = r"^[0-9a-f]{64}$"


class RegisterBody(BaseModel):
    """A face and what is known of it."""

    model_config = ConfigDict(extra="ignore")

    source: str = Field(min_length=1, description="Id of an uploaded source that shows the face.")
    subject: str = Field(min_length=1, max_length=200, description="Who it is; kept encrypted.")
    basis: Basis = Field(description="self, written_licence, synthetic or estate")
    scope: Annotated[list[Scope], Field(min_length=1)] = Field(default=list(EVERYTHING))
    adult: bool = Field(description="State that the person is an adult; others are refused.")
    valid_until: datetime | None = Field(default=None, description="ISO 8601 with a time zone.")
    evidence: Annotated[str, Field(pattern=SHA256)] | None = Field(
        default=None, description="SHA-256 of the licence or contract that you keep, hex."
    )


class LikenessData(BaseModel):
    """A record. Times are seconds since 1970."""

    id: str
    subject: str
    basis: Basis
    scope: list[Scope]
    adult: bool
    valid_from: float
    valid_until: float | None
    created_at: float
    evidence: str | None = Field(description="SHA-256 of what proves it; null until proven.")
    verifier: str | None
    revoked_at: float | None
    signature: str = Field(description="The installation's, Ed25519, base64.")
    genuine: bool = Field(description="Nothing was changed since it was signed.")


class Link(BaseModel):
    """What to give to the person. It is told this once."""

    url: str
    qr_svg: str = Field(description="The same as a QR code, an SVG picture.")


@router.post("", summary="Register a face")
async def register(services: Wired, tenant: Caller, body: RegisterBody) -> Envelope[LikenessData]:
    """Make a likeness record. Without `evidence`, ask the person by a link."""
    source = await services.sources.get(tenant.id, body.source)
    embedding = services.gate.opened(source.id, source.identity)
    about = Registration(
        subject=body.subject,
        basis=body.basis,
        scope=tuple(body.scope),
        adult=body.adult,
        valid_until=_seconds(body.valid_until),
        evidence=body.evidence,
    )
    record = await services.likenesses.register(tenant.id, about, embedding)
    return Envelope(data=_data(services, record))


@router.get("", summary="List the records")
async def listing(services: Wired, tenant: Caller) -> Envelope[list[LikenessData]]:
    """Every record of the account, the oldest first."""
    records = await services.likenesses.listed(tenant.id)
    return Envelope(data=[_data(services, record) for record in records])


@router.get("/{likeness_id}", summary="Look at a record")
async def look(services: Wired, tenant: Caller, likeness_id: str) -> Envelope[LikenessData]:
    """One record."""
    record = await services.likenesses.get(tenant.id, likeness_id)
    return Envelope(data=_data(services, record))


@router.post("/{likeness_id}/invite", summary="Make a link that asks for consent")
async def invite(
    services: Wired, tenant: Caller, likeness_id: str, request: Request
) -> Envelope[Link]:
    """The person opens the link, reads what it is about, and records a short clip."""
    token = await services.consents.invite(tenant.id, likeness_id)
    # After the #, so that no server and no log ever sees it.
    url = f"{str(request.base_url).rstrip('/')}/consent/#{token}"
    code = segno.make(url, micro=False).svg_inline(scale=4, dark="#111", light="#fff")
    return Envelope(data=Link(url=url, qr_svg=code))


@router.post("/{likeness_id}/revoke", summary="Withdraw a record")
async def revoke(services: Wired, tenant: Caller, likeness_id: str) -> Plain:
    """Sessions that wear the face end within a second. It may be called again."""
    await services.likenesses.get(tenant.id, likeness_id)
    await services.likenesses.revoke(likeness_id, by="tenant")
    return Plain()


@router.get("/{likeness_id}/export", summary="All that is kept about a face")
async def export(services: Wired, tenant: Caller, likeness_id: str) -> Envelope[dict[str, Any]]:
    """For the person who asks: record, links, sources, sessions and recordings, as JSON."""
    told = await services.likenesses.export(tenant.id, likeness_id)
    records = await services.likenesses.same_face(tenant.id, likeness_id)
    told["recordings"] = [one.id for one in await services.recordings.showing(records)]
    links = await services.consents.listed(likeness_id)
    hidden = ("digest", "likeness_id")
    told["links"] = [
        {name: value for name, value in vars(link).items() if name not in hidden} for link in links
    ]
    return Envelope(data=told)


@router.get("/{likeness_id}/clip", summary="The consent clip", response_class=Response)
async def clip(services: Wired, tenant: Caller, likeness_id: str) -> Response:
    """What the person recorded; listen whether the words are the record's."""
    data = await services.likenesses.evidence(tenant.id, likeness_id)
    return Response(data, media_type="application/octet-stream")


@router.delete("/{likeness_id}", summary="Erase a face")
async def erase(services: Wired, tenant: Caller, likeness_id: str) -> Plain:
    """End its sessions; forget record, clip, embedding, sources, and recordings that show it."""
    records = await services.likenesses.same_face(tenant.id, likeness_id)
    sessions, sources = await services.likenesses.erase(tenant.id, likeness_id)
    await services.recordings.forget(records)
    for session_id in sessions:
        await services.sessions.end(session_id, Reason.CONSENT_WITHDRAWN)
    for source_id in sources:
        await services.sources.erase(source_id)
    return Plain()


def _data(services: Services, record: Likeness) -> LikenessData:
    genuine = services.likenesses.is_genuine(record)
    return LikenessData.model_validate(asdict(record) | {"genuine": genuine})


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ParameterError("valid_until: add a time zone, as in 2027-01-01T00:00:00Z.")
    return moment.timestamp()
