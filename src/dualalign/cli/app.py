"""The `dualalign` command and how it reports what the user must put right."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import dualalign
from dualalign.errors import DualAlignError

INTERRUPTED = 130
_GO_ON = "dualalign: interrupted - run the same command again to resume"


class _Commands(TyperGroup):
    """All commands: an interrupt of any of them says how to go on, which typer would end without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(_GO_ON, err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="dualalign",
    cls=_Commands,
    help="Synthetic clinical notes aligned to the population and to the disease, labelled and measured.",
    epilog="Example: dualalign generate alzheimers -n 20 -o cohort, then dualalign report cohort",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

# Each module adds its commands to `app` by a function `register(app)`; the order is the order of --help.
COMMAND_MODULES = (
    "packs",
    "generate",
    "show",
    "compose",
    "label",
    "measure",
    "plant",
    "report",
    "experiment",
    "progress",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dualalign {dualalign.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    pass


def application() -> typer.Typer:
    """Return the application with all its commands."""
    if not app.registered_commands:
        for name in COMMAND_MODULES:
            import_module(f"dualalign.cli.{name}").register(app)
    return app


def main() -> None:
    """Run the command line; exit code 2 and one line for anything the user must put right."""
    try:
        application()()
    except DualAlignError as error:
        print(f"dualalign: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print(_GO_ON, file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
