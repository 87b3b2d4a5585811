"""`dualalign measure`: how right a cohort is, in numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualalign.cli import source_options as options
from dualalign.cli.cohort_and_pack import say_if_changed
from dualalign.cli.console import new_console, print_led
from dualalign.cli.subject import open_subject
from dualalign.files import check_writable, refusals_said, write_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dualalign.measures import Measure

_PLAIN_WIDTH = 140
EXAMPLE = (
    "Example: dualalign measure cohort --reference notes.jsonl --only realism,privacy --json figures.json"
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("measure", epilog=EXAMPLE)(measure)


def measure(
    cohort: options.SubjectPath,
    pack: options.SubjectPack = None,
    breakdown: Annotated[bool, typer.Option("--breakdown", help="Show every cell of every measure.")] = False,
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
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write all figures to this file.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Measure a cohort: how close to its targets, how coherent, varied, real, private, fair and rightly labelled.

    Each figure comes with an interval and what to hold it against. What needs data of yours is left out without it.
    Synthetic notes of any origin are measured as far as text alone allows.
    """
    from dualalign.errors import MeasureError
    from dualalign.measures import measure_any

    messages = new_console(stderr=True, quiet=quiet, soft_wrap=True)
    steps = options.steps_of(only)
    subject, loaded = open_subject(cohort, pack, options.columns_of(locals(), own=True))
    if json_file is not None:
        check_writable(json_file, "--json")
    sources = options.sources_of(loaded, locals(), subject)
    lacking = options.NotMeasured(messages)
    with progress_of_steps(messages) as on_step:
        found = measure_any(subject, loaded, on_step, sources, steps, lacking.skip, lacking.fail)
    if json_file is not None:
        figures = {step: [each.as_dict() for each in measures] for step, measures in found.items()}
        with refusals_said(json_file, MeasureError, "choose another --json"):
            write_text(json_file, json.dumps(figures, indent=2))
    console = new_console(width=None if new_console().is_terminal else _PLAIN_WIDTH)
    for step, measures in found.items():
        console.print(_table(step, measures))
        for each in measures:
            if each.caution:
                console.print(f"{each.name}: {each.caution}", markup=False, highlight=False)
        if breakdown:
            for each in measures:
                _show_breakdown(console, each)
    say_if_changed(subject, loaded, messages)
    lacking.end()


@contextmanager
def progress_of_steps(console: Console) -> Iterator[Callable[[str], None]]:
    """Show which step is being done and for how long; yields what each step is announced to."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    hidden = console.quiet or not console.is_terminal
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        running = progress.add_task("opening")

        def announce(step: str) -> None:
            progress.update(running, description=step)

        yield announce


def _table(step: str, measures: list[Measure]) -> Table:
    from rich.table import Table

    held = {each.name: _held_against(each) for each in measures}
    table = Table(title=step.capitalize(), title_justify="left")
    for column in ("measure", "value", "95% interval", "better"):
        table.add_column(column)
    if any(held.values()):
        table.add_column("hold against")
    for each in measures:
        interval = f"{each.interval[0]:.4f} to {each.interval[1]:.4f}" if each.interval else "-"
        table.add_row(
            each.name,
            f"{each.value:.4f} {each.unit}".rstrip(),
            interval,
            {"min": "less", "max": "more", "none": "-"}[each.goal],
            *([held[each.name]] if any(held.values()) else []),
        )
    return table


def _held_against(measure: Measure) -> str:
    shown = {
        name: value
        for name, value in measure.baseline.items()
        if not name.startswith(("target ", "published year "))
    }
    return "; ".join(f"{name} {value:.4f}" for name, value in shown.items())


def _show_breakdown(console: Console, measure: Measure) -> None:
    print_led(console, measure.name, f"  {measure.note}")
    for name, value in measure.breakdown.items():
        said = f"  {name:<44}{value:>10.4f}"
        if name in measure.intervals:
            said += "   {:.4f} to {:.4f}".format(*measure.intervals[name])
        for word in ("target", "published"):
            if f"{word} {name}" in measure.baseline:
                said += f"   {word} {measure.baseline[f'{word} {name}']:.4f}"
        console.print(said, highlight=False)
