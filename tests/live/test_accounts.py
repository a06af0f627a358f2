import asyncio
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from mien.errors import BadCredentials, TenantBlocked
from mien.live.accounts import ALGORITHMS, Accounts
from mien.live.records import Tenant
from mien.live.store import Store

NOW = 1_800_000_000.0
KEY = OKPKey.generate_key("Ed25519")
PEPPER = "ab" * 32


class World:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOW

    def accounts(self, key: OKPKey = KEY, pepper: str = PEPPER) -> Accounts:
        return Accounts(
            self.store,
            key,
            pepper=pepper,
            ttl_s=600,
            clock=lambda: self.now,
            random=secrets.token_bytes,
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'mien.sqlite3'}")
    await store.open()
    made = World(store)
    await made.accounts().register_default("client", "secret")
    yield made
    await store.close()


def claims_of(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    claims: dict[str, object] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


async def signed(world: World, **changes: object) -> str:
    claims = claims_of(await world.accounts().exchange("client", "secret")) | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": "Ed25519", "kid": KEY.thumbprint()}
    return jwt.encode(header, kept, KEY, algorithms=ALGORITHMS)


async def test_a_pair_buys_a_token_that_is_accepted(world: World) -> None:
    token = await world.accounts().exchange("client", "secret")
    assert (await world.accounts().by_token(token)).id == "default"
    assert (await world.accounts().by_bearer(token)).id == "default"
    claims = claims_of(token)
    assert claims["exp"] == NOW + 600
    assert (claims["aud"], claims["tenant"]) == ("mien", "default")


async def test_each_token_has_its_own_id(world: World) -> None:
    tokens = [await world.accounts().exchange("client", "secret") for _ in range(2)]
    assert claims_of(tokens[0])["jti"] != claims_of(tokens[1])["jti"]


@pytest.mark.parametrize("pair", [("client", "wrong"), ("nobody", "secret"), ("client", "")])
async def test_a_wrong_pair_is_refused(world: World, pair: tuple[str, str]) -> None:
    with pytest.raises(BadCredentials):
        await world.accounts().exchange(*pair)


async def test_nobody_gets_in_with_the_secret_of_an_unknown_client(world: World) -> None:
    # The comparison for an unknown client is against a dummy: it must never count as right.
    with pytest.raises(BadCredentials):
        await world.accounts().exchange("nobody", "")


async def test_the_secret_is_the_api_key_also_as_bearer(world: World) -> None:
    assert (await world.accounts().by_key("secret")).id == "default"
    assert (await world.accounts().by_bearer("secret")).id == "default"
    for wrong in ("Secret", "secret ", "", "client", "ü", "\ud800"):
        with pytest.raises(BadCredentials):
            await world.accounts().by_key(wrong)


def files_with(folder: Path, text: str) -> list[Path]:
    return [file for file in folder.iterdir() if text.encode() in file.read_bytes()]


async def test_the_secret_is_not_kept(world: World, tmp_path: Path) -> None:
    await world.accounts().register_default("client", "s3cr3t-of-a-tenant")
    tenant = await world.store.tenant("default")
    assert tenant is not None
    assert tenant.secret_digest == world.accounts().digest("s3cr3t-of-a-tenant")
    assert len(tenant.secret_digest) == 64
    assert await asyncio.to_thread(files_with, tmp_path, tenant.secret_digest)
    assert not await asyncio.to_thread(files_with, tmp_path, "s3cr3t-of-a-tenant")
    with pytest.raises(BadCredentials):
        await world.accounts(pepper="cd" * 32).by_key("s3cr3t-of-a-tenant")


async def test_a_token_expires(world: World) -> None:
    token = await world.accounts().exchange("client", "secret")
    world.now += 599
    await world.accounts().by_token(token)
    world.now += 2
    with pytest.raises(BadCredentials):
        await world.accounts().by_token(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": None},
        {"exp": None},
        {"tenant": None},
        {"jti": None},
        {"tenant": "gone"},
        {"exp": "soon"},
        {"tenant": ["default"]},
    ],
)
async def test_every_claim_is_needed(world: World, changes: dict[str, object]) -> None:
    await world.accounts().by_token(await signed(world))
    with pytest.raises(BadCredentials):
        await world.accounts().by_token(await signed(world, **changes))


async def test_another_key_is_refused(world: World) -> None:
    foreign = OKPKey.generate_key("Ed25519")
    token = await world.accounts(key=foreign).exchange("client", "secret")
    with pytest.raises(BadCredentials):
        await world.accounts().by_token(token)


async def test_a_wrong_key_id_is_refused(world: World) -> None:
    claims = claims_of(await world.accounts().exchange("client", "secret"))
    for header in ({"alg": "Ed25519"}, {"alg": "Ed25519", "kid": "other"}):
        token = jwt.encode(header, claims, KEY, algorithms=ALGORITHMS)
        with pytest.raises(BadCredentials, match="another key"):
            await world.accounts().by_token(token)


async def test_other_algorithms_are_refused(world: World) -> None:
    claims = claims_of(await world.accounts().exchange("client", "secret"))
    shared = OctKey.import_key(KEY.thumbprint() * 2)
    confused = jwt.encode({"alg": "HS256", "kid": KEY.thumbprint()}, claims, shared)
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for token in (confused, f"{unsigned}.{confused.split('.')[1]}."):
        with pytest.raises(BadCredentials):
            await world.accounts().by_token(token)


async def test_a_blocked_tenant_is_told_so(world: World) -> None:
    token = await world.accounts().exchange("client", "secret")
    tenant = await world.store.tenant("default")
    assert tenant is not None
    await world.store.put_tenant(replace(tenant, blocked=True))
    for attempt in (
        world.accounts().by_token(token),
        world.accounts().by_key("secret"),
        world.accounts().exchange("client", "secret"),
    ):
        with pytest.raises(TenantBlocked):
            await attempt
    with pytest.raises(BadCredentials):
        await world.accounts().exchange("client", "wrong")


async def test_new_credentials_replace_the_old_but_not_a_block(world: World) -> None:
    old = await world.store.tenant("default")
    assert old is not None
    await world.store.put_tenant(replace(old, blocked=True, credit=7))
    tenant: Tenant = await world.accounts().register_default("client2", "secret2")
    assert (tenant.blocked, tenant.credit, tenant.client_id) == (True, 7, "client2")
    with pytest.raises(BadCredentials):
        await world.accounts().by_key("secret")


@given(text=st.text(max_size=200) | st.text(max_size=60).map(lambda part: f"{part}.{part}.{part}"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
async def test_any_text_is_refused_and_nothing_else_happens(world: World, text: str) -> None:
    with pytest.raises(BadCredentials):
        await world.accounts().by_bearer(text)
