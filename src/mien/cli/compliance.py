"""`mien compliance`: which requirements this installation meets, as a server would say it."""

import json
import time
from importlib.metadata import version
from typing import Annotated, Any

import typer

from mien.cli.beside import DataDir, settings_in
from mien.cli.failures import say_failures
from mien.live.governance import govern, signed_policy
from mien.settings import Settings
from mien.trust.audit import KEY_FILE, open_audit_log, read_key
from mien.trust.compliance import compliance_of


def compliance(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the signed statement.")] = False,
) -> None:
    """Say which of the requirements R1 to R13 are met by a server that is started now."""
    with say_failures(1, ValueError):
        signed = _compliance(settings_in(data_dir))
    typer.echo(json.dumps(signed, indent=2) if as_json else _in_words(signed["statement"]))


def _compliance(settings: Settings) -> dict[str, Any]:
    folder = settings.data_dir
    policy = signed_policy(folder)
    open_audit_log(folder, time.time)  # makes the key where there is none
    key = read_key(folder / KEY_FILE)
    return compliance_of(govern(settings, policy), policy, version("mien"), time.time(), key)


def _in_words(statement: dict[str, Any]) -> str:
    lines = [
        f"{one['id']:<4}{one['state']:<8}{one['name']}: {one['detail']}"
        for one in statement["requirements"]
    ]
    sealed = ", ".join(statement["encrypted_at_rest"])
    return "\n".join([*lines, f"Encrypted at rest: {sealed}."])
