"""`dualalign generate`: a synthetic cohort on disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualalign.cli import model_options as options
from dualalign.cli.model_run import (
    Asked,
    alignment_named,
    check_writer,
    interrupts_said,
    show_estimate,
    with_model,
)
from dualalign.cli.screen import screen, strong
from dualalign.cli.unused_options import refuse_unused

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT_FOLDER = Path("cohort")
SMALL_COHORT = 60
MOST_WORKERS = 8
ALIGNMENT = "both"
REPAIRS = 2
_NOTES = "Notes by a language model"


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
        typer.Option(
            help="`clinical` (latent course, joint personas), `paper` (the published tables) or `sparse` (as few "
            "symptoms as real notes, patients seen unequally); if not given, the pack's default."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Processes; if not given, one for each core, at most 8.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another cohort in the folder.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no summary.")] = False,
    writer: Annotated[
        str,
        typer.Option(
            help="`grammar` (no model), `llm` (a server), `llama-cpp`, `transformers` (in this process) or `replay`.",
            rich_help_panel=_NOTES,
        ),
    ] = "grammar",
    alignment: Annotated[
        str,
        typer.Option(help="What prompts tell: none, persona, trajectory or both.", rich_help_panel=_NOTES),
    ] = ALIGNMENT,
    repairs: Annotated[
        int,
        typer.Option(
            help="Times a note that fails checks goes back with the reasons.", rich_help_panel=_NOTES
        ),
    ] = REPAIRS,
    most_notes: Annotated[
        int | None,
        typer.Option(
            help="Notes of one patient, evenly spread from the first visit to the last; all if not given.",
            rich_help_panel=_NOTES,
        ),
    ] = None,
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    model_path: options.ModelPath = None,
    api_key_env: options.ApiKeyEnv = "OPENAI_API_KEY",
    extra_body: options.ExtraBody = None,
    temperature: options.Temperature = None,
    max_tokens: options.MaxTokens = None,
    context: options.Context = 8192,
    in_flight: options.InFlight = None,
    timeout: options.Timeout = 600.0,
    price_prompt: options.PricePrompt = None,
    price_reply: options.PriceReply = None,
    budget_usd: options.BudgetUsd = None,
    budget_tokens: options.BudgetTokens = None,
    dry_run: options.DryRun = False,
    replay: options.Replay = None,
) -> None:
    """Write a synthetic cohort: personas, ten years of notes, and every sentence labelled.

    A run that was killed goes on where it stopped: give the same command again. A run whose budget is spent ends
    with exit code 3 and goes on in the same way; no reply of a model is ever asked for twice.
    """

    console = screen(stderr=True, quiet=quiet, soft_wrap=True)
    started = time.perf_counter()
    values = options.given(locals())
    asked = (pack, out, patients, controls, profile, seed)
    if writer == "grammar":
        more = {
            "extra_body": extra_body,
            "alignment": None if alignment == ALIGNMENT else alignment,
            "repairs": None if repairs == REPAIRS else repairs,
            "most_notes": most_notes,
            "dry_run": dry_run,
        }
        refuse_unused(
            {**values, **more}, "the grammar", "choose --writer llm, llama-cpp, transformers or replay"
        )
        made = _with_grammar(console, asked, workers, overwrite)
    else:
        from dualalign.cohort import ModelWriting

        check_writer(writer)
        writing = ModelWriting(
            options.model_choice(writer, extra_body, **values),
            alignment_named(alignment),
            repairs,
            most_notes,
        )
        if dry_run:
            show_estimate(asked, writing)
            return
        made = with_model(console, asked, writing, overwrite)
    _say_made(console, out, time.perf_counter() - started if made else None)


def _with_grammar(console: Console, asked: Asked, workers: int | None, overwrite: bool) -> bool:
    """Write with the grammar; return whether there was anything to write."""
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
    with (
        interrupts_said(),
        Progress(*columns, console=console, transient=True, disable=hidden) as progress,
    ):
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
    console.print(
        strong(out),
        f": {counts['patients']:,} patients, {counts['notes']:,} notes, "
        f"{counts['sentences']:,} sentences, {counts['mentions']:,} mentions {took}",
        sep="",
    )
    for label, count in counts["labels"].items():
        console.print(f"  {label:<18}{count:>9,} sentences")
    console.print(f"  {'no label':<18}{counts['unlabelled_sentences']:>9,} sentences")
    if "writing" in counts:
        say_written(console, counts["writing"])


def default_workers(people: int) -> int:
    """Return how many processes pay off for so many people, patients and controls together.

    A process takes about a second to load the pack, the work of a dozen patients; each holds about 200 MB.
    """
    if people < SMALL_COHORT:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)
