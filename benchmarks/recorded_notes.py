"""Recorded notes as cases: the plan is read back from the prompt that a note was written to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dualalign.notes.llm.checks import Case, Chart
from dualalign.notes.llm.draft import DraftReader
from dualalign.notes.llm.placing import Placer
from dualalign.notes.prompts import Alignment
from dualalign.packs.pack import Pack
from dualalign.personas.persona import Informant, Persona
from dualalign.trajectories.plan import (
    Course,
    Medicine,
    Mention,
    NotePlan,
    Polarity,
    Reporter,
    Role,
    Score,
    Style,
)

_POLARITIES = {
    "present": "affirmed",
    "absent": "negated",
    "in the past": "historical",
    "in a relative": "family",
}
_COURSES = {"new since the last visit": "new", "worse than before": "worse", "better than before": "better"}
_TOLD_OTHERWISE = {
    "acute confusion": ("confusion",), "delirium past": ("confusion",), "depression": ("depressed", "mood"),
    "post-traumatic": ("anxiety",), "ptsd": ("anxiety",), "anxiety": ("anxiety",), "bipolar": ("mood",),
    "chronic pain": ("pain",), "acute pain": ("pain",), "physical disability": ("gait",), "hearing loss": ("hearing",),
    "vision loss": ("vision",), "schizophrenia": ("hallucination",), "sleep irregular": ("sleep",),
}  # fmt: skip
"""Words of a prompt that tell of a symptom outside its list -> terms."""
_RELATIONS = (
    "wife",
    "husband",
    "son",
    "daughter",
    "grandson",
    "granddaughter",
    "home health aide",
    "home aide",
    "sister",
)


@dataclass(frozen=True)
class Recorded:
    """One recorded note: its key, what it was told, the reply, and what it is held against."""

    key: str
    alignment: Alignment
    reply: str
    persona: Persona
    plan: NotePlan
    chart: Chart
    prompt: str

    @property
    def untold(self) -> frozenset[str]:
        """Checks of what this prompt did not tell."""
        return frozenset() if "-year-old" in self.prompt else frozenset({"age", "sex"})

    def case(self, reader: DraftReader, placer: Placer, reply: str | None = None, **changes: Any) -> Case:
        """Return the case of a reply, the recorded one if none is given."""
        draft = reader.read(self.reply if reply is None else reply, "stop")
        plan = changes.get("plan", self.plan)
        places = placer.places(draft, plan)
        return Case(
            draft, changes.get("persona", self.persona), plan, self.chart, places,
            placer.placements(draft, plan, places), prompt=self.prompt,
        )  # fmt: skip


def recorded_notes(path: Path, pack: Pack) -> Iterator[Recorded]:
    """Yield the notes of a file of records: note_id, alignment, messages, first_reply."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line)
        yield _recorded(f"{number:02d} {record['note_id']}", record, pack)


def _recorded(key: str, record: dict[str, Any], pack: Pack) -> Recorded:
    text = record["messages"][-1]["content"]
    visit = re.search(r"^VISIT: (.+) on (\S+); (.+)\.$", text, re.M)
    assert visit is not None
    types = {kind.name: kind.id for kind in pack.visits.types}
    stages = {stage.name: stage.id for stage in pack.stages.stages}
    stage = re.search(r"^STAGE: (.+?)\. ", text, re.M)
    day = date.fromisoformat(visit[2])
    first = re.search(r"^- (\d+)-year-old, (\w+)$", text, re.M)
    age, sex = (int(first[1]), first[2]) if first else (75, "unknown")
    work = re.search(r"^- work: (.+)$", text, re.M)
    marital = re.search(r"marital status (\w+)", text)
    education = re.search(r"education (\w+)", text)
    came = re.search(r"^- informant at this visit: (.+)$", text, re.M)
    person = None
    if came or visit[3] != "alone":
        told = came[1] if came else visit[3].removeprefix("with ")
        relation = next(
            (each for each in sorted(_RELATIONS, key=len, reverse=True) if told.startswith(each)), told
        )
        person = Informant(relation, told.removeprefix(relation).strip(), "aide" in relation)
    earlier = re.search(r"^- informants so far: (.+)$", text, re.M)
    informants = [person] if person else []
    for told in earlier[1].split(", ") if earlier else ():
        relation, _, name = told.rpartition(" ")
        if all(each.name != name for each in informants):
            informants.append(Informant(relation, name))
    factors = {"marital": marital[1] if marital else "", "education": education[1] if education else ""}
    persona = Persona(
        0, record["note_id"][:7], sex, age, date(day.year - age, 1, 1), date(2030, 1, 1), factors,
        informants=tuple(informants), work=work[1] if work else "",
    )  # fmt: skip
    plan = NotePlan(
        persona.patient_id, int(record["note_id"][-4:]), day, 1.0, 1, age, types[visit[1]],
        stages[stage[1]] if stage else pack.stages.stages[0].id, 0.3, person, _style(text),
        tuple(_scores(text, pack)), tuple(_medicines(text)), tuple(_mentions(text, pack, person)),
        facts=tuple(_facts(text, pack)),
    )  # fmt: skip
    return Recorded(
        key, Alignment(record["alignment"]), record["first_reply"], persona, plan, _chart(text, pack), text
    )


def _style(text: str) -> Style:
    author = "telegraphic" if "Clipped" in text else "narrative" if "Dictated" in text else "templated"
    words = re.search(r"About (\d+) words", text)
    return Style(author, int(words[1]) if words else 200)


def _scores(text: str, pack: Pack) -> Iterator[Score]:
    tests = {test.names[0]: test for test in pack.instruments.instruments}
    told = re.search(r"^SCORES TODAY: (.+)\.$", text, re.M)
    for name, value, most in re.findall(r"([\w-]+) ([\d.]+)/(\d+)", told[1] if told else ""):
        yield Score(tests[name].id, name, float(value), float(most), tests[name].is_impaired(float(value)))


def _medicines(text: str) -> Iterator[Medicine]:
    told = re.search(r"^MEDICINES FOR THE CONDITION: (.+)\.$", text, re.M)
    for each in told[1].split("; ") if told else ():
        action, drug, dose = each.split(" ", 2)
        yield Medicine(drug, dose, action)


def _facts(text: str, pack: Pack) -> list[str]:
    told = re.search(r"^Also so by now: (.+)\.$", text, re.M)
    known = {fact.id for fact in pack.facts.facts}
    return [
        each.replace(" ", "_")
        for each in (told[1].split("; ") if told else [])
        if each.replace(" ", "_") in known
    ]


def _mentions(text: str, pack: Pack, person: Informant | None) -> Iterator[Mention]:
    by_name = {term.name: term for term in pack.lexicon.terms().values()}
    for name, how in re.findall(r'^\d+\. ".+?" \((.+?)\): (.+)$', text, re.M):
        parts = how.split(", ")
        polarity = Polarity(_POLARITIES[parts[0]])
        course = next((_COURSES[each] for each in parts if each in _COURSES), "ongoing")
        seen = parts[-1] == "seen on examination"
        reporter = Reporter.CLINICIAN if seen else (
            Reporter.PATIENT if parts[-1] == "the patient says" else Reporter.INFORMANT
        )  # fmt: skip
        role = {
            Polarity.NEGATED: Role.ABSENT if seen else Role.DENIED,
            Polarity.HISTORICAL: Role.PAST,
            Polarity.FAMILY: Role.FAMILY,
        }.get(polarity, Role.SEEN if seen else Role.TOLD)
        term = by_name[name]
        labels = tuple(term.labels) if polarity in (Polarity.AFFIRMED, Polarity.HISTORICAL) else ()
        told = reporter is Reporter.INFORMANT and person is not None and not person.is_professional
        labels += (pack.labels.informant_label,) if labels and told else ()
        yield Mention("", term.id, polarity, reporter, labels, Course(course), role=role)


def _chart(text: str, pack: Pack) -> Chart:
    by_name = {term.name: term.id for term in pack.lexicon.terms().values()}
    tests = {test.names[0]: test.id for test in pack.instruments.instruments}
    chart = Chart()
    told = re.search(r"^- symptoms told before: (.+)$", text, re.M)
    chart.affirmed.update(by_name[each] for each in (told[1].split(", ") if told else ()) if each in by_name)
    facts = text[: text.find("SYMPTOMS TO SAY")]
    for words, terms in _TOLD_OTHERWISE.items():
        if words in facts:
            chart.affirmed.update(term for term in terms if term in pack.lexicon.terms())
    for name, value, day in re.findall(r"([\w-]+) ([\d.]+)/\d+ on (\S+?)(?=;|$)", text, re.M):
        chart.scores.add((tests[name], float(value)))
        chart.dates.add(date.fromisoformat(day))
    last = re.search(r"the last on (\S+)$", text, re.M)
    if last:
        chart.dates.add(date.fromisoformat(last[1]))
    drugs = re.search(r"^- medicines so far: (.+)$", text, re.M)
    chart.drugs.update(re.findall(r"([a-z]+) [\d.]+", drugs[1] if drugs else ""))
    return chart
