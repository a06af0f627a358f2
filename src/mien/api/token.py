"""getToken: a client id and secret for a token."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from mien.api.auth import Wired
from mien.api.envelope import Envelope

router = APIRouter(tags=["token"])

Text = Annotated[str, Field(min_length=1, max_length=1024)]


class Credentials(BaseModel):
    """The pair that the server printed at its first start."""

    model_config = ConfigDict(strict=True)

    clientId: Text
    clientSecret: Text


class TokenData(BaseModel):
    """The token again, and its validity in seconds."""

    token: str
    expire: int = Field(examples=[31536000])


class TokenAnswer(Envelope[TokenData]):
    """Clients read either place."""

    token: str | None = None


@router.post("/api/open/v3/getToken", summary="Get a token", response_model_exclude_none=True)
async def get_token(services: Wired, body: Credentials) -> TokenAnswer:
    """Exchange `clientId` and `clientSecret` for a bearer token."""
    token = await services.accounts.exchange(body.clientId, body.clientSecret)
    return TokenAnswer(token=token, data=TokenData(token=token, expire=services.accounts.ttl_s))
