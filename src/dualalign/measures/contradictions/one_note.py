"""What one note holds against itself: said and denied, dangers without an answer, problems without a history."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction
from dualalign.measures.contradictions.medicines import MedicineReader
from dualalign.reading.sentence_reader import SentenceReader

if TYPE_CHECKING:
    from dualalign.measures.contradictions.chart_reader import ChartReading, Record, Said
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.reading.sentence_reader import Reading


class SettingCheck:
    """Finds sentences that a setting does not write, and people quoted for what they cannot know.

    Args:
        pack: supplies the words (chart_words.yaml) and the relations of informants (people.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._places = pack.chart_words.out_of_place
        # What was done elsewhere may be told anywhere.
        self._told = frozenset((*pack.chart_words.history, "past", "review", "family", "medications"))
        relations = {each.relation for each in pack.people.informants.relations}
        people = "|".join(map(re.escape, sorted(relations, key=len, reverse=True))) or "(?!)"
        verbs = "|".join(each.replace("_", " ") for each in pack.chart_words.speaks) or "(?!)"
        name = r"(?:,? [A-Z][a-zé'-]+,?)?"
        self._informant = re.compile(
            rf"\b(?i:{people})\b{name}(?: (?i:{verbs})\b|:)|"
            rf"\b(?i:per|according to|by report of|from) (?:(?i:his|her|their|the) )?(?i:{people})\b|"
            rf"\((?i:per )?(?i:{people})\)|\b(?i:{people})'s (?i:report|account)\b"
        )
        self._patient = re.compile(
            rf"^(?:(?:she|he|they|the patient|patient|pt)\b)(?: also)? (?:{verbs})\b", re.I
        )

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        for visit, said in zip(patient.visits, record.said, strict=True):
            for place, reading in enumerate(said):
                sentence = visit.sentences[place]
                for each in reading.get("place", ()):
                    wrong = self._places[int(each.name)]
                    if not wrong.settings or (
                        visit.note_type in wrong.settings and visit.section(place) not in self._told
                    ):
                        reason = f"not written in {visit.note_type or 'such a note'}"
                        yield _found("wrong_setting", patient, visit, sentence, reason, each)
                if "examiner" in reading and (quoted := self._informant.search(sentence)):
                    known = [each for each in reading["examiner"] if not _within(each, quoted)]
                    if known:
                        reason = f"{quoted[0].strip()!r} cannot know it"
                        yield _found("speaker_cannot_know", patient, visit, sentence, reason, known[0])
                elif "self_blind" in reading and self._patient.search(sentence):
                    reason = "nobody reports being unaware"
                    yield _found(
                        "speaker_cannot_know", patient, visit, sentence, reason, reading["self_blind"][0]
                    )


class DangerCheck:
    """Finds dangers that a note tells and does not answer, read from the text.

    Args:
        pack: supplies dangers, their answers, and which sections are plans (chart_words.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        words = pack.chart_words
        self._answered = frozenset(words.answered)
        self._told = frozenset((*words.history, *words.examined))

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what is not answered."""
        patient = record.patient
        for visit, said in zip(patient.visits, record.said, strict=True):
            told: dict[str, tuple[str, Said]] = {}
            answered: set[str] = set()
            for place, reading in enumerate(said):
                section = visit.section(place)
                if section in self._answered or not section:
                    answered.update(each.name for each in reading.get("answer", ()))
                if section not in self._told and section:
                    continue
                if "long_past" in reading or "advice" in reading:
                    continue
                for each in reading.get("danger", ()):
                    if each.voice == "plain":
                        told.setdefault(each.name, (visit.sentences[place], each))
            for name, (sentence, each) in told.items():
                if name not in answered:
                    reason = f"{name.replace('_', ' ')}: nothing in assessment or plan answers it"
                    yield _found("danger_unanswered", patient, visit, sentence, reason, each)


_NARROW = 3
"""Terms of a problem of which each stands for the others."""


class BothSaidCheck:
    """Finds symptoms that one note affirms and denies in one voice.

    Symptoms of the lexicon are read from the mentions table and, where it says nothing of a sentence, from the text;
    symptoms of daily medicine from the text. What informants say and patients deny is no contradiction, nor is an
    earlier episode, advice, or one examination's finding.

    Args:
        pack: supplies terms, words, and which sections tell a history.
    """

    def __init__(self, pack: Pack) -> None:
        words = pack.chart_words
        self._history = frozenset((*words.history, "review", ""))
        self._names = {term.id: term.name for term in pack.lexicon.terms().values()}
        # Words of a narrow problem stand for one another: insomnia told is trouble sleeping told.
        self._group: dict[str, str] = {}
        for file in pack.symptoms:
            for thread in file.threads.values():
                if not thread.partial and len(thread.terms) <= _NARROW:
                    self._group |= dict.fromkeys(thread.terms, thread.terms[0])
        before = "|".join(map(re.escape, pack.record_words.whole_before)) or "(?!)"
        after = "|".join(re.escape(each) for each in pack.record_words.whole_after if each != "at") or "(?!)"
        self._before = re.compile(rf"(?:^|[,:;(]|(?<![\w'])(?:{before}))\s*$")
        self._after = re.compile(rf"\s*(?:$|[.,;:)]|(?:{after})\b)")

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        for visit, readings, said in zip(patient.visits, record.readings, record.said, strict=True):
            yield from self._terms(patient, visit, readings, said)
            yield from self._symptoms(patient, visit, readings, said)

    def _terms(
        self, patient: Patient, visit: Visit, readings: list[Reading], said: list[ChartReading]
    ) -> Iterator[Contradiction]:
        affirmed: dict[str, str] = {}
        denied: dict[str, str] = {}
        rows: dict[int, list[tuple[str, str]]] = {}
        for row in visit.told:
            rows.setdefault(row.sentence, []).append((row.term, row.polarity))
        for place, (sentence, reading) in enumerate(zip(visit.sentences, readings, strict=True)):
            section = visit.section(place)
            told = rows.get(place, [])
            if section in self._history and not reading.other_person and "long_past" not in said[place]:
                yes = (
                    [term for term, polarity in told if polarity == "affirmed"] if told else reading.affirmed
                )
                for term in yes:
                    affirmed.setdefault(self._group.get(term, term), sentence)
            if section in self._history and not reading.other_person:
                for term in reading.denied if "advice" not in said[place] else ():
                    denied.setdefault(self._group.get(term, term), sentence)
        for term in affirmed.keys() & denied.keys():
            if affirmed[term] != denied[term]:
                reason = f"{self._names[term]} is affirmed in {affirmed[term]!r}"
                yield _found("both_said", patient, visit, denied[term], reason)

    def _symptoms(
        self, patient: Patient, visit: Visit, readings: list[Reading], said: list[ChartReading]
    ) -> Iterator[Contradiction]:
        affirmed: dict[str, str] = {}
        denied: dict[str, tuple[str, Said]] = {}
        for place, reading in enumerate(said):
            if "symptom" not in reading or visit.section(place) not in self._history:
                continue
            sentence = visit.sentences[place]
            text = sentence.lower()
            for each in reading["symptom"]:
                if each.voice == "negated":
                    whole = self._before.search(text[: each.start]) and self._after.match(text, each.end)
                    if whole and "bygone" not in reading:
                        denied.setdefault(each.name, (sentence, each))
                elif each.voice == "plain" and not (
                    {"bygone", "advice"} & reading.keys() or readings[place].other_person
                ):
                    affirmed.setdefault(each.name, sentence)
        for name in affirmed.keys() & denied.keys():
            sentence, each = denied[name]
            if affirmed[name] != sentence:
                reason = f"{name.replace('_', ' ')} is affirmed in {affirmed[name]!r}"
                yield _found("both_said", patient, visit, sentence, reason, each)


class SupportCheck:
    """Finds assessments and plans of problems of which the rest of the note says nothing.

    A symptom of the lexicon stands for its thread: any symptom of the same thread supports it, by the mentions table or
    by the text. An illness is supported by any sentence that names it. Plans that need an illness are listed in
    chart_words.yaml.

    Args:
        pack: supplies threads (symptoms/), illnesses and words.
    """

    def __init__(self, pack: Pack) -> None:
        words = pack.chart_words
        self._assessed = frozenset(words.assessed)
        self._planned = frozenset(words.planned)
        self._thread: dict[str, str] = {}
        for file in pack.symptoms:
            for name, thread in file.threads.items():
                self._thread |= dict.fromkeys(thread.terms, name)
        self._broad: dict[str, frozenset[str]] = {}
        labels = {term.id: frozenset(term.labels) for term in pack.lexicon.terms().values()}
        self._labels = labels
        for file in pack.symptoms:
            for name, thread in file.threads.items():
                if thread.syndrome:
                    self._broad[name] = frozenset().union(*(labels.get(term, ()) for term in thread.terms))
        self._names = {term.id: term.name for term in pack.lexicon.terms().values()}
        read = SentenceReader(pack).read
        self._named_as = {
            each.id: {
                self._thread.get(term, term) for name in each.names for term in read(f"{name}.").affirmed
            }
            for each in pack.conditions.conditions
        }
        self._condition = {each.id: each.names[0] for each in pack.conditions.conditions}
        self._words = _distinctive(pack)
        self._stems = _stems(pack)
        self._spoken_of = words.supported_by
        self._medicines = MedicineReader(pack)
        self._treats = {drug.id: frozenset(drug.indications) for drug in pack.medicines.medicines}

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what is not supported."""
        patient = record.patient
        for visit, readings, said in zip(patient.visits, record.readings, record.said, strict=True):
            if visit.sections:
                yield from self._note(patient, visit, readings, said)

    def _note(
        self, patient: Patient, visit: Visit, readings: list[Reading], said: list[ChartReading]
    ) -> Iterator[Contradiction]:
        rows: dict[int, list[str]] = {}
        labels: set[str] = set()
        for row in visit.told:
            if row.polarity == "affirmed":
                rows.setdefault(row.sentence, []).append(self._thread.get(row.term, row.term))
                if visit.section(row.sentence) not in self._assessed:
                    labels |= self._labels.get(row.term, frozenset())
        threads: set[str] = set()
        conditions: set[str] = set()
        needs: dict[str, set[int]] = {}
        hits: dict[str, set[str]] = {}
        for place, (reading, chart) in enumerate(zip(readings, said, strict=True)):
            section = visit.section(place)
            for each in chart.get("need_of", ()):
                needs.setdefault(each.name, set()).add(place)
            if section in self._assessed or section in self._planned:
                continue
            threads.update(rows.get(place, ()))
            threads.update(self._thread.get(term, term) for term in (*reading.affirmed, *reading.new))
            named = chart.get("condition", ()) if section != "family" else ()
            here = {each.name for each in named if each.voice in ("plain", "hypothetical")}
            for word in set(_WORD.findall(visit.sentences[place].lower())):
                for name in self._words.get(word, ()):
                    hits.setdefault(name, set()).add(word)
            for given in self._medicines.read(visit.sentences[place]):
                for drug in given.drugs:
                    here |= self._treats.get(drug, frozenset())
            conditions |= here
        conditions |= {name for name, words in hits.items() if len(words) >= _LEAST_WORDS}
        threads |= {name for name, wide in self._broad.items() if wide & labels}
        conditions |= {name for name, mine in self._named_as.items() if mine & threads}
        told = " ".join(
            sentence.lower()
            for number, sentence in enumerate(visit.sentences)
            if visit.section(number) not in self._assessed and visit.section(number) not in self._planned
        )
        spoken_of = {name for name, stems in self._spoken_of.items() if any(stem in told for stem in stems)}
        threads |= spoken_of
        conditions |= spoken_of
        for place, (reading, chart) in enumerate(zip(readings, said, strict=True)):
            section, sentence = visit.section(place), visit.sentences[place]
            if section in self._assessed:
                if place not in rows:
                    for term in reading.affirmed if not _SPOKEN_FOR & chart.keys() else ():
                        if self._thread.get(term, term) not in threads:
                            reason = f"history and examination say nothing of {self._names[term]}"
                            yield _found("assessment_unsupported", patient, visit, sentence, reason)
                            break
                else:
                    for thread in rows[place]:
                        if thread not in threads and not _SPOKEN_FOR & chart.keys():
                            reason = f"history and examination say nothing of {thread.replace('_', ' ')}"
                            yield _found("assessment_unsupported", patient, visit, sentence, reason)
                            break
                for each in chart.get("condition", ()):
                    known = each.name in conditions or any(stem in told for stem in self._stems[each.name])
                    heads = each.start <= _HEAD and not _CAUSE.search(sentence, 0, each.start)
                    if each.voice == "plain" and heads and not known and "advice" not in chart:
                        reason = f"the rest of the note does not name {self._condition[each.name]}"
                        yield _found("assessment_unsupported", patient, visit, sentence, reason, each)
                        break
            if section in self._planned and "result" not in chart:
                for each in chart.get("need", ()):
                    if not needs.get(each.name, set()) - {place}:
                        reason = "the rest of the note speaks of nothing that needs it"
                        yield _found("plan_unsupported", patient, visit, sentence, reason, each)


_HEAD = 24
"""Characters before an illness that an assessment is about: a number and an adjective or two."""
_CAUSE = re.compile(r"\b(?:due|from|with|of|to|and)\b|,", re.IGNORECASE)
_STEM = 6


def _stems(pack: Pack) -> dict[str, frozenset[str]]:
    """Return, for each illness, the beginnings of the rarest word of each of its names."""
    names = {
        each.id: [_WORD.findall(name.lower()) for name in each.names] for each in pack.conditions.conditions
    }
    common = Counter(word for mine in names.values() for word in {word for name in mine for word in name})
    return {
        each: frozenset(
            min(name, key=lambda word: (common[word], -len(word)))[:_STEM] for name in mine if name
        )
        for each, mine in names.items()
    }


_SPOKEN_FOR = frozenset(("orders", "advice", "condition"))
"""What makes a sentence of an assessment no statement of a symptom; an illness is looked for by itself."""
_WORD = re.compile(r"[a-z]{4,}")
_MOST_SHARED = 2
_LEAST_WORDS = 2
"""Words of an illness's own that a note about it holds at least."""


def _distinctive(pack: Pack) -> dict[str, frozenset[str]]:
    """Return word -> illnesses of whose material it is, for words that few illnesses share."""
    of: dict[str, set[str]] = {}
    for each in pack.conditions.conditions:
        lines = (*each.lines.stable, *each.lines.worse)
        for word in {word for line in lines for word in _WORD.findall(line.say.lower())}:
            of.setdefault(word, set()).add(each.id)
        if each.monitor == "blood_pressure":
            of.setdefault("blood", set()).add(each.id)
    return {word: frozenset(ids) for word, ids in of.items() if len(ids) <= _MOST_SHARED}


class ProblemListCheck:
    """Finds illnesses on the problem list that the table of conditions does not hold on that day.

    Args:
        pack: supplies facts, whose names may be listed without being an illness of the table.
    """

    def __init__(self, pack: Pack) -> None:
        self._facts = [name.lower() for fact in pack.facts.facts for name in fact.names]

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        if patient.chart.conditions is None:
            return
        onset = {row["condition"]: row["onset"] for row in patient.chart.conditions}
        for visit, readings, said in zip(patient.visits, record.readings, record.said, strict=True):
            for place, reading in enumerate(said):
                if visit.section(place) != "past" or readings[place].other_person:
                    continue
                here = {each.name for each in reading.get("condition", ())}
                listed = [name for name in here if name in onset and onset[name] <= visit.date]
                for each in reading.get("condition", ()):
                    if each.voice != "plain" or each.name in listed:
                        continue
                    words = visit.sentences[place][each.start : each.end].lower()
                    if any(words in name for name in self._facts):
                        continue
                    if any(_shares(each, other, reading) for other in listed):
                        continue
                    begins = onset.get(each.name)
                    reason = f"it begins on {begins}" if begins else "the patient does not have it"
                    yield _found("condition_not_listed", patient, visit, visit.sentences[place], reason, each)


class OrderCheck:
    """Finds tests ordered whose result no later note tells within a year; soft.

    Args:
        pack: supplies the tests and which sections are plans (chart_words.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._planned = frozenset(pack.chart_words.planned)

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield orders without a result."""
        patient = record.patient
        waiting: dict[str, tuple[Visit, str, Said]] = {}
        last = patient.visits[-1].date if patient.visits else None
        for visit, said in zip(patient.visits, record.said, strict=True):
            for place, reading in enumerate(said):
                for each in reading.get("test", ()):
                    if (
                        visit.section(place) in self._planned
                        and "orders" in reading
                        and "result" not in reading
                        and "advice" not in reading
                    ):
                        waiting.setdefault(each.name, (visit, visit.sentences[place], each))
                    else:
                        waiting.pop(each.name, None)
            for name, (ordered, sentence, each) in list(waiting.items()):
                if last is not None and (visit.date - ordered.date).days > _RESULT_WITHIN:
                    yield _found(
                        "order_without_result",
                        patient,
                        ordered,
                        sentence,
                        f"no later note tells {name}",
                        each,
                    )
                    del waiting[name]


_RESULT_WITHIN = 400


def _shares(each: Said, other: str, reading: ChartReading) -> bool:
    """Return whether a listed illness is named by the same words, or by longer ones around them."""
    return any(
        one.name == other and one.start <= each.start and each.end <= one.end
        for one in reading.get("condition", ())
    )


def _within(each: Said, quoted: re.Match[str]) -> bool:
    return quoted.start() <= each.start and each.end <= quoted.end()


def _found(
    kind: str, patient: Patient, visit: Visit, sentence: str, reason: str, each: Said | None = None
) -> Contradiction:
    words = sentence[each.start : each.end] if each is not None else ""
    return Contradiction(kind, patient.patient_id, visit.note_id, sentence, reason, words)
