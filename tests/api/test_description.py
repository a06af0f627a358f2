import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.conftest import Clock, FakeWeb, House, make_services
from tests.live.fakes import EILEEN, FakeImaging, FakePlacement

from mien.api.app import create_app
from mien.errors import ANSWERS

EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def test_the_description_tells_every_code_and_route(house: House) -> None:
    described = (await house.http.get("/openapi.json")).json()
    for answer in ANSWERS.values():
        assert f"| {answer.code} | {answer.http_status} |" in described["info"]["description"]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] and operation["description"], (method, path)
            assert "HTTPValidationError" not in str(operation["responses"])
    assert (await house.http.get("/docs")).status_code == 200


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def as_text(_context: Any, value: Any) -> bytes:
    """Any JSON value as text: session descriptions of garbage."""
    return str(value).encode(errors="replace")


class ThreadedServer(uvicorn.Server):
    """uvicorn on a thread, where no signals can be caught."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The description of an application that runs, with plenty of room and no rate limits."""
    names = ("creates_per_minute", "detects_per_minute", "link_calls_per_minute")
    limits = dict.fromkeys(names, 100_000)
    folder = tmp_path_factory.mktemp("fuzzed")
    placement, imaging = FakePlacement(10_000), FakeImaging()
    services = make_services(folder, placement, imaging, Clock(), FakeWeb(), limits=limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(create_app(services), log_config=None, ws="none")
        server = ThreadedServer(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        key = {"x-api-key": services.installation.client_secret}
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/openapi.json"
        schema = schemathesis.openapi.from_url(url, headers=key)
        schema.config.update(headers=key)
        operator = {"Authorization": f"Bearer {services.operator_token}"}
        person = {"Authorization": f"Bearer {link(url.removesuffix('/openapi.json'), key)}"}
        yield schema, {"/v1/operator/": operator, "/v1/consent": person}
        server.should_exit = True
        thread.join()


def link(origin: str, key: dict[str, str]) -> str:
    """The token of a consent link."""
    with httpx.Client(base_url=origin, headers=key) as http:
        source = http.post("/v1/sources", files={"file": EILEEN}).json()["data"]["id"]
        body = {"source": source, "subject": "Eileen", "basis": "self", "adult": True}
        record = http.post("/v1/likenesses", json=body).json()["data"]["id"]
        made = http.post(f"/v1/likenesses/{record}/invite").json()["data"]["url"]
    return str(made.partition("#")[2])


def test_no_request_breaks_the_description(schema: Any) -> None:
    schema, callers = schema
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        for mode in GenerationMode:
            headers = [who for path, who in callers.items() if operation.path.startswith(path)]
            try_out(operation, mode, *headers)


def try_out(operation: Any, mode: GenerationMode, headers: Any = None) -> None:
    """Send generated requests, right ones or wrong ones, and look at every answer."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(checks=CHECKS, headers=headers)

    with contextlib.suppress(Unsatisfiable):  # there is no wrong form of a request without fields
        send()
