"""The `mien` command. Each subcommand is one file beside this one, read only when it is called."""

import gc
import importlib
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = {
    "serve": "Serve the API and the studio page.",
    "swap": "Swap the face in a picture, GIF or video.",
    "detect": "Find the faces in a picture.",
    "verify": "Is this picture, GIF or video marked?",
    "tenants": "Add tenants, give them secrets and quotas, block them.",
    "kill": "Cover the picture of all, a tenant, a likeness or a session.",
    "revive": "Show again what was killed.",
    "blocklist": "Block faces that nobody may wear here.",
    "policy": "Sign and check the policy that this installation is under.",
    "compliance": "Say which requirements this installation meets.",
    "marks": "List and rotate the keys of marks; say who had which mark.",
    "statements": "List and rotate the keys that session statements are signed with.",
    "audit": "Check the log of who did what.",
    "doctor": "Look at this machine: would serving work?",
    "evaluate": "Measure how good the swap looks, with sheets to look at.",
    "bench": "Measure speed, latency and memory.",
    "warm-up": "Compile what is compiled once, so that the first start is quick.",
}


# What numba says where it may write neither beside the kernels nor into the user's cache.
NO_CACHE = "no locator available"


class LazyCommands(TyperGroup):
    """A group that imports a command's module when that command is wanted."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; say what to do where its compiled kernels can't be kept."""
        try:
            return super().invoke(ctx)
        except RuntimeError as error:
            if NO_CACHE not in str(error):
                raise
            typer.echo(
                "This user may keep compiled kernels neither beside Mien nor in a home directory. "
                "Name a folder that is his alone in NUMBA_CACHE_DIR.",
                err=True,
            )
            raise typer.Exit(1) from error

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, imported now; None where there is none."""
        return _load(cmd_name) if cmd_name in COMMANDS else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the table of commands, so that help imports none of them."""
        lines = [f"  {name:<10} {text}" for name, text in COMMANDS.items()]
        usage = ["Usage: mien [--version] COMMAND [ARGS]...", "", str(self.help), "", "Commands:"]
        formatter.write("\n".join([*usage, *lines, "", "`mien COMMAND --help` says more.", ""]))


def _load(name: str) -> Any:
    attribute = name.replace("-", "_")
    module = _imported(f"mien.cli.{attribute}")
    group = getattr(module, "app", None)
    if isinstance(group, typer.Typer):
        return get_command(group)
    single = typer.Typer(add_completion=False)
    single.command(name)(getattr(module, attribute))
    return get_command(single)


def _imported(module: str) -> ModuleType:
    """Without the cyclic garbage collector: it would take a fifth of the time, and find nothing."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.enable()


main = typer.Typer(cls=LazyCommands, add_completion=False, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mien {version('mien')}")
        raise typer.Exit


@main.callback(invoke_without_command=True)
def mien(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Mien: a self-hosted, real-time face swap."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
