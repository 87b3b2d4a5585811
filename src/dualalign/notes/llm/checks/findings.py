"""Scores, medicines and diagnoses: those of the visit and its chart and no others, each of its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.reading.pattern import normalise

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords

_ORDERED = re.compile(
    r"\b(?:repeat|recheck|next (?:visit|time)|plan(?:ned)?|schedule[d]?|order(?:ed)?|will|to be|in \d+ (?:mo|wk|month|week)|before next|not "
    r"(?:given|done|repeated|administered)|declined|deferred|due)\b",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"\b(?:allerg\w*|intoleran\w*|avoid\w*|no|not|never|without|declin\w+|refus\w+|discuss\w*|consider\w*|instead of|stopped|off|former\w*|previous\w*|"
    r"past|last (?:year|yr)|tried|trial of|reaction|rash|hives|limit|hold|held|discontinu\w+|taper\w*|class|type|mother|father|wife|husband|sister|"
    r"brother|levels?|screen|borrow\w*|over[- ]the[- ]counter|otc)\b",
    re.IGNORECASE,
)
_DOSE = re.compile(
    r"[ ,]{1,3}(?:\w+ ){0,2}?(\d+(?:,\d{3})?(?:\.\d+)?)(?:[ -]?(mg|mcg|g|units?|%|iu|meq))?\b(?![/\d])",
    re.IGNORECASE,
)
_ANY_DRUG = re.compile(
    r"\b([a-z][a-z-]{5,25})(?: (?:ER|XR|XL|SR|CR|ODT))? (\d+(?:\.\d+)?) ?(?:mg|mcg)\b", re.IGNORECASE
)
_ENDINGS = re.compile(
    r"(?:pril|sartan|olol|dipine|statin|prazole|tidine|oxetine|azepam|zolam|zepine|cillin|mycin|floxacin|gliptin|gliflozin|formin|glitazone|"
    r"azole|pram|traline|triptyline|idone|apine|azine|thiazide|semide|done|codone|profen|oxen|zolam|pidem|xaban|grel|farin|tadine|rizine|"
    r"dronate|sone|solone|terol|tropium|afil|osin|dipam|mantine|stigmine|pezil|setron|bapentin|gabalin|lamotrigine|racetam|lukast)$",
    re.IGNORECASE,
)


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
    """Find scores that are neither the visit's nor an earlier one's, of tests of the pack and of any other."""
    known = case.chart.scores | {(score.instrument, score.value) for score in case.plan.scores}
    if case.plan.agenda is not None:
        known |= {(test, value) for test, (value, _) in case.plan.agenda.last_scores.items()}
    today = {score.instrument: f"{score.value:g}/{score.maximum:g}" for score in case.plan.scores}
    tests = {test for test, _ in known}
    found: dict[tuple[str, float], None] = {}
    for sentence in case.draft.sentences:
        # Differences and parts of a test ("2 points lower", "lost 1 on date") are no scores.
        text = normalise(sentence.text)
        read = {(each.instrument.id, each.value): each for each in words.scores.read(text)}
        for score in {**dict.fromkeys(sentence.reading.scores), **dict.fromkeys(read)}:
            each = read.get(score)
            if each is not None and words.part_of_score.search(text[max(0, each.start - 30) : each.end + 25]):
                continue
            if each is None and words.part_of_score.search(text):
                continue
            found[score] = None
    for instrument, value in found:
        if (instrument, value) in known:
            continue
        name = words.instruments[instrument].names[0]
        instead = f"it is {today[instrument]}" if instrument in today else "it was not given: leave it out"
        yield f"{name} {value:g} is not this visit's score; {instead}"
    values = {f"{value:g}" for _, value in known}
    for sentence in case.draft.sentences:
        for match in words.other_tests.finditer(sentence.text):
            name = match["test"]
            given = words.tests.get(name.lower()) in tests or match[0].strip() in case.prompt
            if given or _ORDERED.search(sentence.text):
                continue
            yield f'"{match[0].strip()}" is the score of a test that was not given: leave it out'
        for match in words.bare_scores.finditer(sentence.text):
            if match["score"] not in values and not words.part_of_score.search(sentence.text):
                yield f'"{match[0].strip()}" is no score of this chart: leave it out'


def medicine_missing(case: Case, words: CheckWords) -> Iterator[str]:
    """Find medicines of the visit that are not named: those of the disease, and all that are started or changed."""
    text = normalise(case.draft.text)
    wanted = [(m.action, m.drug, m.dose) for m in case.plan.medicines]
    if case.plan.agenda is not None:
        wanted += [
            (step.action, step.drug, step.dose)
            for item in case.plan.agenda.focus
            for step in item.medicines
            if step.action not in ("continue", "keep", "defer", "short")
        ]
    for action, drug, dose in dict.fromkeys(wanted):
        if not any(name in text for name in words.names_of_drug(drug)):
            yield f"the medicine is missing: {action} {drug} {dose}"


def drug_foreign(case: Case, words: CheckWords) -> Iterator[str]:
    """Find drugs that the chart does not hold, and doses that are not the chart's.

    Without an agenda only the disease's own drugs are known, and only these are looked for.
    """
    listed = _listed(case, words)
    complete = case.plan.agenda is not None
    found: dict[str, None] = {}
    for sentence in case.draft.sentences:
        text = sentence.text
        taken = sentence.section == "medications" or not _NOT_TAKEN.search(text)
        for start, end, drug in words.drugs_in(text):
            if drug not in listed:
                if taken and (complete or drug in words.disease_drugs):
                    found[f"{text[start:end]} is not on the patient's list: leave it out"] = None
                continue
            dose = _DOSE.match(text, end)
            if complete and dose is not None and dose[2] and listed[drug]:
                number = dose[1].replace(",", "")
                if number not in listed[drug]:
                    known = " or ".join(sorted(listed[drug]))
                    found[f'"{text[start : dose.end()]}" is no dose of the chart; it is {known}'] = None
        if complete and taken:
            for match in _ANY_DRUG.finditer(text):
                name = match[1].lower()
                if name not in words.drug_named and _ENDINGS.search(name) and name not in words.drug_words:
                    found[f"{match[1]} is not on the patient's list: leave it out"] = None
    yield from found


def _listed(case: Case, words: CheckWords) -> dict[str, set[str]]:
    """Return the drugs that the chart holds, each with the numbers of its doses."""
    found: dict[str, set[str]] = {}

    def add(name: str, *doses: str) -> None:
        drug = words.drug_named.get(name.lower(), name.lower())
        numbers = found.setdefault(drug, set())
        for dose in doses:
            numbers.update(each.replace(",", "") for each in re.findall(r"\d+(?:,\d{3})?(?:\.\d+)?", dose))

    for name in case.chart.drugs:
        add(name)
    for medicine in case.plan.medicines:
        add(medicine.drug, medicine.dose)
    if case.plan.agenda is not None:
        for name, dose, _ in case.plan.agenda.medicines:
            add(name, dose)
        for item in case.plan.agenda.items:
            for step in item.medicines:
                add(step.drug, step.dose, step.old_dose)
        for _, _, drug in words.drugs_in(case.prompt):
            add(drug)
    return found


def too_early(case: Case, words: CheckWords) -> Iterator[str]:
    """Find drugs, tests and criteria named before their year."""
    if not words.calendar:
        return
    year = case.plan.date.year
    drugs = dict.fromkeys(drug for each in case.draft.sentences for drug, _ in each.reading.drugs)
    for drug in drugs:
        if words.drugs[drug].approved > year:
            yield f"{words.drugs[drug].names[0]} did not exist in {year}: leave it out"
    named = {name: None for each in case.draft.sentences for name in each.reading.dated_names}
    for name, first in named:
        if first > year:
            yield f"{name} did not exist in {year}: leave it out"


def diagnosis_early(case: Case, words: CheckWords) -> Iterator[str]:
    """Find the diagnosis, or a state of the disease, named before its time, suspected or not."""
    now = words.rank[case.plan.stage]
    agenda = case.plan.agenda
    named = (
        " ".join(name for name, _ in agenda.syndromes).lower() if agenda is not None else case.prompt.lower()
    )
    found: dict[str, None] = {}
    for sentence in case.draft.sentences:
        if (
            words.unmade.search(sentence.text)
            or sentence.section == "family"
            or words.of_kin.search(sentence.text)
        ):
            continue
        if not case.plan.diagnosis_made:
            found |= dict.fromkeys(sentence.reading.diagnoses)
            found |= dict.fromkeys(match[0] for match in words.suspected.finditer(sentence.text))
        for name, stage in (*sentence.reading.states, *words.states(sentence.text)):
            if words.rank[stage] > now and not words.is_named(name, named):
                found[name] = None
    for name in found:
        yield f'"{name}" has not been diagnosed by this visit: leave the name out'
