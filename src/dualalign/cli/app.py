"""The `dualalign` command and how it reports what the user must put right."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from dualalign.errors import DualAlignError

app = typer.Typer(
    name="dualalign",
    help="Synthetic clinical notes aligned to the population and to the disease, labelled and measured.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

# Each module adds its commands to `app` by a function `register(app)`; the order is the order of --help.
COMMAND_MODULES = (
    "packs",
    "generate",
    "compose",
    "label",
    "measure",
    "report",
    "experiment",
    "progress",
)


def _register_commands() -> None:
    for name in COMMAND_MODULES:
        import_module(f"dualalign.cli.{name}").register(app)


def main() -> None:
    """Run the command line; exit code 2 and one line for anything the user must put right."""
    _register_commands()
    try:
        app()
    except DualAlignError as error:
        print(f"dualalign: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("dualalign: interrupted - run the same command again to go on", file=sys.stderr)
        raise SystemExit(130) from None
