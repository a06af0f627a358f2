"""/v1/operator: the kill switch, for whoever holds the operator's token."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field

from mien.api.auth import BEARER, Wired, bearer_of
from mien.api.envelope import Envelope, Plain
from mien.errors import BadCredentials, MissingCredentials, NotFound
from mien.live.kill_switch import kill_named


async def operator(
    services: Wired, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> None:
    """Let only the operator in. Raises MissingCredentials, BadCredentials."""
    token = bearer_of(authorization)
    if not token:
        raise MissingCredentials("No operator's token was sent", "send it as Bearer.")
    if not hmac.compare_digest(token.encode(), services.operator_token.encode()):
        raise BadCredentials("The operator's token is wrong", "it is in the data directory.")


router = APIRouter(
    prefix="/v1/operator", tags=["operator"], dependencies=[Depends(operator), Depends(BEARER)]
)


class KillBody(BaseModel):
    """What to stop or to revive."""

    model_config = ConfigDict(strict=True)

    scope: str = Field(description="all, tenant, likeness or session", max_length=16)
    target: str | None = Field(default=None, description="Its id; none for all.", max_length=64)


@router.post("/kill", summary="Stop")
async def kill(services: Wired, body: KillBody) -> Plain:
    """Cover pictures with a card, and refuse new sessions, until they are revived."""
    await services.sessions.kill(kill_named(body.scope, body.target))
    return Plain()


@router.post("/revive", summary="Go on")
async def revive(services: Wired, body: KillBody) -> Plain:
    """Show pictures again."""
    if not await services.sessions.revive(kill_named(body.scope, body.target)):
        raise NotFound("Nothing of that name was stopped.")
    return Plain()


@router.get("/kills", summary="What is stopped?")
async def kills(services: Wired) -> Envelope[list[KillBody]]:
    """Everything that is stopped now."""
    thrown = await services.sessions.kills.thrown()
    ordered = sorted(thrown, key=lambda one: one.name)
    return Envelope(
        data=[KillBody(scope=one.scope.value, target=one.target or None) for one in ordered]
    )
