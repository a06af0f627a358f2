"""What /docs tells: the OpenAPI description, with answers as they really are."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mien.errors import ANSWERS, OK

TEXT = """Self-hosted, real-time face swap.

1. `POST /api/open/v3/getToken` with the client id and secret, or send the secret as `x-api-key`.
2. `POST /api/open/v3/faceswap/live/create` with a source face.
3. `POST` an SDP offer to `join_url`, with `front_rtc_token` as bearer.

Answers are `{code, msg, data}`. On the paths of the documented API a failure has HTTP status 200
and its code; on `/v1` paths it has the status in the table too. A fault of the server itself is
HTTP 500 with code 500 on both.

| code | HTTP status on /v1 | meaning |
|---|---|---|
"""

FAILURE_STATUSES = {
    "400": "Wrong field or body",
    "401": "No valid credentials",
    "402": "Quota used up",
    "403": "Not yours, or blocked",
    "404": "Does not exist",
    "410": "The session is closed",
    "412": "The ETag is another one",
    "413": "Too large",
    "415": "Wrong content type",
    "422": "ICE restart is not supported",
    "428": "If-Match is missing",
    "429": "Too often",
    "503": "No room now",
}
PATCH_ONLY = frozenset({"412", "422", "428"})


def describe(app: FastAPI) -> None:
    """Replace the app's description by ours, made once."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_describe(app))
        return made

    app.openapi = openapi  # type: ignore[method-assign]


def _describe(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, description=TEXT + _codes(), routes=app.routes
    )
    schema["components"]["schemas"]["Failure"] = _failure_schema()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _correct(path, method, operation["responses"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    return schema


def _codes() -> str:
    rows = [f"| {OK} | 200 | success |"]
    for kind, answer in ANSWERS.items():
        meaning = (kind.__doc__ or "").strip().splitlines()[0]
        rows.append(f"| {answer.code} | {answer.http_status} | {meaning} {answer.advice} |")
    return "\n".join(rows)


def _failure_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["code", "msg"],
        "properties": {"code": {"type": "integer"}, "msg": {"type": "string"}},
        "example": {"code": 1101, "msg": "The token is wrong or has expired."},
    }


def _correct(path: str, method: str, responses: dict[str, Any]) -> None:
    """No 422 of the framework's; on our own paths the statuses that failures have."""
    responses.pop("422", None)
    wanted = FAILURE_STATUSES if path.startswith("/v1/") else {"413": FAILURE_STATUSES["413"]}
    for status, text in wanted.items():
        if status not in PATCH_ONLY or method == "patch":
            responses.setdefault(status, _failure(text))


def _failure(text: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Failure"}
    return {"description": text, "content": {"application/json": {"schema": reference}}}
