"""`dualalign experiment`: what synthetic sentences are worth on real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FOLDER = Path("experiment")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("experiment")(experiment)


def experiment(
    gold: Annotated[
        Path,
        typer.Option(help="Human-labelled sentences: JSONL, CSV or Parquet with text, labels, group, fold."),
    ],
    synthetic: Annotated[
        Path | None, typer.Option(help="A cohort folder, or a file of labelled sentences.")
    ] = None,
    bronze: Annotated[
        Path | None, typer.Option(help="A folder that `dualalign compose` wrote, or a file.")
    ] = None,
    pack: Annotated[str, typer.Option(help="Pack whose labels the sentences carry.")] = "alzheimers",
    gold_fraction: Annotated[
        list[float] | None,
        typer.Option(help="Share of the gold to learn from; give it again for more. Default: 1 and 0.1."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs of each training set.")] = 5,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for predictions and tables; a stopped run goes on.")
    ] = DEFAULT_FOLDER,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Train symptom classifiers with and without synthetic sentences and score them on real ones.

    Classifiers learn from the gold's folds `train` and `val`; settings and thresholds are chosen there, out of fold.
    The fold `test` is only for the printed figures.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from dualalign.errors import ExperimentError
    from dualalign.experiments import Experiment, read_labelled, run_experiment, summarise
    from dualalign.experiments.cells import Cell
    from dualalign.experiments.tables import binary_table, class_table, label_table
    from dualalign.labels import read_gold
    from dualalign.packs import load_pack

    loaded = load_pack(pack)
    scheme = loaded.labels.scheme()
    console = Console(width=150 if not Console().is_terminal else None)
    errors = Console(stderr=True, quiet=quiet)
    with errors.status("reading sentences"):
        grid = Experiment(
            read_gold(gold, scheme),
            read_labelled(synthetic, scheme) if synthetic else None,
            read_labelled(bronze, scheme) if bronze else None,
            tuple(gold_fraction or (1.0, 0.1)),
            seeds,
        )
    test = grid.test
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("training", total=len(grid.cells()))

        def show(cell: Cell) -> None:
            progress.update(task, advance=1, description=f"training {cell.name}")

        outcomes = run_experiment(grid, out, show)
    rows = summarise(outcomes, test)
    names = {each.id: each.name for each in grid.training_sets()}
    published = loaded.published_results if loaded.published_results.source else None
    labels = grid.gold.label_ids
    for fraction in grid.fractions:
        console.print(binary_table(rows, names, fraction, published))
        console.print(label_table(rows, names, fraction, labels))
        console.print(class_table(rows, names, fraction, labels, published))
    console.print(
        f"{len(grid.development)} gold sentences to learn from, {len(test)} to test on; {seeds} seeds; intervals and "
        "tests resample notes; p corrected by Holm's method."
    )
    try:
        (out / "results.json").write_text(
            json.dumps([row.as_dict() for row in rows], indent=2), encoding="utf-8"
        )
    except OSError as error:
        raise ExperimentError(
            f"{out}: cannot be written ({error.strerror})", "choose another --out"
        ) from None
    errors.print(f"Predictions and results.json in [bold]{out}[/bold]")
