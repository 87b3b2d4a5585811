"""A note in the terminal: its text with sentences, labels and mentions marked, and its plan and agenda beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dualalign.errors import CohortError, PackError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from dualalign.charts import Agenda, AgendaItem
    from dualalign.cohort import Cohort

Row = dict[str, Any]

_SIDE_BY_SIDE = 140
"""Columns of a terminal from which the plan stands beside the text."""
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that could steer a terminal, which a note of a model may hold."""


def print_note(console: Console, cohort: Cohort, patient: str, note_id: str, pack: str | None = None) -> None:
    """Print one note.

    Args:
        console: where to; brackets stand for colours unless it is a terminal.
        cohort: a finished cohort.
        patient: whose note it is.
        note_id: an id of the cohort.
        pack: name or folder of the cohort's pack, for the agenda; None takes the name in the manifest.

    Raises:
        CohortError: a table that is missing or damaged, or another pack.
        PackError: the pack that was named cannot be loaded.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    def rows(table: str) -> list[Row]:
        return [row for row in cohort.patient_rows(table, patient) if row["note_id"] == note_id]

    (visit,), written = rows("visits"), rows("notes")
    if not written:
        raise CohortError(
            f"{cohort.folder}: note {note_id} was not written", "show another of the patient's notes"
        )
    (note,) = written
    mentions = rows("mentions")
    colours = dict(zip(cohort.manifest["counts"]["labels"], _COLOURS * 9, strict=False))
    marked = mark(note["text"], rows("sentences"), mentions, colours if console.is_terminal else None)
    head = Text(
        f"{note_id}  {visit['date']}, {visit['years_before']:.1f} years before the index date\n", style="bold"
    )
    beside: list[RenderableType] = [
        _plan(visit, note),
        Text("\nMentions", style="bold"),
        _mentions(note["text"], mentions),
        Text("\nAgenda", style="bold"),
        _agenda(cohort, patient, visit["visit"], pack),
    ]
    if console.is_terminal and console.width >= _SIDE_BY_SIDE:
        grid = Table.grid(padding=(0, 3), expand=True)
        grid.add_column(ratio=1)
        grid.add_column(ratio=1)
        grid.add_row(Group(head, marked), Group(*beside))
        console.print(grid)
    else:
        console.print(head, marked, "", *beside, sep="\n")


def mark(
    text: str, sentences: Sequence[Row], mentions: Sequence[Row], colours: dict[str, str] | None
) -> Text:
    """Return a note's text with its sentences, labels and mentions marked.

    Args:
        text: the note.
        sentences: their rows, with `start`, `end` and `labels`.
        mentions: their rows, with `start` and `end`, None where a mention was not said.
        colours: label -> colour; None marks with brackets.
    """
    from rich.text import Text

    # One character for one, so that spans stay right.
    shown = Text(_CONTROL.sub(lambda found: " " if found[0] == "\r" else "\N{REPLACEMENT CHARACTER}", text))
    marks: list[tuple[int, int, Text]] = []
    for row in sentences:
        labels = ", ".join(row["labels"])
        if colours is None:
            marks.append((row["start"], 2, Text("[")))
            marks.append((row["end"], 1, Text(f" | {labels}]" if labels else "]")))
        elif labels:
            colour = colours.get(row["labels"][0], "")
            shown.stylize(colour, row["start"], row["end"])
            marks.append((row["end"], 1, Text(f" ({labels})", style=f"{colour} dim italic")))
    for start, end in {(row["start"], row["end"]) for row in mentions if row["start"] is not None}:
        if colours is None:
            marks.append((start, 3, Text("{")))
            marks.append((end, 0, Text("}")))
        else:
            shown.stylize("bold underline", start, end)
    marked, position = Text(), 0
    for place, _, sign in sorted(marks, key=lambda each: each[:2]):
        marked.append_text(shown[position:place])
        marked.append_text(sign)
        position = place
    return marked.append_text(shown[position:])


def spaced(identity: str) -> str:
    """Return an id of a pack as words."""
    return identity.replace("_", " ")


def scores_of(visit: Row) -> str:
    """Return the test scores of a visit, for example `MMSE 24/30`."""
    return ", ".join(
        f"{each['name']} {each['value']:g}/{each['maximum']:g}" for each in visit["scores"] or ()
    )


def _plan(visit: Row, note: Row) -> Table:
    from rich.table import Table

    informant = " ".join(filter(None, (visit["informant_relation"], visit["informant_name"])))
    vitals = [
        f"{name} {visit[column]:g}"
        for column, name in (
            ("systolic", "BP"), ("heart_rate", "HR"), ("temperature", "T"), ("saturation", "SpO2"), ("weight", "kg"),
        )
        if visit[column] is not None
    ]  # fmt: skip
    if vitals and visit["diastolic"] is not None:
        vitals[0] += f"/{visit['diastolic']}"
    medicines = [f"{each['action']} {each['drug']} {each['dose']}" for each in visit["medicines"] or ()]
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("type", spaced(visit["note_type"])),
        ("reason", spaced(visit["reason"] or "")),
        ("age", str(visit["age"])),
        ("stage", f"{spaced(visit['stage'])} (severity {visit['severity']:.2f})"),
        ("informant", informant),
        ("lives", visit["place"] or ""),
        ("facts", ", ".join(map(spaced, visit["facts"] or ()))),
        ("scores", scores_of(visit)),
        ("disease drugs", "; ".join(medicines)),
        ("vital signs", ", ".join(vitals)),
        ("diagnosis made", "yes" if visit["diagnosis_made"] else "no"),
        ("written", f"{note['writer'] or ''}, {visit['author'] or ''}".strip(", ")),
        ("failed checks", ", ".join(map(spaced, note["failed_checks"] or ()))),
    ):
        if value:
            table.add_row(name, value)
    table.columns[0].style = "dim"
    return table


def _mentions(text: str, mentions: Sequence[Row]) -> RenderableType:
    from rich.table import Table

    if not mentions:
        return "none"
    table = Table(
        "role",
        "symptom",
        "polarity",
        "by",
        "labels",
        "words",
        box=None,
        header_style="dim",
        padding=(0, 2, 0, 0),
    )
    for row in mentions:
        words = "(not said)" if row["start"] is None else _CONTROL.sub(" ", text[row["start"] : row["end"]])
        table.add_row(
            row["role"] or "",
            spaced(row["term"]),
            row["polarity"],
            row["reporter"],
            ", ".join(row["labels"]),
            " ".join(words.split()),
        )
    return table


def _agenda(cohort: Cohort, patient: str, visit: int, pack: str | None) -> Text:
    """Return what a visit was about; why that cannot be told where the pack or the software is another by now."""
    from rich.text import Text

    from dualalign.cohort import pack_of
    from dualalign.cohort.one_patient import simulate_again

    try:
        agenda = simulate_again(cohort, pack_of(cohort, pack), patient).plans[visit].agenda
    except (CohortError, PackError) as error:
        if pack is not None:
            raise
        return Text(f"not shown: {error}", style="dim")
    return Text("none") if agenda is None else Text("\n".join(_lines(agenda)))


def _lines(agenda: Agenda) -> list[str]:
    lines = [f"* {_problem(item)}" for item in agenda.items if item.focus]
    told = [_problem(item) for item in agenda.items if not item.focus]
    for name, values in (
        ("told beside", told),
        ("happened since", [spaced(event.id) for event in agenda.events]),
        ("followed up", [spaced(problem) for problem, _ in agenda.followed]),
        ("results", [f"{spaced(result.panel)} of {result.day}" for result in agenda.results]),
        ("ordered", [spaced(panel) for panel in agenda.ordered]),
        ("comes again in", [agenda.return_in] if agenda.return_in else []),
    ):
        if values:
            lines.append(f"{name}: {'; '.join(values)}")
    return lines or ["no problem in focus"]


def _problem(item: AgendaItem) -> str:
    name = " ".join(filter(None, (item.side, spaced(item.id))))
    said = f"{name} ({item.kind}, {item.status}{f', {item.value}' if item.value else ''})"
    done = [f"{step.action} {step.drug} {step.dose}".strip() for step in item.medicines]
    done += [spaced(action.id or action.kind) for action in item.actions]
    return f"{said}: {', '.join(dict.fromkeys(done))}" if done else said
