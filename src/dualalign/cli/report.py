"""`dualalign report`: one page about a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dualalign.cli import source_options as options
from dualalign.cli.cohort_and_pack import say_if_changed
from dualalign.cli.console import new_console, print_led
from dualalign.cli.measure import progress_of_steps
from dualalign.cli.subject import open_subject
from dualalign.files import check_writable

EXAMPLE = "Example: dualalign report cohort -o report.html"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report", epilog=EXAMPLE)(report)


def report(
    cohort: options.SubjectPath,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File to write; report.html in the cohort, or beside the notes, if not given."
        ),
    ] = None,
    pack: options.SubjectPack = None,
    reference: options.Reference = None,
    saw: options.Saw = None,
    held_out: options.HeldOut = None,
    canaries: options.Canaries = None,
    saw_people: options.SawPeople = None,
    held_out_people: options.HeldOutPeople = None,
    gold: options.Gold = None,
    labels: options.Labels = None,
    classifier: options.ClassifierFolder = None,
    text_column: options.TextColumn = "text",
    group_column: options.GroupColumn = None,
    year_column: options.YearColumn = None,
    date_column: options.DateColumn = None,
    case_column: options.CaseColumn = None,
    encoder: options.Encoder = None,
    names_by: options.NamesBy = None,
    only: options.Only = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Write one self-contained HTML page: figures against targets, a patient's years, a labelled note, provenance."""
    from dualalign.measures import measure_any
    from dualalign.report import write_report

    console = new_console(stderr=True, quiet=quiet, soft_wrap=True)
    steps = options.steps_of(only)
    subject, loaded = open_subject(cohort, pack, options.columns_of(locals(), own=True))
    target = out or (cohort if (cohort / "manifest.json").exists() else cohort.parent) / "report.html"
    check_writable(target, "--out")
    sources = options.sources_of(loaded, locals(), subject)
    lacking = options.NotMeasured(console)
    with progress_of_steps(console) as on_step:
        measures = measure_any(subject, loaded, on_step, sources, steps, lacking.skip, lacking.fail)
        name = cohort.resolve().name
        page = write_report(
            subject, loaded, measures, target, on_step, sources, lacking.reasons, lacking.fail, name
        )
    print_led(console, page, ": open it in any browser; it needs no network.")
    say_if_changed(subject, loaded, console)
    lacking.end()
