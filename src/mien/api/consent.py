"""/v1/consent: what the depicted person's page asks. The link's token is the only credential."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from mien.api.auth import Wired
from mien.api.envelope import Envelope, Plain
from mien.api.services import Services
from mien.api.studio import WEB, StudioFiles
from mien.errors import BadCredentials, MissingCredentials, PayloadTooLarge
from mien.live.consents import CHALLENGE_S, Invitation
from mien.trust.likeness import Likeness, Scope

router = APIRouter(prefix="/v1/consent", tags=["consent"])

Link = HTTPBearer(auto_error=False, description="The part of the link after #.")
State = Literal["open", "given", "withdrawn", "expired"]


async def link_token(
    services: Wired, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(Link)]
) -> str:
    """The token of a link that we made. Raises MissingCredentials, BadCredentials, TooFrequent."""
    if sent is None or not sent.credentials:
        raise MissingCredentials("Open the whole link that you were sent.")
    try:
        invitation, _ = await services.consents.look(sent.credentials)
    except BadCredentials:
        services.rates.count_guess()
        raise
    services.rates.count_link(invitation.digest)
    return sent.credentials


Token = Annotated[str, Depends(link_token)]


class About(BaseModel):
    """What the person is asked for."""

    subject: str
    asked_by: str = Field(description="The account that asks.")
    scope: list[Scope]
    valid_until: float | None
    state: State


class Asked(BaseModel):
    """What must be said and done within `seconds`."""

    phrase: list[str]
    turns: list[Literal["left", "right"]] = Field(description="The person's own left and right.")
    seconds: float


class Judged(BaseModel):
    """Whether the clip is accepted; else why not."""

    accepted: bool
    faults: list[str]


@router.get("", summary="What is asked")
async def about(services: Wired, token: Token) -> Envelope[About]:
    """Who asks for what."""
    invitation, record = await services.consents.look(token)
    return Envelope(
        data=About(
            subject=record.subject,
            asked_by=record.tenant_id,
            scope=list(record.scope),
            valid_until=record.valid_until,
            state=_state(services, invitation, record),
        )
    )


@router.post("/challenge", summary="Begin")
async def challenge(services: Wired, token: Token) -> Envelope[Asked]:
    """Words and turns, drawn now."""
    drawn = await services.consents.challenge(token)
    return Envelope(
        data=Asked(phrase=list(drawn.phrase), turns=list(drawn.turns), seconds=CHALLENGE_S)
    )


@router.post("/clip", summary="Send the clip")
async def clip(services: Wired, token: Token, request: Request) -> Envelope[Judged]:
    """The recorded WebM or MP4 as the body. Accepted, it is the consent."""
    services.rates.count_clip()
    data = await request.body()
    if len(data) > services.settings.limits.body_bytes:
        raise PayloadTooLarge("The clip is too large", "record a shorter one.")
    faults = await services.consents.answer(token, data)
    return Envelope(data=Judged(accepted=not faults, faults=list(faults)))


@router.post("/withdraw", summary="Refuse, or take consent back")
async def withdraw(services: Wired, token: Token) -> Plain:
    """Ends every session with the face within a second."""
    await services.consents.withdraw(token)
    return Plain()


def add_consent_page(app: FastAPI, folder: Path = WEB / "consent") -> None:
    """Serve `folder` at /consent/."""
    app.mount("/consent", StudioFiles(directory=folder, html=True, check_dir=False), "consent")


def _state(services: Services, invitation: Invitation, record: Likeness) -> State:
    if record.revoked_at is not None:
        return "withdrawn"
    if invitation.given_at is not None:
        return "given"
    return "expired" if services.world.clock() > invitation.expires_at else "open"
