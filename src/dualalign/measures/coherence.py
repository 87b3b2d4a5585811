"""Contradictions as a measure, of a cohort and of notes alone; `contradictions` holds what is looked for and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from dualalign.measures.measure import Figure, Measure, bootstrap_interval
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet
from dualalign.reading.splitter import split_sentences
from dualalign.stats.arrays import Rows

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.measures.contradictions.patients import Patient
    from dualalign.packs.pack import Pack

IN_TEXT = frozenset(
    [
        "device_disagrees",
        "fact_changed",
        "function_regained",
        "living_changed",
        "loss_out_of_order",
        "operation_changed",
        "schooling_changed",
    ]
)
"""Kinds that the text of a patient's notes in their order shows; others lean on the sections of a note, or on tables."""
BY_DATE = frozenset(["drug_too_early", "name_too_early", "weight_leaps"])
"""Kinds that need the days of the notes as well."""

_FIRST_DAY = date(2000, 1, 1)


@measured(contradictions=lower())
def contradictions(cohort: Cohort, pack: Pack) -> Measure:
    """Return contradictions per 1,000 notes of a cohort."""
    from dualalign.measures.contradictions import count_contradictions

    return count_contradictions(cohort, pack)


@measured("notes_alone", contradictions_in_text=lower())
def contradictions_in_text(notes: NoteSet, pack: Pack) -> Measure:
    """Return contradictions per 1,000 notes that need no plan: of a patient's notes with one another and in themselves.

    Notes are read by date, or in their order where days are not known.
    """
    from dualalign.measures.contradictions import ContradictionFinder

    finder = ContradictionFinder(pack, pack.profiles.default)
    wanted = IN_TEXT | (BY_DATE if notes.dates else frozenset())
    kinds: Counter[str] = Counter()
    counts: list[tuple[int, int]] = []
    for patient in _patients(notes, pack.stages.stages[-1].id):
        mine = Counter(each.kind for each in finder.find(patient) if each.kind in wanted)
        kinds += mine
        counts.append((mine.total(), len(patient.visits)))
    found = np.array(counts, dtype=np.float64)

    def rate(patients: Rows) -> float:
        return float(1000 * found[patients, 0].sum() / found[patients, 1].sum())

    days = (
        ""
        if notes.dates
        else "; days are not known, so that nothing is held against the calendar (--date-column)"
    )
    return Figure(
        rate(np.arange(len(found))),
        bootstrap_interval(len(found), rate),
        {kind: float(kinds[kind]) for kind in sorted(wanted)},
        unit="per 1,000 notes",
        note=f"{kinds.total():,} in {len(notes):,} notes of {len(found):,} patients; made for the notes of our own "
        f"writers, and not measured on others{days}",
    )


def _patients(notes: NoteSet, stage: str) -> Iterator[Patient]:
    """Yield the notes of each patient as a record of which nothing else is known; the stage, any, is not read."""
    from dualalign.measures.contradictions.patients import Patient, Visit

    known = notes.dates or (None,) * len(notes)
    order = sorted(range(len(notes)), key=lambda row: (known[row] or date.min, row))
    rows: dict[str, list[int]] = {}
    for row in order:
        rows.setdefault(notes.groups[row], []).append(row)
    for group, own in rows.items():
        days = [known[row] or _FIRST_DAY + timedelta(days=place) for place, row in enumerate(own)]
        visits = []
        for row, day in zip(own, days, strict=True):
            spans = split_sentences(notes.texts[row])
            visits.append(
                Visit(
                    note_id=f"row-{row + 1}",
                    date=day,
                    years_before=(days[-1] - day).days / 365.25,
                    age=0,
                    stage=stage,
                    relation=None,
                    name=None,
                    diagnosis_made=False,
                    scores=[],
                    medicines=[],
                    head="",
                    sentences=[notes.texts[row][start:end] for start, end in spans],
                    starts=[start for start, _ in spans],
                )
            )
        yield Patient(group, True, "", _FIRST_DAY, days[-1], (), {}, visits)
