"""Dates of visits, of notes' heads and of what the text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.reading.sentence_reader import Reading

_US = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DAYS_PER_YEAR = 365.25
_SLACK = timedelta(days=2)
"""Years before the index date are counted in days of 1/365.25 year and rounded."""


class DateCheck:
    """Finds visits outside the years told of, heads with another date, and years that have not come yet.

    Visits are read from the visits table and held against the persona's index date; heads and years from the text. A
    year told of must lie between the patient's birth and the visit.

    Args:
        pack: supplies the number of years.
    """

    def __init__(self, pack: Pack) -> None:
        self._horizon = pack.pack.horizon_years

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        first = patient.index_date - timedelta(days=self._horizon * _DAYS_PER_YEAR) - _SLACK
        before: date | None = None
        for visit, said in zip(patient.visits, readings, strict=True):
            if not first <= visit.date < patient.index_date:
                reason = f"the years told of run from {first} to {patient.index_date}"
                yield self._row("outside_horizon", patient, visit, reason)
            elif abs((patient.index_date - visit.date).days / _DAYS_PER_YEAR - visit.years_before) > 0.01:
                reason = f"{visit.years_before:.3f} years before {patient.index_date} is another day"
                yield self._row("outside_horizon", patient, visit, reason)
            elif before is not None and visit.date < before:
                yield self._row("outside_horizon", patient, visit, f"the visit before it is of {before}")
            before = visit.date
            for found in head_dates(visit.head):
                if found != visit.date:
                    yield Contradiction(
                        "header_date",
                        patient.patient_id,
                        visit.note_id,
                        visit.head.strip().splitlines()[-1],
                        f"the visit is of {visit.date}",
                    )
            for sentence, reading in zip(visit.sentences, said, strict=True):
                for year in reading.years:
                    if not patient.birth_date.year <= year <= visit.date.year:
                        reason = f"{year}: born {patient.birth_date.year}, seen {visit.date.year}"
                        yield Contradiction(
                            "outside_horizon", patient.patient_id, visit.note_id, sentence, reason
                        )

    @staticmethod
    def _row(kind: str, patient: Patient, visit: Visit, reason: str) -> Contradiction:
        return Contradiction(kind, patient.patient_id, visit.note_id, f"date: {visit.date}", reason)


def head_dates(head: str) -> list[date]:
    """Return the dates, month first or ISO, that stand in a note's head."""
    found = []
    for pattern, order in ((_US, (3, 1, 2)), (_ISO, (1, 2, 3))):
        for match in pattern.finditer(head):
            try:
                found.append(date(*(int(match[group]) for group in order)))
            except ValueError:
                continue
    return found
