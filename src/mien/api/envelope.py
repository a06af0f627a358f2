"""The answers' common form `{code, msg, data}`, and how failures take it."""

from typing import Any, Generic, TypeVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from mien.errors import (
    OK,
    Answer,
    BadCredentials,
    MienError,
    MissingCredentials,
    NoCapacity,
    NotFound,
    ParameterError,
    PayloadTooLarge,
    TooFrequent,
    answer_for,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")

# What no caller can cause. Not one of the documented codes, so that nobody acts on it.
SERVER_FAULT = 500
RETRY_AFTER_S = {TooFrequent: "10", NoCapacity: "5"}
DETECT_PATHS = frozenset({"/detect", "/interface/detect-api/detect_faces"})


class Plain(BaseModel):
    """Success or failure without data."""

    code: int = Field(default=OK, description="1000 is success; else see the table of codes.")
    msg: str = Field(default="OK", description="What happened, and what to do next.")


class Envelope(Plain, Generic[T]):
    """Success with data, or failure without."""

    data: T | None = None


def is_v1(path: str) -> bool:
    """Our own paths use HTTP statuses; the contract's answer business failures with 200."""
    return path.startswith("/v1/")


def failure(request: Request, error: MienError) -> JSONResponse:
    """The answer that a failure gets on this path."""
    answer = answer_for(error)
    return JSONResponse(
        _told(request, answer, error),
        status_code=_status(request, error, answer),
        headers=_headers(request, error),
    )


def add_handlers(app: FastAPI) -> None:
    """Give every failure the envelope."""
    app.add_exception_handler(MienError, _on_mien_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_mien_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MienError)
    return failure(request, error)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return failure(request, ParameterError("The body is not valid JSON."))
    return failure(request, ParameterError(f"{_field(first['loc'])}: {first['msg']}."))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return failure(request, ParameterError("The body can't be read."))
    known: dict[int, MienError] = {
        404: NotFound("There is no such path."),
        413: PayloadTooLarge("The body is above the limit."),
    }
    told = known.get(error.status_code, ParameterError(f"{error.detail}."))
    answer = answer_for(told)
    body = _told(request, answer, told)
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)


def _told(request: Request, answer: Answer, error: MienError) -> dict[str, Any]:
    message = str(error) if error.advice else f"{error} {answer.advice}"
    return failure_body(request.url.path, answer.code, message)


def failure_body(path: str, code: int, message: str) -> dict[str, Any]:
    """The envelope of a failure; on detect's paths with detect's own fields too."""
    body: dict[str, Any] = {"code": code, "msg": message}
    if path in DETECT_PATHS:
        # Clients of detect read error_code and nothing else.
        body |= {"error_code": 1, "error_msg": message, "faces_obj": {}}
    return body


def _status(request: Request, error: MienError, answer: Answer) -> int:
    if is_v1(request.url.path) or isinstance(error, PayloadTooLarge):
        return answer.http_status
    detect = request.url.path in DETECT_PATHS
    return 400 if detect and answer.http_status == 400 else 200


def _headers(request: Request, error: MienError) -> dict[str, str]:
    headers: dict[str, str] = {}
    for kind, seconds in RETRY_AFTER_S.items():
        if isinstance(error, kind):
            headers["Retry-After"] = seconds
    if is_v1(request.url.path) and isinstance(error, BadCredentials | MissingCredentials):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _field(location: tuple[Any, ...]) -> str:
    """`sourceImage[0].path` for ("body", "sourceImage", 0, "path")."""
    text = ""
    for part in location[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "body"
