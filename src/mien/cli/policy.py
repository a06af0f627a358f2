"""`mien policy`: the operator's signed word on what this installation lets through."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.cli.beside import DataDir, settings_in
from mien.cli.failures import say_failures
from mien.errors import MienError
from mien.live.governance import install_policy, policy_of, signed_policy
from mien.trust.audit import open_audit_log, read_key
from mien.trust.policy import Policy, read_draft, write_draft
from mien.trust.private_file import write_private

app = typer.Typer(add_completion=False, help="The operator's signed word on what is let through.")

Key = Annotated[Path, typer.Option(help="The operator's private key; keep it off the server.")]
Draft = Annotated[Path, typer.Argument(help="A policy that is not signed yet.")]
Tenant = Annotated[str | None, typer.Option(help="What this tenant is under.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def init(key: Key, draft: Draft = Path("policy-draft.json")) -> None:
    """Write a new key, and a draft with the defaults to edit."""
    with say_failures(1, ValueError):
        for path in (key, draft):
            if path.exists():
                raise MienError(f"{path} is there already; name another, or move it away.")
        write_private(key, _private_pem(Ed25519PrivateKey.generate()))
        draft.write_bytes(write_draft(Policy()))
    typer.echo(f"Edit {draft}, then: mien policy sign {draft} --key {key}")


@app.command()
def sign(draft: Draft, key: Key, data_dir: DataDir = None) -> None:
    """Sign a draft; it is in force from the server's next start on."""
    folder = settings_in(data_dir).data_dir
    with say_failures(1, ValueError):
        policy, signer = read_draft(draft.read_bytes()), read_key(key)
        install_policy(folder, policy, signer, open_audit_log(folder, time.time))
    typer.echo(f"Signed: {policy.digest}. Restart the server.")


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Is the signed policy as it was signed? Exit status 1 if not, or if there is none."""
    with say_failures(1, ValueError):
        policy = signed_policy(settings_in(data_dir).data_dir)
        if policy is None:
            raise MienError(
                "No policy is signed here: the settings decide. See `mien policy init`."
            )
    typer.echo(f"Valid: {policy.digest}")


@app.command()
def show(tenant: Tenant = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """What a server that is started now goes by, and who says so."""
    settings = settings_in(data_dir)
    with say_failures(1, ValueError):
        policy = signed_policy(settings.data_dir)
    source = "settings" if policy is None else "signed policy"
    in_force = policy or policy_of(settings)
    rules = (in_force.of(tenant) if tenant else in_force).as_json()
    if as_json:
        digest = None if policy is None else policy.digest
        typer.echo(json.dumps({"source": source, "digest": digest, "policy": rules}))
        return
    typer.echo("\n".join([f"From: {source}", *_in_words(rules)]))


def _in_words(rules: dict[str, Any]) -> Iterator[str]:
    """A line a field, then a line a tenant."""
    tenants = rules.pop("tenants", {})
    yield from (f"{name}: {value}" for name, value in rules.items())
    for tenant, own in tenants.items():
        yield f"tenant {tenant}: " + ", ".join(f"{name} {value}" for name, value in own.items())


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
