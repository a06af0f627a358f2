"""Who is calling: `Authorization` first, then `x-api-key`; media tokens on channels."""

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from mien.api.services import Services
from mien.errors import BadCredentials, MissingCredentials
from mien.live.records import Tenant
from mien.live.tokens import MediaToken

# These two only describe the headers at /docs; the functions below read them.
BEARER = HTTPBearer(auto_error=False, description="A token from getToken, or the API key.")
API_KEY = APIKeyHeader(name="x-api-key", auto_error=False, description="The API key.")
MEDIA_BEARER = HTTPBearer(
    scheme_name="MediaToken", auto_error=False, description="front_rtc_token of create."
)


def services_of(request: Request) -> Services:
    """The services that the app was made with."""
    services: Services = request.app.state.services
    return services


Wired = Annotated[Services, Depends(services_of)]


async def caller(
    services: Wired,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    x_api_key: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Tenant:
    """The tenant. Where both headers have values Authorization decides.

    Raises MissingCredentials, BadCredentials, TenantBlocked.
    """
    if bearer := bearer_of(authorization):
        return await services.accounts.by_bearer(bearer)
    if x_api_key and x_api_key.strip():
        return await services.accounts.by_key(x_api_key.strip())
    raise MissingCredentials("No credentials were sent.")


async def grant(
    services: Wired,
    channel_id: str,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> MediaToken:
    """What the media token allows on the path's channel.

    Raises MissingCredentials, BadCredentials, Forbidden.
    """
    bearer = bearer_of(authorization)
    if not bearer:
        raise MissingCredentials("No media token was sent", "send front_rtc_token as Bearer.")
    return services.sessions.admit(bearer, channel_id)


def bearer_of(header: str | None) -> str:
    """The value behind `Bearer`, or nothing. Raises BadCredentials for another scheme."""
    scheme, _, value = (header or "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        raise BadCredentials("Authorization must have the form: Bearer TOKEN.")
    return value.strip()


Caller = Annotated[Tenant, Depends(caller)]
Granted = Annotated[MediaToken, Depends(grant)]
DOCUMENTED = [Depends(BEARER), Depends(API_KEY)]
MEDIA_DOCUMENTED = [Depends(MEDIA_BEARER)]
