"""`dualalign report`: one page about a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report")(report)


def report(
    cohort: Annotated[Path, typer.Argument(help="Folder of a finished cohort.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write; report.html in the cohort if not given."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Write one self-contained HTML page: figures against targets, a patient's years, a labelled note, provenance."""
    from rich.console import Console

    from dualalign.cohort import open_cohort
    from dualalign.measures import measure_cohort
    from dualalign.packs import load_pack
    from dualalign.report import write_report

    opened = open_cohort(cohort)
    pack = load_pack(opened.pack_id)
    console = Console(stderr=True, quiet=quiet)
    with console.status("measuring") as status:
        measures = measure_cohort(opened, pack, lambda step: status.update(f"measuring {step}"))
        page = write_report(
            opened,
            pack,
            measures,
            out or cohort / "report.html",
            lambda step: status.update(f"drawing {step}"),
        )
    console.print(f"[bold]{page}[/bold]: open it in any browser; it needs no network.")
