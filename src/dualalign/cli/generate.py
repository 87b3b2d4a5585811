"""`dualalign generate`: a synthetic cohort on disk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FOLDER = Path("cohort")
SMALL_COHORT = 60
MOST_WORKERS = 8


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
        int | None, typer.Option(help="Processes; if not given, one for each core, at most 8.")
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
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from dualalign.cohort import generate_cohort, open_cohort
    from dualalign.cohort.generate import Progress as Done

    console = Console(stderr=True, quiet=quiet, soft_wrap=True)
    started = time.perf_counter()
    if workers is None:
        workers = default_workers(patients + controls)
    columns = (
        TextColumn("writing notes"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("patients, {task.fields[notes]:,} notes"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not console.is_terminal
    made = False
    with (
        _interrupts_said(),
        Progress(*columns, console=console, transient=True, disable=hidden) as progress,
    ):
        task = progress.add_task("notes", total=max(patients + controls, 0), notes=0)

        def show(done: Done) -> None:
            nonlocal made
            made = True
            progress.update(task, completed=done.patients, notes=done.notes)

        folder = generate_cohort(
            pack, out, patients, controls, profile, seed, workers, overwrite=overwrite, on_progress=show
        )
    counts = open_cohort(folder).manifest["counts"]
    took = f"in {time.perf_counter() - started:.1f} s" if made else "(complete already, left as it is)"
    console.print(
        f"[bold]{escape(str(folder))}[/bold]: {counts['patients']:,} patients, {counts['notes']:,} notes, "
        f"{counts['sentences']:,} sentences, {counts['mentions']:,} mentions {took}"
    )
    for label, count in counts["labels"].items():
        console.print(f"  {label:<18}{count:>9,} sentences")
    console.print(f"  {'no label':<18}{counts['unlabelled_sentences']:>9,} sentences")


@contextmanager
def _interrupts_said() -> Iterator[None]:
    # Typer ends an interrupted program without a word, before the application hears of it.
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("dualalign: interrupted - run the same command again to go on", err=True)
        raise typer.Exit(130) from None


def default_workers(people: int) -> int:
    """Return how many processes pay off for so many people, patients and controls together.

    A process takes about a second to load the pack, the work of a dozen patients; each holds about 200 MB.
    """
    if people < SMALL_COHORT:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)
