"""The operator's side of tenants, beside the callers' side of it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from mien.errors import BadCredentials, NotFound, ParameterError
from mien.live.accounts import Accounts
from mien.live.installation import SECRETS_FILE, open_installation, open_signing_key
from mien.live.store import Store
from mien.live.tenancy import Quota, Tenancy, open_tenancy
from mien.settings import Settings
from mien.trust.audit import LOG_FILE

HOUR = 3600.0


class Desk:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder / "data")
        self.now = 1_800_000_000.0

    def clock(self) -> float:
        return self.now

    async def open(self) -> None:
        installation = open_installation(self.settings, secrets.token_bytes)
        self.store = Store(self.settings.resolved_database_url)
        await self.store.open()
        key = open_signing_key(self.settings.data_dir)
        self.accounts = Accounts(
            self.store,
            key,
            pepper=installation.pepper,
            ttl_s=31_536_000,
            clock=self.clock,
            random=secrets.token_bytes,
        )
        kept = installation
        await self.accounts.register_default(kept.client_id, kept.client_secret)

    def logged(self) -> list[dict[str, object]]:
        text = (self.settings.data_dir / LOG_FILE).read_text()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    await desk.open()
    yield desk
    await desk.store.close()


@pytest.fixture
async def tenancy(desk: Desk) -> AsyncIterator[Tenancy]:
    """As a command has it: over a connection of its own."""
    async with open_tenancy(desk.settings, clock=desk.clock, random=secrets.token_bytes) as made:
        yield made


async def test_a_new_tenant_can_call_at_once(desk: Desk, tenancy: Tenancy) -> None:
    made = await tenancy.add("acme", Quota(minutes=60, sessions=2))
    assert len(made.secret) == 43, "256 bits"
    assert made.secret not in repr(made)
    token = await desk.accounts.exchange(made.tenant.client_id, made.secret)
    tenant = await desk.accounts.by_token(token)
    assert (tenant.id, tenant.credit_left, tenant.sessions) == ("acme", 60, 2)
    assert (await desk.accounts.by_key(made.secret)).id == "acme"
    assert {one.id for one in await tenancy.listed()} == {"default", "acme"}


@pytest.mark.parametrize("name", ["", "Acme", "a b", "../x", "x" * 33, "default", "-a", "ä"])
async def test_names_that_are_none_or_taken(tenancy: Tenancy, name: str) -> None:
    with pytest.raises(ParameterError, match="name"):
        await tenancy.add(name, Quota())


async def test_two_secrets_are_good_while_a_rotation_is_under_way(
    desk: Desk, tenancy: Tenancy
) -> None:
    first = await tenancy.add("acme", Quota())
    old_token = await desk.accounts.exchange(first.tenant.client_id, first.secret)
    second = await tenancy.rotate("acme", HOUR)
    assert second.secret != first.secret
    for secret in (first.secret, second.secret):
        await desk.accounts.by_key(secret)
        await desk.accounts.exchange(first.tenant.client_id, secret)
    await desk.accounts.by_token(old_token)
    desk.now += HOUR
    await desk.accounts.by_key(second.secret)
    await refused(desk, first.tenant.client_id, first.secret, old_token)


async def test_a_third_secret_ends_the_first(desk: Desk, tenancy: Tenancy) -> None:
    first = await tenancy.add("acme", Quota())
    second = await tenancy.rotate("acme", HOUR)
    third = await tenancy.rotate("acme", HOUR)
    for secret in (second.secret, third.secret):
        await desk.accounts.by_key(secret)
    with pytest.raises(BadCredentials):
        await desk.accounts.by_key(first.secret)


async def test_the_old_secret_can_be_ended_at_once(desk: Desk, tenancy: Tenancy) -> None:
    first = await tenancy.add("acme", Quota())
    token = await desk.accounts.exchange(first.tenant.client_id, first.secret)
    second = await tenancy.rotate("acme", HOUR)
    new_token = await desk.accounts.exchange(first.tenant.client_id, second.secret)
    await tenancy.revoke_old("acme")
    await refused(desk, first.tenant.client_id, first.secret, token)
    await desk.accounts.by_token(new_token)
    leaked = await tenancy.rotate("acme", 0)
    await refused(desk, first.tenant.client_id, second.secret, new_token)
    await desk.accounts.by_key(leaked.secret)


async def refused(desk: Desk, client_id: str, secret: str, token: str) -> None:
    for attempt in (
        desk.accounts.by_key(secret),
        desk.accounts.exchange(client_id, secret),
        desk.accounts.by_token(token),
    ):
        with pytest.raises(BadCredentials):
            await attempt


async def test_the_installation_s_own_secret_outlives_a_restart(
    desk: Desk, tenancy: Tenancy
) -> None:
    made = await tenancy.rotate("default", HOUR)
    kept = open_installation(desk.settings, secrets.token_bytes)
    assert kept.client_secret == made.secret
    again = await desk.accounts.register_default(kept.client_id, kept.client_secret)
    assert len(again.digests(desk.now)) == 2, "the rotation goes on"
    changed = await desk.accounts.register_default(kept.client_id, "from the environment")
    assert len(changed.digests(desk.now)) == 1, "other credentials end both"


async def test_a_secret_of_the_settings_is_not_rotated_here(desk: Desk) -> None:
    given = desk.settings.model_copy(update={"client_secret": SecretStr("own secret")})
    file = desk.settings.data_dir / SECRETS_FILE
    before = await asyncio.to_thread(file.read_bytes)
    async with open_tenancy(given, clock=desk.clock, random=secrets.token_bytes) as tenancy:
        with pytest.raises(ParameterError, match="MIEN_CLIENT_SECRET"):
            await tenancy.rotate("default", HOUR)
    assert await asyncio.to_thread(file.read_bytes) == before


async def test_quotas_are_replaced_and_what_was_used_stays(desk: Desk, tenancy: Tenancy) -> None:
    await tenancy.add("acme", Quota(minutes=1))
    await desk.store.charge_tenant("acme", 90.0)
    await desk.store.charge_tenant("acme", 30.0)
    tenant = await tenancy.limit("acme", Quota(minutes=10, detects=5))
    assert (tenant.used_s, tenant.credit_left, tenant.detects) == (120.0, 8, 5)
    free = await tenancy.limit("acme", Quota())
    assert (free.metered, free.credit_left, free.detects) == (False, 100, None)


async def test_nobody_of_that_name(tenancy: Tenancy) -> None:
    for attempt in (
        tenancy.limit("nobody", Quota()),
        tenancy.rotate("nobody", 1),
        tenancy.revoke_old("nobody"),
        tenancy.block("nobody"),
        tenancy.unblock("nobody"),
    ):
        with pytest.raises(NotFound, match="mien tenants list"):
            await attempt


async def test_each_act_is_in_the_audit_log_and_no_secret(desk: Desk, tenancy: Tenancy) -> None:
    made = await tenancy.add("acme", Quota())
    await tenancy.limit("acme", Quota(sessions=3))
    rotated = await tenancy.rotate("acme", HOUR)
    await tenancy.revoke_old("acme")
    await tenancy.block("acme")
    await tenancy.unblock("acme")
    lines = await asyncio.to_thread(desk.logged)
    assert [line["event"] for line in lines] == [
        "tenant.added",
        "tenant.limited",
        "tenant.secret_rotated",
        "tenant.old_secret_revoked",
        "tenant.blocked",
        "tenant.unblocked",
    ]
    assert lines[1]["sessions"] == 3
    assert all(line["tenant"] == "acme" for line in lines)
    text = json.dumps(lines)
    assert made.secret not in text and rotated.secret not in text
