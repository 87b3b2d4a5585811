"""`dualalign show`: the patients of a cohort, one patient's time line, or one note."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualalign.cli.console import new_console, print_led

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.cohort import Cohort

EXAMPLE = "Example: dualalign show cohort P000001-0042"
PLAIN_WIDTH = 160
"""Columns of output that goes to a file or another program."""
_LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("show", epilog=EXAMPLE)(show)


def show(
    cohort: Annotated[Path, typer.Argument(help="Folder of a finished cohort.")],
    identity: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATIENT|NOTE]", help="Id of a patient (P000001) or of a note (P000001-0042)."
        ),
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="Pack of the cohort; the one it was made with if not given.")
    ] = None,
) -> None:
    """Show a patient's visits, stages and scores, or a note with its sentences, labels, mentions, plan and agenda.

    A terminal shows labels and mentions in colour. In a file or a pipe they stand in brackets: square ones for a
    sentence and its labels, curly ones for a mention. Without an id, the first patients are listed.
    """
    from dualalign.cli.show_note import print_note
    from dualalign.cli.show_patient import print_patient
    from dualalign.cohort import open_cohort
    from dualalign.cohort.one_patient import find_patient

    opened = open_cohort(cohort)
    console = new_console(width=None if new_console().is_terminal else PLAIN_WIDTH)
    if identity is None:
        _print_patients(console, opened)
        return
    patient, note = find_patient(opened, identity)
    if note is None:
        print_patient(console, opened, patient)
    else:
        print_note(console, opened, patient, note, pack)


def _print_patients(console: Console, cohort: Cohort) -> None:
    from collections import Counter

    from rich.table import Table

    counts, options = cohort.manifest["counts"], cohort.manifest["options"]
    said = ", ".join(f"{counts[name]:,} {name}" for name in ("patients", "notes", "sentences", "mentions"))
    print_led(
        console,
        cohort.folder,
        f": {said}\npack {cohort.pack_id} {options['pack_version']}, profile {cohort.profile}, seed {options['seed']}, "
        f"writer {options['writer']}\n",
    )
    columns = ["patient_id", "is_case", "sex", "age_at_index", "index_date"]
    notes: Counter[str] = Counter()
    for batch in cohort.batches("visits", ["patient_id"]):
        notes.update(batch.column(0).to_pylist())
    table = Table(
        "patient", "disease", "sex", "age at index date", "index date", "notes", box=None, header_style="bold"
    )
    people = cohort.table("personas", columns)
    for row in people.slice(0, _LISTED).to_pylist():
        table.add_row(
            row["patient_id"],
            "yes" if row["is_case"] else "no",
            row["sex"],
            str(row["age_at_index"]),
            str(row["index_date"]),
            str(notes[row["patient_id"]]),
        )
    console.print(table)
    if len(people) > _LISTED:
        console.print(f"and {len(people) - _LISTED:,} more", style="dim")
