"""Every route of the description, called by a tenant with what is another's.

A route that is added must find its place in one of the tables below, or the first test fails.
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from tests.api.conftest import CLOSE, CREATE, FACE_URL, INFO, OFFER, QUOTA, UPDATE, House
from tests.live.fakes import EILEEN

from mien.live.records import Tenant

Ids = Mapping[str, str]

SOURCE = "/v1/sources/{source_id}"
LIKENESS = "/v1/likenesses/{likeness_id}"
RECORDING = "/v1/recordings/{recording_id}"
CHANNEL = "/v1/channels/{channel_id}"

# Answers everybody alike.
OPEN = {
    "POST /api/open/v3/getToken",
    "POST /v1/provenance/detect",
    "GET /v1/provenance/keys",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /v1/compliance",
}
# Names nothing that is anybody's: what is asked or sent is the caller's own.
OWN = {
    "POST /detect",
    "POST /interface/detect-api/detect_faces",
    "POST /v1/sources",
    "GET /v1/sources",
    "GET /v1/likenesses",
    "GET /v1/recordings",
    f"GET {QUOTA}",
}
# Names what is a tenant's, in the path or in the body.
NAMING: dict[str, dict[str, Any]] = {
    f"POST {CREATE}": {"sourceImage": ["{source_id}"]},
    f"POST {UPDATE}": {"_id": "{session_id}", "sourceImage": [FACE_URL]},
    f"POST {CLOSE}": {"_id": "{session_id}"},
    f"POST {INFO}": {"_id": "{session_id}"},
    f"GET {INFO}": {},
    f"DELETE {SOURCE}": {},
    "POST /v1/likenesses": {
        "source": "{source_id}",
        "subject": "Somebody",
        "basis": "self",
        "adult": True,
    },
    f"GET {LIKENESS}": {},
    f"DELETE {LIKENESS}": {},
    f"POST {LIKENESS}/invite": {},
    f"POST {LIKENESS}/revoke": {},
    f"GET {LIKENESS}/export": {},
    f"GET {LIKENESS}/clip": {},
    f"GET {RECORDING}": {},
    f"DELETE {RECORDING}": {},
    "POST /v1/sessions/{session_id}/snapshot": {},
}
# Names a channel, and is asked with a media token.
CHANNELS: dict[str, str | dict[str, Any]] = {
    f"POST {CHANNEL}/join": {"sdp": OFFER},
    f"POST {CHANNEL}/whip": OFFER,
    f"POST {CHANNEL}/whep": OFFER,
    f"GET {CHANNEL}/ice": {},
    f"GET {CHANNEL}/statement": {},
    **{
        f"{method} {CHANNEL}/{kind}/{{peer_id}}": "a=candidate" if method == "PATCH" else {}
        for method in ("PATCH", "DELETE")
        for kind in ("peers", "whip", "whep")
    },
}
# Asked with a link's token, and with the operator's.
LINKS = {"GET ", "POST /challenge", "POST /clip", "POST /withdraw"}
LINKED = {f"{one.split()[0]} /v1/consent{one.partition(' ')[2]}" for one in LINKS}
OPERATOR = {"POST /v1/operator/kill", "POST /v1/operator/revive", "GET /v1/operator/kills"}

MISSING = {
    "session_id": "0" * 24,
    "source_id": "src_" + "0" * 32,
    "likeness_id": "lik_" + "0" * 32,
    "recording_id": "rec_" + "0" * 32,
    "channel_id": "20990101000000000_0000",
    "peer_id": "peer9",
}


def routes(house: House) -> set[str]:
    paths = house.app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, kinds in paths.items() for method in kinds}


@pytest.fixture
async def other(house: House) -> dict[str, str]:
    digest = house.services.accounts.digest("other key")
    await house.services.store.put_tenant(Tenant("other", "other", digest, False, 100, 1.0))
    return {"x-api-key": "other key"}


@pytest.fixture
async def mine(house: House) -> dict[str, str]:
    """One of everything that a tenant can have."""
    upload = await house.http.post("/v1/sources", files={"file": EILEEN}, headers=house.key)
    source = upload.json()["data"]["id"]
    session = await house.create(sourceImage=[source], record=True)
    body = {"source": source, "subject": "Eileen", "basis": "self", "adult": True}
    record = await house.http.post("/v1/likenesses", json=body, headers=house.key)
    join = await house.http.post(
        session["join_url"], json={"sdp": OFFER}, headers=house.media(session)
    )
    (recording,) = (await house.http.get("/v1/recordings", headers=house.key)).json()["data"]
    return {
        "session_id": session["_id"],
        "source_id": source,
        "likeness_id": record.json()["data"]["id"],
        "recording_id": recording["id"],
        "channel_id": session["channel_id"],
        "peer_id": join.json()["data"]["peer_id"],
    }


def filled(value: Any, ids: Ids) -> Any:
    """With ids in the place of their names."""
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], value) if _names(value) else value


def _names(value: Any) -> bool:
    return isinstance(value, str) and "{" in value


async def called(
    house: House, route: str, body: Any, ids: Ids, headers: dict[str, str]
) -> tuple[int, Any, list[str]]:
    """All that an answer says, but for the request's id and when something was made."""
    method, path = route.split()
    given: dict[str, Any] = {"json": filled(body, ids)} if body else {}
    if isinstance(body, str):
        kind = "application/trickle-ice-sdpfrag" if method == "PATCH" else "application/sdp"
        given, headers = {"content": body}, headers | {"content-type": kind}
    if route == f"GET {INFO}":
        given = {"params": {"_id": ids["session_id"]}}
    answer: httpx.Response = await house.http.request(
        method, filled(path, ids), headers=headers, **given
    )
    names = sorted(name for name in answer.headers if name != "x-request-id")
    return answer.status_code, answer.json(), names


async def test_each_route_is_in_one_of_the_tables(house: House) -> None:
    tables = [OPEN, OWN, set(NAMING), set(CHANNELS), LINKED, OPERATOR]
    assert routes(house) == set().union(*tables)
    assert len(routes(house)) == sum(map(len, tables)), "and in one only"


async def test_what_is_another_s_answers_as_what_is_not_there(
    house: House, other: dict[str, str], mine: dict[str, str]
) -> None:
    before = await everything(house)
    for route, body in NAMING.items():
        foreign = await called(house, route, body, mine, other)
        assert foreign == await called(house, route, body, MISSING, other), route
        assert foreign[1]["code"] == 1008, route
    assert await everything(house) == before, "and nothing of it was touched"
    for route, body in NAMING.items():
        if route.startswith("GET") and not route.endswith("/clip") and RECORDING not in route:
            own = await called(house, route, body, mine, house.key)
            assert own[1]["code"] == 1000, route


async def test_another_s_channel_answers_as_none(
    house: House, other: dict[str, str], mine: dict[str, str]
) -> None:
    theirs = (await house.call(CREATE, {"sourceImage": [FACE_URL]}, other))["data"]
    media = house.media(theirs)
    before = await everything(house)
    for route, body in CHANNELS.items():
        foreign = await called(house, route, body, mine, media)
        assert foreign == await called(house, route, body, MISSING, media), route
        assert foreign[1]["code"] == 1009, route
    assert await everything(house) == before
    assert house.placement.stations[0].peers == {mine["peer_id"]}


async def test_lists_show_one_s_own_alone(
    house: House, other: dict[str, str], mine: dict[str, str]
) -> None:
    for route in OWN | OPEN:
        method, path = route.split()
        if method == "GET":
            answer = await house.http.get(path, headers=other)
            assert answer.status_code == 200, route
            assert not [one for one in mine.values() if len(one) > 8 and one in answer.text], route


@pytest.mark.parametrize("who", ["nobody", "tenant", "media"])
async def test_the_wrong_kind_of_caller_gets_in_nowhere(
    house: House, mine: dict[str, str], who: str
) -> None:
    session = await house.create()
    headers = {"nobody": {}, "tenant": house.key, "media": house.media(session)}[who]
    bodies = {
        "POST /v1/operator/kill": {"scope": "all"},
        "POST /v1/operator/revive": {"scope": "all"},
    }
    closed = {route: bodies.get(route, {}) for route in OPERATOR | LINKED}
    if who != "tenant":
        closed |= dict(NAMING) | {route: {} for route in OWN}
    if who != "media":
        closed |= CHANNELS  # type: ignore[arg-type]
    for route, body in closed.items():
        answer = await called(house, route, body, mine, headers)
        told = answer[1].get("code", answer[1].get("error_code"))
        assert told in (1101, 1102), route
        assert answer[0] == (401 if "/v1/" in route else 200), route


async def everything(house: House) -> list[Any]:
    """What a tenant sees of its own."""
    answers = [
        (await house.http.get(f"/v1/{what}", headers=house.key)).json()
        for what in ("sources", "likenesses", "recordings")
    ]
    states = [station.ended.done() for station in house.placement.stations[:1]]
    return [*answers, states, house.placement.stations[0].sources]
