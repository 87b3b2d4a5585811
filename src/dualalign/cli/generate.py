"""`dualalign generate`: a synthetic cohort on disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualalign.cli import model_options as options
from dualalign.cli.config_file import ConfigFile
from dualalign.cli.console import new_console, print_led
from dualalign.cli.model_run import (
    PASSAGES,
    Asked,
    alignment_named,
    check_writer,
    show_estimate,
    with_model,
)

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT_FOLDER = Path("cohort")
SMALL_COHORT = 60
MOST_WORKERS = 8
ALIGNMENT = "both"
REPAIRS = 2
_NOTES = "Notes by a language model"
EXAMPLE = "Example: dualalign generate alzheimers -n 200 --controls 200 --seed 1 -o cohort"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("generate", epilog=EXAMPLE)(options.takes_model(generate))


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
        typer.Option(
            help="`clinical` (latent course, joint personas), `paper` (the published tables) or `sparse` (as few "
            "symptoms as real notes, patients seen unequally); the pack's default if not given."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Processes; one for each core if not given, at most 8.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another cohort in the folder.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no summary.")] = False,
    writer: Annotated[
        str,
        typer.Option(
            help="`passages` (no model), `llm` (a server), `llama-cpp`, `transformers` (in this process) or `replay`.",
            rich_help_panel=_NOTES,
        ),
    ] = PASSAGES,
    alignment: Annotated[
        str,
        typer.Option(help="What prompts say: none, persona, trajectory or both.", rich_help_panel=_NOTES),
    ] = ALIGNMENT,
    repairs: Annotated[
        int,
        typer.Option(
            help="How often a note that fails checks is sent back with the reasons.", rich_help_panel=_NOTES
        ),
    ] = REPAIRS,
    most_notes: Annotated[
        int | None,
        typer.Option(
            help="Notes of one patient, evenly spread from the first visit to the last; all if not given.",
            rich_help_panel=_NOTES,
        ),
    ] = None,
    config: ConfigFile = None,
    *,
    asked: options.ModelOptions,
) -> None:
    """Write a synthetic cohort: personas, ten years of notes, and every sentence labelled.

    An interrupted run resumes: give the same command again. A run whose budget is spent ends with exit code 3 and
    resumes in the same way; no reply of a model is ever paid for twice.
    """
    console = new_console(stderr=True, quiet=quiet, soft_wrap=True)
    started = time.perf_counter()
    cohort = (pack, out, patients, controls, profile, seed)
    if writer == PASSAGES:
        asked.refuse(
            "the embedded writer",
            "choose --writer llm, llama-cpp, transformers or replay",
            alignment=None if alignment == ALIGNMENT else alignment,
            repairs=None if repairs == REPAIRS else repairs,
            most_notes=most_notes,
        )
        made = _from_passages(console, cohort, workers, overwrite)
    else:
        from dualalign.cohort import ModelWriting

        check_writer(writer)
        writing = ModelWriting(asked.choice(writer), alignment_named(alignment), repairs, most_notes)
        if asked.dry_run:
            show_estimate(cohort, writing)
            return
        made = with_model(console, cohort, writing, overwrite)
    _say_made(console, out, time.perf_counter() - started if made else None)
    refuse_empty(out)


def _from_passages(console: Console, asked: Asked, workers: int | None, overwrite: bool) -> bool:
    """Write with the embedded writer; return whether there was anything to write."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from dualalign.cohort import generate_cohort
    from dualalign.cohort.generate import Progress as Done

    pack, out, patients, controls, profile, seed = asked
    if workers is None:
        workers = default_workers(patients + controls)
    columns = (
        TextColumn("writing notes"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("patients, {task.fields[notes]:,} notes"),
        TimeRemainingColumn(),
    )
    hidden = console.quiet or not console.is_terminal
    made = False
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("notes", total=max(patients + controls, 0), notes=0)

        def show(done: Done) -> None:
            nonlocal made
            made = True
            progress.update(task, completed=done.patients, notes=done.notes)

        generate_cohort(
            pack, out, patients, controls, profile, seed, workers, overwrite=overwrite, on_progress=show
        )
    return made


def _say_made(console: Console, out: Path, seconds: float | None) -> None:
    from dualalign.cli.model_progress import say_written
    from dualalign.cohort import open_cohort

    counts = open_cohort(out).manifest["counts"]
    took = "(complete already, left as it is)" if seconds is None else f"in {seconds:.1f} s"
    print_led(
        console,
        out,
        f": {counts['patients']:,} patients, {counts['notes']:,} notes, "
        f"{counts['sentences']:,} sentences, {counts['mentions']:,} mentions {took}",
    )
    for label, count in counts["labels"].items():
        console.print(f"  {label:<18}{count:>9,} sentences")
    console.print(f"  {'no label':<18}{counts['unlabelled_sentences']:>9,} sentences")
    if "writing" in counts:
        say_written(console, counts["writing"])


def refuse_empty(out: Path) -> None:
    """End with an error where the run came to nothing.

    Raises:
        CohortError: no note was written.
    """
    from dualalign.cohort import open_cohort
    from dualalign.errors import CohortError

    counts = open_cohort(out).manifest["counts"]
    if not counts["notes"]:
        unwritten = counts.get("writing", {}).get("unwritten") or [{"reason": "nobody has a visit"}]
        raise CohortError(
            f"{out}: no note was written ({unwritten[0]['reason']})",
            "put that right and run the same command again, or ask for more patients",
        )


def default_workers(people: int) -> int:
    """Return how many processes pay off for so many people, patients and controls together.

    A process takes about a second to load the pack, the work of a dozen patients; each holds about 200 MB.
    """
    if people < SMALL_COHORT:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)
