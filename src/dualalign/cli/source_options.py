"""Options that name what a cohort is held against, shared by the commands that measure."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.errors import DualAlignError, MeasureError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rich.console import Console

    from dualalign.measures import NoteColumns, Sources
    from dualalign.packs import Pack

_NOTES = "CSV, JSONL (also .gz) or Parquet"

Reference = Annotated[
    Path | None,
    typer.Option(
        help=f"Real notes that the text should look like: {_NOTES}.", rich_help_panel="Hold against"
    ),
]
Saw = Annotated[
    Path | None,
    typer.Option(
        help="Real notes that the generator saw, for attacks on privacy.", rich_help_panel="Hold against"
    ),
]
HeldOut = Annotated[
    Path | None,
    typer.Option(help="Notes of the same kind that it did not see.", rich_help_panel="Hold against"),
]
Canaries = Annotated[
    Path | None, typer.Option(help="Canaries planted in what it saw (JSON).", rich_help_panel="Hold against")
]
SawPeople = Annotated[
    Path | None,
    typer.Option(
        help="Table of people that the generator saw: CSV or Parquet.", rich_help_panel="Hold against"
    ),
]
HeldOutPeople = Annotated[
    Path | None, typer.Option(help="People like them that it did not see.", rich_help_panel="Hold against")
]
Gold = Annotated[
    Path | None,
    typer.Option(
        help="Sentences that people labelled, for errors of labels.", rich_help_panel="Hold against"
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=FILE: the gold sentences with another source's labels.", rich_help_panel="Hold against"
    ),
]
ClassifierFolder = Annotated[
    Path | None,
    typer.Option("--classifier", help="Folder of a fitted classifier.", rich_help_panel="Hold against"),
]
TextColumn = Annotated[str, typer.Option(help="Column of the notes' text.", rich_help_panel="Hold against")]
GroupColumn = Annotated[
    str | None, typer.Option(help="Column that names the patient of a note.", rich_help_panel="Hold against")
]
YearColumn = Annotated[
    str | None, typer.Option(help="Column of whole years before diagnosis.", rich_help_panel="Hold against")
]
DateColumn = Annotated[
    str | None,
    typer.Option(
        help="Column of the day of a note, of the notes that are measured.", rich_help_panel="Notes alone"
    ),
]
CaseColumn = Annotated[
    str | None,
    typer.Option(
        help="Column that says whether the patient has the disease, of the notes that are measured.",
        rich_help_panel="Notes alone",
    ),
]
SubjectPath = Annotated[
    Path,
    typer.Argument(
        help="Folder of a finished cohort; or anyone's synthetic notes, a file of them or a folder of .txt files."
    ),
]
SubjectPack = Annotated[
    str | None,
    typer.Option(
        help="Pack to hold it against; the one a cohort was made with, and none for notes, if not given."
    ),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        help="Hugging Face encoder for meanings of texts; without one, LSA.", rich_help_panel="Hold against"
    ),
]
NamesBy = Annotated[
    str | None,
    typer.Option(
        help="Who looks for names and places beside the rules: presidio, or a model for token classification.",
        rich_help_panel="Hold against",
    ),
]
Only = Annotated[
    str | None, typer.Option(help="Steps to measure, by name with commas between; all if not given.")
]


def columns_of(arguments: Mapping[str, Any], own: bool) -> NoteColumns:
    """Return the columns of notes that the options name.

    Args:
        arguments: the command's `locals()`.
        own: of the notes that are measured, which may have more columns than those they are held against.
    """
    from dualalign.measures import NoteColumns

    names = ("text_column", "group_column", "year_column", *(("date_column", "case_column") if own else ()))
    return NoteColumns(*(arguments[name] for name in names))


def sources_of(pack: Pack | None, arguments: Mapping[str, Any], subject: object) -> Sources:
    """Read what the options name.

    Args:
        pack: supplies the label scheme of gold sentences.
        arguments: the command's `locals()`, which hold the options above by the names of `SourceFiles`' fields.
        subject: what is held against them; against notes alone, files may lack the columns of patients and years.

    Raises:
        DualAlignError: options that do not go together, or a file that cannot be used.
    """
    from dualalign.measures import NoteSet, SourceFiles, read_sources

    apart = ("columns", "others")
    given = {each.name: arguments[each.name] for each in fields(SourceFiles) if each.name not in apart}
    columns = replace(columns_of(arguments, own=False), needed=not isinstance(subject, NoteSet))
    others = dict(_named(each) for each in arguments["labels"] or ())
    return read_sources(SourceFiles(columns=columns, others=others, **given), pack)


def steps_of(only: str | None) -> Collection[str]:
    """Return the steps that `--only` names; all without it."""
    from dualalign.measures import STEPS

    if only is None:
        return STEPS
    named = [name.strip() for name in only.split(",") if name.strip()]
    if not named:
        raise MeasureError("--only names no step", f"choose of {', '.join(STEPS)}")
    return named


class NotMeasured:
    """Tells what is not measured as it comes to pass, and keeps it.

    Args:
        console: where it is told.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.reasons: list[tuple[str, str]] = []
        self._failed: list[str] = []

    def skip(self, step: str, reason: str) -> None:
        """Tell that data for something of a step are lacking."""
        self.reasons.append((step, reason))
        self._console.print(f"{step}: not measured: {reason}", style="dim", soft_wrap=True)

    def fail(self, step: str, error: DualAlignError) -> None:
        """Keep an error that ended something of a step, for the end."""
        self.reasons.append((step, error.message))
        self._failed.append(f"dualalign: {step}: not measured: {error}")

    def end(self) -> None:
        """Tell the errors, and end the program with exit code 2 if there were any; the rest is shown by now."""
        for line in self._failed:
            typer.echo(line, err=True)
        if self._failed:
            raise typer.Exit(2)


def _named(value: str) -> tuple[str, Path]:
    name, equals, path = value.partition("=")
    if not equals or not name or not path:
        raise MeasureError(
            f"--labels {value}: is not NAME=FILE", "write for example --labels model=labels.jsonl"
        )
    return name, Path(path)
