"""Scores and medicines: those of the visit and no others, each of its time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.reading.pattern import normalise

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords


def score_missing(case: Case, words: CheckWords) -> Iterator[str]:
    """Find scores of the visit that are not given."""
    wanted = {(score.instrument, score.value): score for score in case.plan.scores}
    for sentence in case.draft.sentences:
        for found in sentence.reading.scores:
            wanted.pop(found, None)
    if wanted:
        # A sentence that also speaks of an earlier day is read as one of that day.
        for sentence in case.draft.sentences:
            for read in words.scores.read(normalise(sentence.text)):
                wanted.pop((read.instrument.id, read.value), None)
    for score in wanted.values():
        yield f"the score {score.name} {score.value:g}/{score.maximum:g} is missing"


def score_foreign(case: Case, words: CheckWords) -> Iterator[str]:
    """Find scores given as today's that are neither the visit's nor any earlier one's."""
    known = case.chart.scores | {(score.instrument, score.value) for score in case.plan.scores}
    today = {score.instrument: f"{score.value:g}/{score.maximum:g}" for score in case.plan.scores}
    found = {score: None for each in case.draft.sentences for score in each.reading.scores}
    for instrument, value in found:
        if (instrument, value) in known:
            continue
        name = words.instruments[instrument].names[0]
        instead = f"it is {today[instrument]}" if instrument in today else "it was not given: leave it out"
        yield f"{name} {value:g} is not this visit's score; {instead}"


def medicine_missing(case: Case, words: CheckWords) -> Iterator[str]:
    """Find medicines of the visit that are not named."""
    text = normalise(case.draft.text)
    for medicine in case.plan.medicines:
        drug = words.drug_of.get(medicine.drug.lower())
        names = words.drugs[drug].names if drug else [medicine.drug]
        if not any(name.lower() in text for name in names):
            yield f"the medicine is missing: {medicine.action} {medicine.drug} {medicine.dose}"


def drug_foreign(case: Case, words: CheckWords) -> Iterator[str]:
    """Find the condition's drugs that are on no list of the patient's."""
    names = case.chart.drugs | {medicine.drug for medicine in case.plan.medicines}
    listed = {words.drug_of.get(name.lower()) for name in names}
    for drug in _drugs(case):
        if drug not in listed:
            yield f"{words.drugs[drug].names[0]} is not on the patient's list: leave it out"


def too_early(case: Case, words: CheckWords) -> Iterator[str]:
    """Find drugs, tests and criteria named before their year."""
    if not words.calendar:
        return
    year = case.plan.date.year
    for drug in _drugs(case):
        if words.drugs[drug].approved > year:
            yield f"{words.drugs[drug].names[0]} did not exist in {year}: leave it out"
    named = {name: None for each in case.draft.sentences for name in each.reading.dated_names}
    for name, first in named:
        if first > year:
            yield f"{name} did not exist in {year}: leave it out"


def diagnosis_early(case: Case, words: CheckWords) -> Iterator[str]:
    """Find the diagnosis, or a state of the disease, named before its time."""
    now = words.rank[case.plan.stage]
    found: dict[str, None] = {}
    for sentence in case.draft.sentences:
        if not case.plan.diagnosis_made:
            found |= dict.fromkeys(sentence.reading.diagnoses)
        found |= {name: None for name, stage in sentence.reading.states if words.rank[stage] > now}
    for name in found:
        yield f'"{name}" has not been diagnosed by this visit: leave the name out'


def _drugs(case: Case) -> list[str]:
    return list(dict.fromkeys(drug for each in case.draft.sentences for drug, _ in each.reading.drugs))
