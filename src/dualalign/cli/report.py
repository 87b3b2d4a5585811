"""`dualalign report`: one page about a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dualalign.cli.cohort_and_pack import check_writable, open_with_pack, say_if_changed
from dualalign.cli.measure import progress_of_steps


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report")(report)


def report(
    cohort: Annotated[Path, typer.Argument(help="Folder of a finished cohort.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write; report.html in the cohort if not given."),
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="Pack to hold it against; the one it was made with if not given.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Write one self-contained HTML page: figures against targets, a patient's years, a labelled note, provenance."""
    from rich.console import Console
    from rich.markup import escape

    from dualalign.measures import measure_cohort
    from dualalign.report import write_report

    console = Console(stderr=True, quiet=quiet, soft_wrap=True)
    opened, loaded = open_with_pack(cohort, pack)
    target = out or cohort / "report.html"
    check_writable(target, "--out")
    with progress_of_steps(console) as on_step:
        measures = measure_cohort(opened, loaded, on_step)
        page = write_report(opened, loaded, measures, target, on_step)
    console.print(f"[bold]{escape(str(page))}[/bold]: open it in any browser; it needs no network.")
    say_if_changed(opened, loaded, console)
