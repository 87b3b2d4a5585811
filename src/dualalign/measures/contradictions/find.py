"""Find and count contradictions over a whole cohort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.errors import MeasureError
from dualalign.measures.contradictions.chart_facts import ChartFactCheck, OperationCheck
from dualalign.measures.contradictions.chart_reader import ChartReader, Record
from dualalign.measures.contradictions.contradiction import KINDS, UNLIKELY, Contradiction
from dualalign.measures.contradictions.dates import DateCheck
from dualalign.measures.contradictions.drugs import DrugCheck
from dualalign.measures.contradictions.medicines import AllergyCheck, MedicineCheck
from dualalign.measures.contradictions.one_note import (
    BothSaidCheck,
    DangerCheck,
    OrderCheck,
    ProblemListCheck,
    SettingCheck,
    SupportCheck,
)
from dualalign.measures.contradictions.patients import Patient, Visit, read_patients
from dualalign.measures.contradictions.people import PeopleCheck
from dualalign.measures.contradictions.relatives import RelativesCheck
from dualalign.measures.contradictions.scores import ScoreCheck
from dualalign.measures.contradictions.states import DiagnosisCheck, FactCheck
from dualalign.measures.contradictions.symptoms import SymptomCheck
from dualalign.measures.contradictions.values import EarlierScoreCheck, ScoresApartCheck, ValueCheck
from dualalign.measures.measure import Measure, bootstrap_interval
from dualalign.packs import load_pack
from dualalign.reading.sentence_reader import SentenceReader

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs import Pack


class ContradictionFinder:
    """Reads patients' records and finds what cannot be true in them.

    Args:
        pack: the pack the cohort was made with.
        profile: its profile, which says whether drugs and tests keep to the calendar.
    """

    def __init__(self, pack: Pack, profile: str) -> None:
        self._reader = SentenceReader(pack)
        self._checks = (
            ScoreCheck(pack),
            DrugCheck(pack, pack.profiles.profile(profile).calendar),
            SymptomCheck(pack),
            DateCheck(pack),
            PeopleCheck(pack),
            DiagnosisCheck(pack),
            FactCheck(pack),
        )
        self._chart = ChartReader(pack)
        self._chart_checks = (
            ChartFactCheck(pack),
            OperationCheck(),
            MedicineCheck(pack),
            AllergyCheck(),
            ValueCheck(pack),
            EarlierScoreCheck(pack),
            ScoresApartCheck(pack),
            RelativesCheck(pack),
            ProblemListCheck(pack),
            SettingCheck(pack),
            BothSaidCheck(pack),
            DangerCheck(pack),
            SupportCheck(pack),
            OrderCheck(pack),
        )

    def find(self, patient: Patient) -> Iterator[Contradiction]:
        """Yield the contradictions of one patient's record, check by check."""
        read, read_chart = self._reader.read, self._chart.read
        readings = [[read(sentence) for sentence in visit.sentences] for visit in patient.visits]
        places = {visit.note_id: visit for visit in patient.visits}
        for check in self._checks:
            for found in check.check(patient, readings):
                yield _placed(found, places)
        said = [[read_chart(sentence) for sentence in visit.sentences] for visit in patient.visits]
        record = Record(patient, readings, said)
        for chart_check in self._chart_checks:
            for found in chart_check.check(record):
                yield _placed(found, places)


def find_contradictions(cohort: Cohort, pack: Pack | None = None) -> Iterator[Contradiction]:
    """Yield everything in a cohort that cannot be true, patient by patient, in flat memory.

    Only the cohort's tables and text are read; `KINDS` lists what is looked for, and each check says what it reads
    from the text and what from tables.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with, for packs that cannot be loaded by id; None loads it by id.

    Raises:
        CohortError: tables that do not belong together.
    """
    finder = _finder(cohort, pack)
    for patient in read_patients(cohort):
        yield from finder.find(patient)


def count_contradictions(cohort: Cohort, pack: Pack | None = None, seed: int = 0) -> Measure:
    """Return contradictions per 1,000 notes, with counts by kind; kinds that are only unlikely are counted by kind alone.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with; None loads it by id.
        seed: of the bootstrap over patients.

    Raises:
        CohortError: tables that do not belong together.
        MeasureError: the cohort has no notes.
    """
    finder = _finder(cohort, pack)
    kinds: Counter[str] = Counter()
    found: list[int] = []
    notes: list[int] = []
    for patient in read_patients(cohort):
        mine = Counter(each.kind for each in finder.find(patient))
        kinds += mine
        found.append(sum(count for kind, count in mine.items() if kind not in UNLIKELY))
        notes.append(len(patient.visits))
    if not notes:
        raise MeasureError("the cohort has no notes", "generate more patients")
    counts, sizes = np.array(found), np.array(notes)

    def rate(patients: npt.NDArray[np.intp]) -> float:
        return float(1000 * counts[patients].sum() / sizes[patients].sum())

    return Measure(
        name="contradictions",
        goal="min",
        bounds=(0.0, inf),
        value=rate(np.arange(len(notes))),
        interval=bootstrap_interval(len(notes), rate, seed),
        breakdown={kind: float(kinds[kind]) for kind in KINDS},
        unit="per 1,000 notes",
        note=f"{sum(found):,} in {sum(notes):,} notes of {len(notes):,} patients; the breakdown counts by kind, and holds "
        "unlikely kinds that the value leaves out",
    )


def _placed(found: Contradiction, visits: dict[str, Visit]) -> Contradiction:
    """Return a contradiction with the place of its words in the note's text, where the text says it."""
    visit = visits.get(found.note_id)
    if visit is None or found.where not in visit.sentences:
        return found
    number = visit.sentences.index(found.where)
    if number >= len(visit.starts):
        return found
    offset = max(0, found.where.find(found.words)) if found.words else 0
    start = visit.starts[number] + offset
    return replace(found, start=start, end=start + len(found.words or found.where))


def _finder(cohort: Cohort, pack: Pack | None) -> ContradictionFinder:
    return ContradictionFinder(pack or load_pack(cohort.pack_id), cohort.profile)
