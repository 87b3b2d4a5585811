"""A patient's time line in the terminal: visits, stages, scores, what is first told, and what happened between."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dualalign.cli.console import print_led
from dualalign.cli.show_note import scores_of, spaced

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.cohort import Cohort

Row = dict[str, Any]


def print_patient(console: Console, cohort: Cohort, patient: str) -> None:
    """Print who a patient is, and one line per visit and event in order of date.

    Raises:
        CohortError: a table that is missing or damaged.
    """
    from rich.table import Table
    from rich.text import Text

    (persona,) = cohort.patient_rows("personas", patient)
    print_led(console, patient, f": {_who(persona)}")
    conditions = [
        f"{row['name']} ({row['onset'].year})" for row in cohort.patient_rows("conditions", patient)
    ]
    console.print(f"Conditions: {', '.join(conditions) or 'none'}\n")
    first = _first_told(cohort, patient)
    table = Table(
        "date",
        "years before",
        "note",
        "type",
        "reason",
        "stage",
        "scores",
        "first told",
        box=None,
        header_style="bold",
    )
    lines: list[tuple[date, tuple[str | Text, ...], str]] = []
    stage = ""
    for row in cohort.patient_rows("visits", patient):
        changed, stage = row["stage"] != stage, row["stage"]
        cells: tuple[str | Text, ...] = (
            str(row["date"]),
            f"{row['years_before']:.1f}",
            row["note_id"],
            spaced(row["note_type"]),
            spaced(row["reason"] or ""),
            Text(spaced(stage), style="bold" if changed else ""),
            scores_of(row),
            ", ".join(map(spaced, first.get(row["note_id"], ()))),
        )
        lines.append((row["date"], cells, ""))
    begin = min((line[0] for line in lines), default=date.min)
    for row in cohort.patient_rows("events", patient):
        if row["note_id"] is None and row["date"] >= begin:
            said = f"{row['kind']}: {row['side'] or ''} {spaced(row['event'])}".replace("  ", " ")
            lines.append((row["date"], (str(row["date"]), "", "", said), "dim"))
    for _, cells, style in sorted(lines, key=lambda line: line[0]):
        table.add_row(*cells, style=style)
    console.print(table)


def _who(persona: Row) -> str:
    if persona["is_case"]:
        said = f"{persona['sex']}, {persona['age_at_index']} at the diagnosis on {persona['index_date']}"
    else:
        matched = f", matched to {persona['matched_to']}" if persona["matched_to"] else ""
        said = f"{persona['sex']}, without the disease{matched}, {persona['age_at_index']} on {persona['index_date']}"
    informants = ", ".join(f"{each['relation']} {each['name']}" for each in persona["informants"] or ())
    more = [
        persona["work"],
        f"APOE {persona['apoe']}" if persona["apoe"] else "",
        f"informants: {informants}" if informants else "",
    ]
    return "; ".join([said, *filter(None, more)])


def _first_told(cohort: Cohort, patient: str) -> dict[str, list[str]]:
    """Return the symptoms that each note is the first to affirm, by note."""
    found: dict[str, list[str]] = {}
    known = set()
    for row in cohort.patient_rows("mentions", patient):
        if row["polarity"] == "affirmed" and row["term"] not in known:
            known.add(row["term"])
            found.setdefault(row["note_id"], []).append(row["term"])
    return found
