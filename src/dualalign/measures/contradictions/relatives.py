"""Family history that changes: who died, when and of what, and who had the disease."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.chart_reader import Record
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack

_Death = tuple["Visit", str, str, str]
"""Visit, sentence, words and what was told."""


class RelativesCheck:
    """Finds parents whose age at death or cause of death changes, who live again, and a disease told and then denied.

    Deaths and illnesses are read from the text; that a relative had the disease also from the mentions table, where a
    mention of a cognitive term is of the family. What is told most often is taken for true.

    Args:
        pack: supplies the labels of terms.
    """

    def __init__(self, pack: Pack) -> None:
        scheme = pack.labels.scheme().labels
        first = scheme[0].id if scheme else ""
        tests = [label for test in pack.instruments.instruments for label in test.labels]
        self._label = tests[0] if tests else first
        self._terms = {term.id for term in pack.lexicon.terms().values() if self._label in term.labels}

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        deaths: dict[tuple[str, str], list[_Death]] = {}
        living: list[_Death] = []
        affected: list[_Death] = []
        denied: list[_Death] = []
        for visit, said in zip(patient.visits, record.said, strict=True):
            affected += [
                (visit, visit.sentences[row.sentence], "", row.term)
                for row in visit.told
                if row.polarity == "family"
                and row.term in self._terms
                and row.sentence < len(visit.sentences)
            ]
            for place, reading in enumerate(said):
                for each in reading.get("relative", ()):
                    sentence = visit.sentences[place]
                    words = sentence[each.start : each.end]
                    if each.name == "died":
                        who, *rest = each.groups if each.groups[0] in ("mother", "father") else ("", "", "")
                        age = next((part for part in rest if part and part.isdigit()), "")
                        cause = next((part for part in rest if part and not part.isdigit()), "")
                        deaths.setdefault((who or "", "age"), []).append((visit, sentence, words, age))
                        deaths.setdefault((who or "", "cause"), []).append(
                            (visit, sentence, words, cause.strip())
                        )
                    elif each.name == "living":
                        living.append((visit, sentence, words, each.groups[0] or ""))
                    elif each.name == "had_disease":
                        affected.append((visit, sentence, words, each.groups[0] or ""))
                    else:
                        denied.append((visit, sentence, words, "denied"))
        for (who, part), told in deaths.items():
            yield from _unlike(patient, who, part, told)
        for visit, sentence, words, who in living:
            before = [death for death in deaths.get((who, "age"), ()) if death[0].date <= visit.date]
            if before:
                yield _found(patient, visit, sentence, words, f"{who} died before", before[0][0])
        yield from self._of_disease(patient, affected, denied)

    def _of_disease(
        self, patient: Patient, affected: list[_Death], denied: list[_Death]
    ) -> Iterator[Contradiction]:
        """Relatives may fall ill; that nobody ever had the disease cannot follow on somebody who had it."""
        if len(denied) > len(affected):
            for visit, sentence, words, _ in affected:
                after = [one for one in denied if one[0].date >= visit.date]
                if after:
                    reason = "a relative had the disease; later nobody had"
                    yield _found(patient, visit, sentence, words, reason, after[0][0])
            return
        for visit, sentence, words, _ in denied:
            before = [one for one in affected if one[0].date <= visit.date]
            if before:
                reason = f"nobody had the disease, but {before[0][1]!r}"
                yield _found(patient, visit, sentence, words, reason, before[0][0])


def _unlike(patient: Patient, who: str, part: str, told: list[_Death]) -> Iterator[Contradiction]:
    counts = Counter(value for *_, value in told)
    if len(counts) < 2:
        return
    usual = counts.most_common(1)[0][0]
    one = next(visit for visit, *_, value in told if value == usual)
    for visit, sentence, words, value in told:
        if value != usual:
            yield _found(patient, visit, sentence, words, f"{who}, {part}: {value}, but {usual}", one)


def _found(
    patient: Patient, visit: Visit, sentence: str, words: str, reason: str, other: Visit
) -> Contradiction:
    reason = f"{reason} in {other.note_id}"
    return Contradiction(
        "family_changed", patient.patient_id, visit.note_id, sentence, reason, words, other.note_id
    )
