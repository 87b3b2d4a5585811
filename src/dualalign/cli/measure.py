"""`dualalign measure`: how right a cohort is, in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from dualalign.measures import Measure


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("measure")(measure)


def measure(
    cohort: Annotated[Path, typer.Argument(help="Folder of a finished cohort.")],
    pack: Annotated[
        str | None, typer.Option(help="Pack to hold it against; the one it was made with if not given.")
    ] = None,
    breakdown: Annotated[bool, typer.Option("--breakdown", help="Show every cell of every measure.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write all figures to this file.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Measure a cohort: alignment to every target, contradictions, diversity; each with interval and baseline."""
    from rich.console import Console

    from dualalign.cohort import open_cohort
    from dualalign.errors import MeasureError
    from dualalign.measures import measure_cohort
    from dualalign.packs import load_pack

    opened = open_cohort(cohort)
    loaded = load_pack(pack or opened.pack_id)
    open_cohort(cohort, loaded.id)
    console, progress = (
        Console(width=None if Console().is_terminal else 140),
        Console(stderr=True, quiet=quiet),
    )
    with progress.status("measuring") as status:
        found = measure_cohort(opened, loaded, lambda step: status.update(f"measuring {step}"))
    for step, measures in found.items():
        console.print(_table(step, measures))
        if breakdown:
            for each in measures:
                console.print(f"[bold]{each.name}[/bold]  [dim]{each.note}[/dim]")
                for name, value in each.breakdown.items():
                    console.print(f"  {name:<36}{value:>10.4f}")
    if json_file is not None:
        figures = {step: [each.as_dict() for each in measures] for step, measures in found.items()}
        try:
            json_file.write_text(json.dumps(figures, indent=2), encoding="utf-8")
        except OSError as error:
            raise MeasureError(
                f"{json_file}: cannot be written ({error.strerror})", "choose another --json"
            ) from None


def _table(step: str, measures: list[Measure]) -> Table:
    from rich.table import Table

    table = Table(title=step.capitalize(), title_justify="left")
    for column in ("measure", "value", "95% interval", "better", "hold against"):
        table.add_column(column)
    for each in measures:
        interval = f"{each.interval[0]:.4f} to {each.interval[1]:.4f}" if each.interval else "-"
        table.add_row(
            each.name,
            f"{each.value:.4f} {each.unit}".rstrip(),
            interval,
            {"min": "less", "max": "more"}[each.goal],
            ", ".join(f"{name} {value:.4g}" for name, value in each.baseline.items() if "target" not in name),
        )
    return table
