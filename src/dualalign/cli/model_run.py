"""The part of `dualalign generate` that asks a language model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dualalign.cli.console import new_console

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.cohort import ModelWriting
    from dualalign.notes.prompts import Alignment

PASSAGES = "passages"
"""Name of the embedded writer, which asks no model."""
STOPPED = 3
"""Exit code of a run that stopped because its budget was spent."""

Asked = tuple[str, Path, int, int, str | None, int]
"""Pack, folder, patients, controls, profile and seed."""


def with_model(console: Console, asked: Asked, writing: ModelWriting, overwrite: bool) -> bool:
    """Write with a language model; return whether there was anything to write."""
    from dualalign.cli.model_progress import NoteLine
    from dualalign.cohort import generate_cohort
    from dualalign.cohort.model_parts import WritingProgress
    from dualalign.errors import BudgetExceeded

    pack, out, patients, controls, profile, seed = asked
    last: WritingProgress | None = None
    with NoteLine(console, console.quiet) as line:

        def show(progress: WritingProgress) -> None:
            nonlocal last
            last = progress
            line.show(progress)

        try:
            generate_cohort(
                pack,
                out,
                patients,
                controls,
                profile,
                seed,
                overwrite=overwrite,
                writing=writing,
                on_note=show,
            )
        except BudgetExceeded as error:
            typer.echo(f"dualalign: {error}", err=True)
            raise typer.Exit(STOPPED) from None
    return last is not None


def show_estimate(asked: Asked, writing: ModelWriting) -> None:
    """Print what a run would ask; nothing is sent."""
    from dualalign.cli.model_progress import say_estimate
    from dualalign.cohort.estimate import estimate_writing
    from dualalign.packs import load_pack

    pack, _, patients, controls, profile, seed = asked
    estimate = estimate_writing(load_pack(pack), writing, patients, controls, profile, seed)
    say_estimate(new_console(soft_wrap=True), estimate)


def check_writer(name: str) -> None:
    """Refuse a writer that there is not.

    Raises:
        WriterError: naming those that there are.
    """
    from dualalign.errors import WriterError
    from dualalign.llm.choice import BACKENDS

    if name not in BACKENDS:
        raise WriterError(f"--writer is '{name}'", f"choose {PASSAGES}, {', '.join(BACKENDS)}")


def alignment_named(name: str) -> Alignment:
    """Return an alignment by its name.

    Raises:
        WriterError: there is none of that name.
    """
    from dualalign.errors import WriterError
    from dualalign.notes.prompts import Alignment

    try:
        return Alignment(name)
    except ValueError:
        raise WriterError(
            f"--alignment is '{name}'", f"choose {', '.join(each.value for each in Alignment)}"
        ) from None
