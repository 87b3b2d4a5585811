"""`dualalign generate`: a synthetic cohort on disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FOLDER = Path("cohort")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("generate")(generate)


def generate(
    pack: Annotated[
        str, typer.Argument(help="Name of a pack (see `dualalign packs list`) or a pack's folder.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the cohort goes to.")] = DEFAULT_FOLDER,
    patients: Annotated[int, typer.Option("--patients", "-n", help="Patients with the disease.")] = 100,
    controls: Annotated[
        int, typer.Option(help="People without it, matched to the patients on age and sex.")
    ] = 0,
    profile: Annotated[
        str | None,
        typer.Option(help="`clinical` (latent course, joint personas) or `paper` (the published tables)."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Processes; as many as there are cores if not given.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another cohort in the folder.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no summary.")] = False,
) -> None:
    """Write a synthetic cohort: personas, ten years of notes, and every sentence labelled.

    A run that was killed goes on where it stopped: give the same command again.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from dualalign.cohort import generate_cohort, open_cohort
    from dualalign.cohort.generate import Progress as Done

    console = Console(stderr=True, quiet=quiet)
    started = time.perf_counter()
    if workers is None:
        workers = (os.cpu_count() or 1) if patients + controls >= 60 else 1
    columns = (
        TextColumn("writing notes"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("patients, {task.fields[notes]:,} notes"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("notes", total=max(patients + controls, 0), notes=0)

        def show(done: Done) -> None:
            progress.update(task, completed=done.patients, notes=done.notes)

        folder = generate_cohort(
            pack, out, patients, controls, profile, seed, workers, overwrite=overwrite, on_progress=show
        )
    counts = open_cohort(folder).manifest["counts"]
    seconds = time.perf_counter() - started
    console.print(
        f"[bold]{folder}[/bold]: {counts['patients']:,} patients, {counts['notes']:,} notes, "
        f"{counts['sentences']:,} sentences, {counts['mentions']:,} mentions in {seconds:.1f} s"
    )
    for label, count in counts["labels"].items():
        console.print(f"  {label:<18}{count:>9,} sentences")
    console.print(f"  {'no label':<18}{counts['unlabelled_sentences']:>9,} sentences")
    console.print(f"Next: [bold]dualalign report {folder}[/bold] shows how right it is.")
