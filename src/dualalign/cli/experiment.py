"""`dualalign experiment`: what synthetic sentences are worth on real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dualalign.cli.config_file import ConfigFile
from dualalign.cli.console import new_console, print_led

DEFAULT_FOLDER = Path("experiment")
_DRAWS_SO_FAR = 200
EXAMPLE = "Example: dualalign experiment --gold gold.jsonl --synthetic cohort --bronze bronze -o experiment"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("experiment", epilog=EXAMPLE)(experiment)


def experiment(
    gold: Annotated[
        Path | None,
        typer.Option(
            help="Human-labelled sentences with text, labels, group, fold: JSONL, CSV, Parquet, or a folder of a "
            "Hugging Face data set."
        ),
    ] = None,
    synthetic: Annotated[
        list[str] | None,
        typer.Option(help="A cohort folder, or a file of labelled sentences; NAME=FOLDER for several."),
    ] = None,
    bronze: Annotated[
        Path | None, typer.Option(help="A folder that `dualalign compose` wrote, or a file.")
    ] = None,
    silver: Annotated[
        Path | None, typer.Option(help="A folder that `dualalign label` wrote, or a file.")
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(help="What to run: alignment, low-resource, paper, volume, ways, or a YAML file."),
    ] = None,
    pack: Annotated[str, typer.Option(help="Pack whose labels the sentences carry.")] = "alzheimers",
    gold_fraction: Annotated[
        list[float] | None,
        typer.Option(help="Share of the gold to train on; repeat for several. Default: 1 and 0.1."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Runs of each training set. Default: 5.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Classifier, by name or recipe; repeat for several. Default: linear."),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(help="multi_label, binary or five_class; repeat for several. Default: multi_label."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Training set that the others are compared with. Default: gold.")
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option(
            help="How probabilities are calibrated on development sentences: none, temperature, platt or isotonic. "
            "Default: platt."
        ),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", "-w", help="Processes.")] = 1,
    details: Annotated[
        bool, typer.Option(help="Also print precision and recall of each label, ranking and calibration.")
    ] = False,
    error_analysis: Annotated[
        Path | None,
        typer.Option(
            help="Write the gold sentences that were helped or hurt to this file. It holds real text."
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder for predictions and tables; an interrupted run resumes."),
    ] = DEFAULT_FOLDER,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no tables until the end.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Train symptom classifiers with and without synthetic sentences and score them on real ones.

    Classifiers train on the gold's folds `train` and `val`; settings and thresholds are chosen there, out of fold. The
    fold `test` is used only for the printed figures.
    """
    from rich.table import Table

    from dualalign.cli.experiment_progress import ExperimentProgress
    from dualalign.errors import ExperimentError
    from dualalign.experiments import assemble, default_grid, load_grid, run_experiment, summarise
    from dualalign.experiments.cells import Outcome
    from dualalign.experiments.experiment import refuse_reference
    from dualalign.experiments.grid import changed, synthetic_of
    from dualalign.experiments.tables import Tables
    from dualalign.files import check_writable, refusals_said, write_text
    from dualalign.packs import load_pack

    loaded = load_pack(pack)
    console = new_console(width=150 if not new_console().is_terminal else None)
    errors = new_console(stderr=True, quiet=quiet, soft_wrap=True)
    given: dict[str, Any] = {
        "gold": gold,
        "synthetic": synthetic_of(synthetic) if synthetic else None,
        "bronze": bronze,
        "silver": silver,
        "fractions": tuple(gold_fraction) if gold_fraction else None,
        "seeds": seeds,
        "models": model,
        "tasks": task,
        "reference": against,
        "calibration": calibration,
    }
    plan = changed(load_grid(grid) if grid else default_grid(), given)
    with errors.status("reading sentences"):
        asked = assemble(plan, loaded.labels.scheme())
    refuse_reference(plan.reference, [each.id for each in asked.training_sets()])
    if error_analysis is not None:
        check_writable(error_analysis, "--error-analysis")
    for doubt in asked.warnings():
        print_led(errors, "Warning:", f" {doubt}")
    if grid:
        for missing in asked.left_out():
            errors.print(f"left out without --{missing.source}: {missing.name}", highlight=False)
    published = loaded.published_results if loaded.published_results.source else None

    def so_far(outcomes: list[Outcome]) -> list[Table]:
        rows = summarise(outcomes, asked.test, _DRAWS_SO_FAR, tasks=asked.tasks, reference=plan.reference)
        return list(Tables(asked, rows, published, plan.reference).main())

    with ExperimentProgress(errors, asked, so_far, quiet) as progress:
        outcomes = run_experiment(asked, out, progress, workers)
    rows = summarise(outcomes, asked.test, tasks=asked.tasks, reference=plan.reference)
    tables = Tables(asked, rows, published, plan.reference)
    for table in (*tables.main(details), *tables.volume(out)):
        console.print(table)
    if error_analysis is not None:
        for table in tables.errors(outcomes, error_analysis):
            console.print(table)
    console.print(
        f"{len(asked.development)} gold sentences to learn from, {len(asked.test)} to test on; {asked.seeds} seeds; intervals "
        "and tests resample notes; p corrected by Holm's method."
    )
    with refusals_said(out, ExperimentError, "choose another --out"):
        write_text(out / "results.json", json.dumps([row.as_dict() for row in rows], indent=2))
    errors.print(f"Predictions and results.json in {out}")
    if error_analysis is not None:
        said = f"{error_analysis} holds real sentences of the gold set"
        print_led(errors, said, ": keep it as you keep that set.")
