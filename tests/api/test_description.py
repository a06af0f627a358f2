from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.conftest import Clock, FakeWeb, House, make_services
from tests.live.fakes import FakeImaging, FakePlacement

from mien.api.app import create_app
from mien.errors import ANSWERS

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


@pytest.fixture
def schema(tmp_path: Path) -> Iterator[Any]:
    """The description of an application that runs, with plenty of room and no rate limits."""
    limits = {"creates_per_minute": 100_000, "detects_per_minute": 100_000}
    services = make_services(
        tmp_path, FakePlacement(10_000), FakeImaging(), Clock(), FakeWeb(), limits=limits
    )
    app = create_app(services)
    with TestClient(app):
        schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        schema.config.update(headers={"x-api-key": services.installation.client_secret})
        yield schema


fuzzed = schemathesis.pytest.from_fixture("schema")


@fuzzed.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_description(case: Any) -> None:
    case.call_and_validate(checks=CHECKS)
