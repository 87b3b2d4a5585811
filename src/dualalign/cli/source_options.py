"""Options that name what a cohort is held against, shared by the commands that measure."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.errors import MeasureError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from rich.console import Console

    from dualalign.measures import Sources
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
Encoder = Annotated[
    str | None,
    typer.Option(
        help="Hugging Face encoder for meanings of texts; without one, LSA.", rich_help_panel="Hold against"
    ),
]
Only = Annotated[
    str | None, typer.Option(help="Steps to measure, by name with commas between; all if not given.")
]


def sources_of(pack: Pack, arguments: Mapping[str, Any]) -> Sources:
    """Read what the options name.

    Args:
        pack: supplies the label scheme of gold sentences.
        arguments: the command's `locals()`, which hold the options above by the names of `SourceFiles`' fields.

    Raises:
        DualAlignError: options that do not go together, or a file that cannot be used.
    """
    from dualalign.measures import NoteColumns, SourceFiles, read_sources

    apart = ("columns", "others")
    given = {each.name: arguments[each.name] for each in fields(SourceFiles) if each.name not in apart}
    columns = NoteColumns(arguments["text_column"], arguments["group_column"], arguments["year_column"])
    others = dict(_named(each) for each in arguments["labels"] or ())
    return read_sources(SourceFiles(columns=columns, others=others, **given), pack)


def steps_of(only: str | None) -> Collection[str]:
    """Return the steps that `--only` names; all without it."""
    from dualalign.measures import STEPS

    return STEPS if only is None else [name.strip() for name in only.split(",") if name.strip()]


def skip_teller(console: Console, said: list[tuple[str, str]]) -> Callable[[str, str], None]:
    """Return what a step and its reason are announced to when something is not measured; keeps them in `said`."""

    def tell(step: str, reason: str) -> None:
        said.append((step, reason))
        console.print(f"{step}: not measured: {reason}", style="dim", soft_wrap=True)

    return tell


def _named(value: str) -> tuple[str, Path]:
    name, equals, path = value.partition("=")
    if not equals or not name or not path:
        raise MeasureError(
            f"--labels {value}: is not NAME=FILE", "write for example --labels model=labels.jsonl"
        )
    return name, Path(path)
