"""`dualalign plant`: copy a cohort and plant contradictions in its notes, with the list of them as truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dualalign.cli.cohort_and_pack import open_with_pack
from dualalign.cli.console import new_console

EXAMPLE = "Example: dualalign plant cohort --out planted --kinds age_disagrees,dose_off_table --per-kind 50"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("plant", epilog=EXAMPLE)(plant)


def plant(
    cohort: Annotated[Path, typer.Argument(help="Folder of a finished cohort.")],
    out: Annotated[Path, typer.Option(help="New folder for the copy and its faults.parquet.")],
    kinds: Annotated[
        str | None,
        typer.Option(
            help="Kinds of contradiction, separated by commas; all if not given. `--list` shows them."
        ),
    ] = None,
    per_kind: Annotated[int, typer.Option(min=1, help="Faults of each kind.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the choice of notes and wordings.")] = 0,
    pack: Annotated[
        str | None, typer.Option(help="Pack of the cohort; the one it was made with if not given.")
    ] = None,
    list_kinds: Annotated[
        bool,
        typer.Option("--list", is_eager=True, callback=lambda value: _list(value), help="List the kinds."),
    ] = False,
) -> None:
    """Copy a cohort and plant faults in its notes, each typed and located.

    A note gets at most one fault, and spans of sentences and mentions stay exact. faults.parquet in the copy holds kind,
    note, place, and the text before and after: the truth for anyone who searches for contradictions.
    """
    from collections import Counter

    from dualalign.measures.planting import PLANTED, plant_faults

    opened, loaded = open_with_pack(cohort, pack)
    chosen = [each.strip() for each in kinds.split(",") if each.strip()] if kinds else list(PLANTED)
    faults = plant_faults(opened, out, loaded, chosen, per_kind, seed)
    console = new_console()
    made = Counter(faults.column("kind").to_pylist())
    console.print(
        f"{out}: {len(faults):,} faults of {len(made)} kinds in {opened.manifest['counts']['notes']:,} notes"
    )
    for kind in chosen:
        short = "" if made[kind] == per_kind else "  (too few notes allow more)"
        console.print(f"  {kind:24} {made[kind]:6,}{short}", highlight=False)


def _list(value: bool) -> None:
    if not value:
        return
    from dualalign.measures.contradictions import KINDS
    from dualalign.measures.planting import PLANTED

    for kind in PLANTED:
        typer.echo(f"{kind:24} {KINDS[kind]}")
    raise typer.Exit
