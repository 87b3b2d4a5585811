"""Faults that are a sentence of their own, from the pack's faults.yaml."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from dualalign.measures.planting.change import Change, Place

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.schema.faults import FaultLine

_PRONOUN = re.compile(r"\{(?:he|his)\}", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:better|ago|history of|used to|less|in (?:January|February|March|April|May|June|July|August|September|October|November|December))\b"
)
"""What makes a symptom one of an earlier time, so that its denial today is no fault."""
_ELSEWHERE = frozenset(("plan", "assessment_plan", "review", "family"))
"""Sections in which what a note needs to hold is advice or a denial."""
_PRONOUNS = {"female": ("she", "her"), "male": ("he", "his")}


def add_line(lines: list[FaultLine], place: Place, rng: random.Random) -> Change | None:
    """Return a sentence put where it cannot be true; None if none of the lines is a fault in this note.

    Args:
        lines: of one kind.
        place: the note.
        rng: chooses among lines that fit.
    """
    for line in rng.sample(lines, len(lines)):
        spots = place.in_section(*line.sections)
        if not spots or not _is_fault(line, place):
            continue
        he, his = _PRONOUNS.get(place.patient.sex, ("", ""))
        relation = place.visit.relation
        if ("{relation}" in line.say and relation is None) or (not he and _PRONOUN.search(line.say)):
            continue
        text = line.say.format(He=he.capitalize(), he=he, His=his.capitalize(), his=his, relation=relation)
        return Change(_last_of_run(place.visit, spots, rng), 0, 0, text, inserted=True)
    return None


def _last_of_run(visit: Visit, spots: list[int], rng: random.Random) -> int:
    """Return a sentence after which the line stands within one section."""
    section = visit.section(rng.choice(spots))
    return max(place for place in spots if visit.section(place) == section)


def _is_fault(line: FaultLine, place: Place) -> bool:
    patient, visit = place.patient, place.visit
    if line.sex and line.sex != patient.sex:
        return False
    if (line.settings and visit.note_type not in line.settings) or visit.note_type in line.not_settings:
        return False
    if line.year_to is not None and visit.date.year > line.year_to:
        return False
    if line.not_made and (visit.diagnosis_made or _made(patient, visit)):
        return False
    if line.told_before and not place.known.intersection(line.told_before):
        return False
    if line.told and not any(
        row.term in line.told
        and row.polarity == "affirmed"
        and row.course != "better"
        and visit.section(row.sentence) == "history"
        and not _PAST.search(visit.sentences[row.sentence])
        and (visit.relation or "patient").lower() not in visit.sentences[row.sentence].lower()
        for row in visit.told
    ):
        return False
    text = "\n".join(visit.sentences)
    told = "\n".join(
        sentence for number, sentence in enumerate(visit.sentences) if visit.section(number) not in _ELSEWHERE
    )
    if line.needs and not any(re.search(each, told) for each in line.needs):
        return False
    return not any(re.search(each, text) for each in line.unless)


def _made(patient: Patient, visit: Visit) -> bool:
    return patient.is_case and visit.date >= patient.index_date
