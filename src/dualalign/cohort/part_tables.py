"""The rows of one part while its patients are written, and the files they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cohort import chart_tables
from dualalign.cohort.folder import part_path
from dualalign.cohort.measurements import MEASUREMENTS, MeasurementRows
from dualalign.cohort.parts import write_parquet
from dualalign.cohort.tables import (
    MENTIONS,
    NOTES,
    SENTENCES,
    VISITS,
    add_mentions,
    add_note,
    add_sentences,
    add_visits,
    empty_columns,
    personas_table,
    to_table,
)

if TYPE_CHECKING:
    from dualalign.notes.note import Note
    from dualalign.personas import Persona
    from dualalign.trajectories import NotePlan, Trajectory

# Notes come last: a reader that counts part files must not find one whose other tables are missing.
_SCHEMAS = {
    "visits": VISITS,
    "mentions": MENTIONS,
    "measurements": MEASUREMENTS,
    **chart_tables.SCHEMAS,
    "sentences": SENTENCES,
    "notes": NOTES,
}


class PartTables:
    """Gathers the rows of one part.

    Args:
        measurements: makes the rows of the table of measurements.
    """

    schemas = _SCHEMAS

    def __init__(self, measurements: MeasurementRows) -> None:
        self._measurements = measurements
        self._columns = {name: empty_columns(schema) for name, schema in self.schemas.items()}
        self.notes = 0

    def add(self, trajectory: Trajectory, written: Iterable[tuple[NotePlan, Note]]) -> None:
        """Append one patient: every visit with its note, and everything measured.

        Args:
            trajectory: of the patient.
            written: the plans that were written, each with its note, in date order.
        """
        pairs = list(written)
        columns = self._columns
        add_visits(columns["visits"], [plan for plan, _ in pairs])
        self._measurements.add(columns["measurements"], trajectory)
        chart_tables.add_chart(columns, trajectory)
        for plan, note in pairs:
            add_mentions(columns["mentions"], plan, note)
            self._add_note(plan, note)
        self.notes += len(pairs)

    def _add_note(self, plan: NotePlan, note: Note) -> None:
        add_note(self._columns["notes"], plan, note)
        add_sentences(self._columns["sentences"], plan, note)

    def write(self, folder: Path, part: int, personas: Sequence[Persona], factors: Sequence[str]) -> None:
        """Write one file per table.

        Args:
            folder: of the cohort.
            part: its number.
            personas: everybody in the part, with or without notes.
            factors: ids of the pack's factors.

        Raises:
            CohortError: a file cannot be written.
        """
        write_parquet(personas_table(personas, factors), part_path(folder, "personas", part))
        for name, schema in self.schemas.items():
            write_parquet(to_table(self._columns[name], schema), part_path(folder, name, part))
