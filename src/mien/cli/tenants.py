"""`mien tenants`: who may call, with which secret, and how much."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from mien.cli.beside import DataDir, run_beside
from mien.cli.table import tell_rows
from mien.live.records import Tenant
from mien.live.tenancy import Credentials, Quota, Tenancy, open_tenancy

app = typer.Typer(add_completion=False, help="Who may call, with which secret, and how much.")

T = TypeVar("T")

DAY_HOURS = 24.0
Name = Annotated[str, typer.Argument(help="The tenant's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Minutes = Annotated[int | None, typer.Option(min=0, help="Live minutes in all; else unlimited.")]
Sessions = Annotated[int | None, typer.Option(min=0, help="Sessions at once.")]
Creates = Annotated[int | None, typer.Option(min=0, help="Creates and updates a minute.")]
Detects = Annotated[int | None, typer.Option(min=0, help="Detects and uploads a minute.")]


@app.command()
def add(
    name: Name,
    minutes: Minutes = None,
    sessions: Sessions = None,
    creates: Creates = None,
    detects: Detects = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a tenant, and print its client id and secret; the secret is not shown again."""
    quota = Quota(minutes, sessions, creates, detects)
    _tell(_run(data_dir, lambda tenancy: tenancy.add(name, quota)), as_json)


@app.command("list")
def listing(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the tenants with what they may use and have used."""
    tenants = _run(data_dir, lambda tenancy: tenancy.listed())
    tell_rows([_row(tenant) for tenant in tenants], as_json)


@app.command()
def limit(
    name: Name,
    minutes: Minutes = None,
    sessions: Sessions = None,
    creates: Creates = None,
    detects: Detects = None,
    data_dir: DataDir = None,
) -> None:
    """Give a tenant other quotas; what is not said is unlimited or the installation's own."""
    quota = Quota(minutes, sessions, creates, detects)
    _run(data_dir, lambda tenancy: tenancy.limit(name, quota))


@app.command()
def rotate(
    name: Name,
    keep_hours: Annotated[
        float, typer.Option(min=0, help="So long the old secret stays good beside the new one.")
    ] = DAY_HOURS,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a new secret and print it; it is not shown again."""
    _tell(_run(data_dir, lambda tenancy: tenancy.rotate(name, keep_hours * 3600)), as_json)


@app.command()
def revoke(name: Name, data_dir: DataDir = None) -> None:
    """End the older of two secrets now, with the tokens that were got with it."""
    _run(data_dir, lambda tenancy: tenancy.revoke_old(name))


@app.command()
def block(name: Name, data_dir: DataDir = None) -> None:
    """Refuse a tenant's keys and tokens, and end its live sessions."""
    _run(data_dir, lambda tenancy: tenancy.block(name))


@app.command()
def unblock(name: Name, data_dir: DataDir = None) -> None:
    """Let a tenant call again."""
    _run(data_dir, lambda tenancy: tenancy.unblock(name))


def _run(data_dir: Path | None, work: Callable[[Tenancy], Awaitable[T]]) -> T:
    return run_beside(
        data_dir,
        lambda settings: open_tenancy(settings, clock=time.time, random=secrets.token_bytes),
        work,
    )


def _tell(made: Credentials, as_json: bool) -> None:
    told = {"id": made.tenant.id, "client_id": made.tenant.client_id, "client_secret": made.secret}
    if as_json:
        typer.echo(json.dumps(told))
        return
    for name, value in (("Tenant", told["id"]), ("Client id", told["client_id"])):
        typer.echo(f"{name + ':':<15}{value}")
    typer.echo(f"{'Client secret:':<15}{made.secret}\nKeep the secret: it is not shown again.")


def _row(tenant: Tenant) -> dict[str, Any]:
    old_until = datetime.fromtimestamp(tenant.old_expires_at, UTC)
    two_live = len(tenant.digests(time.time())) == 2
    return {
        "id": tenant.id,
        "client_id": tenant.client_id,
        "blocked": tenant.blocked,
        "minutes": tenant.credit if tenant.metered else None,
        "minutes_used": round(tenant.used_s / 60, 1),
        "sessions": tenant.sessions,
        "creates": tenant.creates,
        "detects": tenant.detects,
        "old_secret_until": f"{old_until:%Y-%m-%dT%H:%MZ}" if two_live else None,
    }
