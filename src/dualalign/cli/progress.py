"""`dualalign progress`: fit, use, test and explain a model of progression."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualalign.cli.console import new_console
from dualalign.cli.progress_data import encoder_of, load, need_torch, new_encoder, open_any, portions

if TYPE_CHECKING:
    import pyarrow as pa

    from dualalign.progression import (
        LongitudinalData,
        Method,
        MethodScores,
        ProgressionModel,
        Protocol,
        TrainingOptions,
    )
    from dualalign.progression.evaluation import Predictions

Data = Annotated[
    Path,
    typer.Argument(help="A cohort, a MEDS folder, a CSV file, FHIR bundles or OMOP tables."),
]
MappingOption = Annotated[
    str | None, typer.Option("--mapping", "-m", help="Mapping file (.yaml), or a name such as `oasis2`.")
]
Hidden = Annotated[
    list[str] | None, typer.Option("--hide", help="A feature the model may not see; give it again for more.")
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder", help="Also read the notes through this Hugging Face encoder: an id or a folder."
    ),
]
Vectors = Annotated[
    Path | None, typer.Option("--vectors", help="Folder that keeps the encoder's vectors for other commands.")
]
Device = Annotated[str, typer.Option(help="`cpu`, `cuda`, or `auto` for a GPU with CUDA if there is one.")]
Precision = Annotated[
    str, typer.Option(help="Of training: `float32`, `bfloat16`, or `auto` for bfloat16 on a GPU.")
]
_WIDTH = 150


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    progress = typer.Typer(
        name="progress",
        help="Predict progression over time (DualPath); needs torch.",
        epilog="Example: dualalign progress fit cohort -o model",
        no_args_is_help=True,
    )
    for command, words in (
        (fit, "cohort -o model"),
        (predict, "model cohort -o predictions.csv"),
        (evaluate, "cohort --json scores.json"),
        (explain, "model cohort --subject P000001 -o explanation.png"),
    ):
        example = f"Example: dualalign progress {command.__name__} {words}"
        progress.command(command.__name__, epilog=example)(command)
    app.add_typer(progress)


def fit(
    data: Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the model goes to.")] = Path("model"),
    mapping: MappingOption = None,
    hide: Hidden = None,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same model.")] = 0,
    encoder: EncoderOption = None,
    vectors: Vectors = None,
    device: Device = "cpu",
    precision: Precision = "auto",
) -> None:
    """Fit a model on all subjects and save it with its schema and card."""
    need_torch()
    from dualalign.errors import ProgressionError
    from dualalign.files import check_writable, sole_run
    from dualalign.progression import DualPath, fit_model, save_model

    options = _options(device, precision)
    with sole_run(out, ProgressionError):
        check_writable(out / "model.json", "--out")
        opened = open_any(data, mapping, new_encoder(encoder, vectors))
        model = fit_model(opened, tuple(hide or ()), seed, DualPath(options=options))
        folder = save_model(model, out)
    typer.echo(
        f"{folder}: fitted on {model.facts['subjects']} subjects, {model.facts['visits']} visits", err=True
    )


def predict(
    model: Annotated[Path, typer.Argument(help="Folder that `progress fit` wrote.")],
    data: Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV or Parquet file.")] = Path("predictions.csv"),
    mapping: MappingOption = None,
    at: Annotated[
        float | None,
        typer.Option(
            help="Predict from what is known at this time, in years; if not given, at the last visit."
        ),
    ] = None,
    cut_future: Annotated[
        bool, typer.Option("--cut-future", help="Drop what lies after --at instead of refusing it.")
    ] = False,
    encoder: EncoderOption = None,
    vectors: Vectors = None,
    device: Device = "cpu",
) -> None:
    """Predict for every subject; a MEDS folder is read in flat memory."""
    need_torch()
    from dualalign.errors import ProgressionError
    from dualalign.files import check_writable
    from dualalign.progression.predictions import PredictionFile

    if at is not None and not math.isfinite(at):
        raise ProgressionError(f"--at {at:g}", "give a time in years")
    check_writable(out, "--out")
    loaded = load(model, device)
    reader = encoder_of(loaded, encoder, vectors)
    count = 0
    with PredictionFile(out) as file:
        for portion in portions(data, mapping, loaded, reader):
            table = _predict(loaded, portion, at, cut_future)
            if table is not None:
                file.write(table)
                count += table.num_rows
        if not count:
            raise ProgressionError(f"{data}: nobody to predict for", "give subjects with visits before --at")
    typer.echo(f"{out}: {count} subjects", err=True)


def evaluate(
    data: Data,
    mapping: MappingOption = None,
    hide: Hidden = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Score this saved model instead of fitting; it must not know the subjects."),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of subjects.")] = 5,
    repeats: Annotated[int, typer.Option(help="Partitions into folds; more are steadier.")] = 1,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also networks with a part taken away.")] = False,
    seed: Annotated[int, typer.Option(help="Draws the folds.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write all figures here.")] = None,
    encoder: EncoderOption = None,
    vectors: Vectors = None,
    device: Device = "cpu",
    precision: Precision = "auto",
) -> None:
    """Cross-validate DualPath and simpler methods by subject, or score a saved model on new people."""
    need_torch()
    from dualalign.errors import ProgressionError
    from dualalign.files import check_writable, refusals_said, write_text
    from dualalign.progression import DualPath, Protocol, compare, schema_questions, score_model, to_visits
    from dualalign.progression.baselines import baselines
    from dualalign.progression.dualpath import ablations

    if json_file is not None:
        check_writable(json_file, "--json")
    if model is not None and (hide or ablate):
        raise ProgressionError(
            f"{'--hide' if hide else '--ablate'} has no effect with --model",
            "leave it out: a saved model sees what it was fitted to see",
        )
    options = _options(device, precision)
    loaded = None if model is None else load(model, device)
    reader = new_encoder(encoder, vectors) if loaded is None else encoder_of(loaded, encoder, vectors)
    opened = open_any(data, mapping, reader)
    if loaded is not None:
        rows = score_model(loaded, opened)
    else:
        visits = to_visits(opened)
        hidden = tuple(hide or ())
        protocol = Protocol(visits, opened.groups, schema_questions(visits), hidden, folds, repeats, seed)
        methods = [DualPath(options=options), *baselines()]
        if ablate:
            methods += ablations(opened.schema, options, hidden)
        rows = compare(protocol, _cross_validate(protocol, methods, device), "DualPath")
    _show(rows)
    if opened.schema.acknowledgement:
        typer.echo(opened.schema.acknowledgement)
    if json_file is not None:
        with refusals_said(json_file, ProgressionError, "choose another --json"):
            write_text(json_file, json.dumps([row.as_dict() for row in rows], indent=2))


def explain(
    model: Annotated[Path, typer.Argument(help="Folder that `progress fit` wrote.")],
    data: Data,
    subject: Annotated[str, typer.Option("--subject", "-s", help="Id of the subject.")],
    years: Annotated[float, typer.Option(help="Years ahead; of a decline the schema says.")] = 3.0,
    kind: Annotated[str, typer.Option(help="`conversion`, `state` or `decline`.")] = "conversion",
    out: Annotated[Path, typer.Option("--out", "-o", help="PNG, SVG or PDF file.")] = Path("explanation.png"),
    mapping: MappingOption = None,
    encoder: EncoderOption = None,
    vectors: Vectors = None,
) -> None:
    """Show what moved one person's prediction, as a list and a figure."""
    need_torch()
    from dualalign.errors import ProgressionError
    from dualalign.files import check_writable
    from dualalign.progression import Kind, draw_explanation
    from dualalign.progression import explain as explain_one
    from dualalign.progression.figure import SHOWN, check_kind, contribution_words

    if kind not in {each.value for each in Kind}:
        raise ProgressionError(f"--kind {kind}", f"use one of {', '.join(Kind)}")
    check_kind(out)
    check_writable(out, "--out")
    loaded = load(model)
    reader = encoder_of(loaded, encoder, vectors)
    opened = open_any(data, mapping, reader, with_text=True, subjects=None if reader is None else [subject])
    loaded.check_schema(opened.schema)
    found = explain_one(loaded.fitted, opened, subject, years, Kind(kind))
    typer.echo(f"{found.subject}: {found.asked}: {found.probability:.1%}")
    for modality, change in found.without_modality.items():
        typer.echo(f"  {modality}: {change:+.1%} against never measured")
    for each in found.contributions[:SHOWN]:
        typer.echo(f"  {each.change:+.1%}  " + contribution_words(each, opened.schema).replace("\n", "  "))
    typer.echo(f"{draw_explanation(found, opened.schema, out)}", err=True)


def _options(device: str, precision: str) -> TrainingOptions:
    from dualalign.progression import TrainingOptions
    from dualalign.progression.training import arithmetic_of, device_of

    options = TrainingOptions(device=device, precision=precision)  # type: ignore[arg-type]
    # Named before notes are read and networks are fitted, not after.
    arithmetic_of(options.precision, device_of(options.device))
    return options


def _cross_validate(protocol: Protocol, methods: Sequence[Method], device: str) -> Predictions:
    """Cross-validate with a bar of the fits that are done."""
    from rich.progress import Progress

    from dualalign.progression import cross_validate

    console = new_console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("fitting", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            if not console.is_terminal and done % max(1, total // 10) == 0:
                typer.echo(f"fitting: {done} of {total}", err=True)

        # One process on a GPU: several would each need its memory.
        return cross_validate(protocol, methods, show, None if device == "cpu" else 1)


def _predict(
    loaded: ProgressionModel, data: LongitudinalData, at: float | None, cut_future: bool
) -> pa.Table | None:
    """Return the predictions, None if nobody was seen by then."""
    import numpy as np

    from dualalign.progression import predict_subjects

    if at is None:
        return predict_subjects(loaded.fitted, data)
    if cut_future:
        data = data.until(at)
        if not len(data):
            return None
    else:
        data.check_past(at)
    return predict_subjects(loaded.fitted, data, np.full(len(data), at))


def _show(rows: list[MethodScores]) -> None:
    from rich.table import Table

    console = new_console(width=None if new_console().is_terminal else _WIDTH)
    for task in dict.fromkeys(row.task for row in rows):
        table = Table(title=task, title_justify="left")
        for column in (
            "method",
            "AUC (95% interval)",
            "PR-AUC",
            "Brier",
            "slope",
            "accuracy",
            "less DualPath",
            "p",
        ):
            table.add_column(column)
        for row in (row for row in rows if row.task == task):
            area = row.scores["auc"]
            others = [
                f"{row.scores[each].value:.3f}"
                for each in ("pr_auc", "brier", "calibration_slope", "accuracy")
            ]
            less = row.difference
            table.add_row(
                row.method,
                f"{area.value:.3f} ({area.low:.3f} to {area.high:.3f})",
                *others,
                "" if less is None else f"{less.value:+.3f} ({less.low:+.3f} to {less.high:+.3f})",
                "" if less is None else f"{less.p:.3f}",
            )
        console.print(table)
