"""The tables of charts: conditions, medicines, events and relatives of each patient."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from dualalign.cohort.tables import SYNTHETIC, Columns, note_id

if TYPE_CHECKING:
    from dualalign.trajectories import Trajectory

CONDITIONS = pa.schema(
    [
        ("patient_id", pa.string()),
        ("condition", pa.string()),
        ("name", pa.string()),
        ("icd10", pa.string()),
        ("snomed", pa.string()),
        ("onset", pa.date32()),
    ],
    metadata=SYNTHETIC,
)
MEDICATIONS = pa.schema(
    [
        ("patient_id", pa.string()),
        ("course", pa.int16()),
        ("drug", pa.string()),
        ("name", pa.string()),
        ("rxnorm", pa.string()),
        ("route", pa.string()),
        ("indication", pa.string()),
        ("date", pa.date32()),
        ("action", pa.string()),
        ("dose", pa.string()),
        ("reason", pa.string()),
    ],
    metadata=SYNTHETIC,
)
"""One row per step of a course: start, increase, decrease or stop; a course lasts until its stop."""
EVENTS = pa.schema(
    [
        ("patient_id", pa.string()),
        ("date", pa.date32()),
        ("kind", pa.string()),
        ("event", pa.string()),
        ("side", pa.string()),
        ("days", pa.int16()),
        ("note_id", pa.string()),
    ],
    metadata=SYNTHETIC,
)
"""Complaints seen, stays in hospital, operations, bereavements and moves; of operations the year alone is known."""
FAMILY = pa.schema(
    [
        ("patient_id", pa.string()),
        ("relation", pa.string()),
        ("birth_year", pa.int16()),
        ("death_year", pa.int16()),
        ("illness", pa.string()),
        ("affected", pa.bool_()),
        ("affected_age", pa.int16()),
    ],
    metadata=SYNTHETIC,
)

SCHEMAS = {"conditions": CONDITIONS, "medications": MEDICATIONS, "events": EVENTS, "family": FAMILY}


def add_chart(columns: dict[str, Columns], trajectory: Trajectory) -> None:
    """Append the chart of one patient.

    Args:
        columns: table -> its columns.
        trajectory: with a chart.
    """
    chart, patient = trajectory.chart, trajectory.persona.patient_id
    if chart is None:
        return
    for condition in chart.conditions:
        spec = condition.spec
        _add(
            columns["conditions"],
            (patient, condition.id, condition.name, spec.icd10, spec.snomed, condition.onset),
        )
    for number, course in enumerate(chart.medicines):
        drug = course.drug
        head = (patient, number, drug.id, drug.name, drug.rxnorm, drug.route)
        for change in course.changes:
            _add(
                columns["medications"],
                (*head, course.indication, change.day, change.action, change.dose, change.reason),
            )
        if course.short and course.stop is not None:
            _add(columns["medications"], (*head, "", course.stop, "stop", course.short, "course completed"))
    own = [(plan.date, medicine) for plan in trajectory.plans for medicine in plan.medicines]
    for day, medicine in own:
        if medicine.action != "continue":
            number = len(chart.medicines)
            row = (patient, number, medicine.drug, medicine.drug, "", "oral", medicine.purpose)
            _add(columns["medications"], (*row, day, medicine.action, medicine.dose, ""))
    for operation in chart.operations:
        day = date(operation.year, 7, 1)
        _add(columns["events"], (patient, day, "operation", operation.id, "", 0, None))
    for event in sorted(chart.events, key=lambda event: event.day):
        note = note_id(patient, event.visit) if event.visit >= 0 else None
        _add(columns["events"], (patient, event.day, event.kind, event.id, event.side, event.days, note))
    for relative in chart.relatives:
        _add(
            columns["family"],
            (
                patient,
                relative.relation,
                relative.born,
                relative.died,
                relative.cause,
                relative.affected,
                relative.affected_age or None,
            ),
        )


def _add(columns: Columns, row: tuple[object, ...]) -> None:
    for column, value in zip(columns.values(), row, strict=True):
        column.append(value)
