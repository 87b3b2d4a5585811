"""One visit as a colleague would brief the writer of its note: in a clinician's words, without ids or empty items."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zlib import crc32

from dualalign.notes.examination import add_results
from dualalign.notes.history import reason_for
from dualalign.notes.material import NoteMaterial
from dualalign.notes.note_scene import NoteScene
from dualalign.notes.sentence import plain, shortened, tidy, uncapitalized
from dualalign.notes.time_words import ago, month
from dualalign.trajectories.plan import Course, Polarity, Reporter, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dualalign.charts.agenda import AgendaItem, MedicineStep
    from dualalign.charts.chart import Chart
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.prompts import Prompts
    from dualalign.personas.persona import Informant, Persona
    from dualalign.trajectories.plan import Mention, NotePlan

_TRIES = 4
_LONG_AGO = 40  # days after which a month says more than a number of weeks


@dataclass(frozen=True, slots=True)
class Group:
    """Numbered things to say about one problem."""

    about: str
    items: tuple[str, ...]


@dataclass(slots=True)
class Brief:
    """One visit in words; fields are variables of the pack's template.

    Args:
        visit: its name, date, reason, who came, and how the author writes.
        patient: who it is, a line each.
        problems: chronic illnesses.
        medicines: the list of the day, with doses and purposes.
        allergies: with reactions.
        family: relatives' illnesses.
        agenda: what the visit deals with, and how it stands.
        since: what happened since the last visit in this clinic.
        earlier: what the last notes said and ordered.
        diagnosis: under what name the disease goes so far.
        vitals: measured today.
        scores: of today, with the last ones.
        results: that arrived.
        say: what the note must say, grouped.
        plan: orders and changes of medicines.
        words: for each mention of the plan, the words by which it is asked for.
    """

    visit: dict[str, object]
    patient: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    medicines: list[str] = field(default_factory=list)
    allergies: str = ""
    family: list[str] = field(default_factory=list)
    agenda: list[str] = field(default_factory=list)
    since: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    diagnosis: str = ""
    vitals: str = ""
    scores: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    say: list[Group] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class BriefWords:
    """What all briefs of a pack share.

    Args:
        pack: a loaded pack.
    """

    def __init__(self, pack: Pack) -> None:
        self.material = NoteMaterial(pack)
        self.prompts: Prompts = pack.prompts
        self.terms = {term: each.name for term, each in pack.lexicon.terms().items()}
        self.tests = {test.id: test.names[0] for test in pack.instruments.instruments}


class VisitWords:
    """The words of one visit; the same in its own brief and in the ledgers of later ones.

    Args:
        plan: the visit, with its agenda.
        persona: who the patient is.
        chart: the patient on paper.
        words: of the pack.
    """

    def __init__(self, plan: NotePlan, persona: Persona, chart: Chart, words: BriefWords) -> None:
        assert plan.agenda is not None
        rng = random.Random(crc32(f"{plan.patient_id}/{plan.visit}".encode()))
        self._note = NoteScene(plan, persona, chart, words.material, rng)
        self._plan, self._agenda, self._prompts, self._shared = plan, plan.agenda, words.prompts, words
        self.reason = plain(reason_for(self._note))
        self._said = {
            said.mention: said.line
            for item in self._agenda.items
            if item.thread is not None
            for said in (*item.thread.told, *item.thread.seen, *item.thread.assessed)
        }
        self.titles = [self._title(item) for item in self._agenda.items]
        self.words = self._words()
        self.plan = self._plan_lines()

    # what is said --------------------------------------------------------------------------------

    def _title(self, item: AgendaItem) -> str:
        book = self._note.material.book
        if item.thread is not None:
            self._note.set_problem(item)
            return uncapitalized(
                self._note.of_pool(item, book.presentations[item.thread.presentation].name)[0]
            )
        if item.condition is not None:
            return item.condition.name
        if item.side:
            self._note.values["side"] = item.side
        complaint = book.complaints.get(item.id)
        return (self._note.text(complaint.names) if complaint else "") or _spoken(item.id)

    def _words(self) -> list[str]:
        """Return for each mention the words that ask for it, no two of different terms alike."""
        said: set[str] = set()
        named: dict[str, str] = {}
        asked: set[tuple[str, str]] = set()
        words: list[str] = []
        for place, mention in enumerate(self._plan.mentions):
            affirmed, key = mention.polarity is Polarity.AFFIRMED, (mention.term, mention.role.value)
            # What history told is found and weighed in the same words, but nothing is asked for twice.
            text = named.get(mention.term, "") if affirmed and key not in asked else ""
            for _ in range(_TRIES):
                if text:
                    break
                drawn = self._drawn(place, mention, key in asked)
                text = drawn if drawn.lower() not in said else ""
            text = text or self._shared.terms[mention.term]
            if affirmed:
                named.setdefault(mention.term, text)
            asked.add(key)
            said.add(text.lower())
            words.append(text)
        return words

    def _drawn(self, place: int, mention: Mention, again: bool) -> str:
        """Return words for a mention: its name, or where that was asked for already, what the embedded writer would say."""
        note = self._note
        pools = note.material.book.terms[mention.term]
        if again and place in self._said:
            return uncapitalized(shortened(note.material.book.lines[self._said[place]].text(note.scene)))
        if mention.role is Role.DENIED and pools.intact:
            intact = note.text(pools.intact)
            if intact:
                return f"independent in {intact}"
        if mention.polarity is Polarity.NEGATED:
            return plain(note.denial(place) or "")
        return plain(note.noun(place))

    def groups(self) -> list[Group]:
        """Return what the note must say: problem by problem, then what is denied, past, and in relatives."""
        groups: list[Group] = []
        taken: set[int] = set()
        for item, title in zip(self._agenda.items, self.titles, strict=True):
            places = list(dict.fromkeys([*item.told, *item.seen, *item.assessed]))
            if places:
                told = f"{title}, {self._status(item)}" if item.status != "stable" else title
                groups.append(Group(told[:1].upper() + told[1:], tuple(map(self._line, places))))
                taken.update(places)
        agenda = self._agenda
        for about, places in (
            ("denied", agenda.denied),
            ("absent", agenda.absent),
            ("past", agenda.past),
            ("family", agenda.family),
        ):
            if places:
                groups.append(Group(self._prompts.groups.get(about, about), tuple(map(self._line, places))))
                taken.update(places)
        rest = [place for place in range(len(self._plan.mentions)) if place not in taken]
        if rest:
            groups.append(Group(self._prompts.groups.get("other", "other"), tuple(map(self._line, rest))))
        return groups

    def _status(self, item: AgendaItem) -> str:
        return _worded(self._prompts.course, item.status)

    def _line(self, place: int) -> str:
        mention, prompts = self._plan.mentions[place], self._prompts
        parts = [prompts.roles.get(mention.role.value, "")]
        if mention.role is Role.TOLD:
            parts = [_worded(prompts.told_by, mention.reporter.value)]
        if mention.polarity is Polarity.AFFIRMED and mention.course is not Course.ONGOING:
            parts.append(_worded(prompts.course, mention.course.value))
        told = ", ".join(part for part in parts if part).replace("{informant}", self.informant)
        if mention.role is Role.FAMILY:
            told = told.replace("{relative}", self._relative())
        return f"{place + 1}. {self.words[place]}" + (f" ({told})" if told else "")

    def _relative(self) -> str:
        relatives = self._note.chart.relatives
        affected = [each for each in relatives if each.affected]
        if not affected:
            return "a relative"
        one = affected[0]
        return (
            f"the {one.relation}, about the age of {one.affected_age}" if one.affected_age else one.relation
        )

    @property
    def informant(self) -> str:
        """Who came along, as `his wife Edna`; `the informant` if nobody did."""
        person = self._plan.informant
        return _called(person, self._note) if person is not None else "the informant"

    # what is done --------------------------------------------------------------------------------

    def _plan_lines(self) -> list[str]:
        note, lines = self._note, []
        for item, title in zip(self._agenda.items, self.titles, strict=True):
            if not item.focus:
                continue
            note.scene.status = item.status
            done = [_step(step, title) for step in item.medicines if step.action != "short"]
            rx = next((step for step in item.medicines if step.action == "short"), None)
            if rx is not None:
                note.values["rx"] = f"{rx.drug} {rx.dose}"
            if item.kind == "complaint":
                if item.side:
                    note.values["side"] = item.side
                for gate, pool in note.material.book.complaints[item.id].plan:
                    if gate is None or gate.opens(note.scene):
                        done.append(note.text(pool))
            done += [note.text(note.material.book.actions[id(action)].say) for action in item.actions]
            note.values.pop("rx", None)
            if rx is not None and not any(rx.drug in each for each in done):
                done.insert(0, _step(rx, title))
            done = [each for each in dict.fromkeys(done) if each]
            if done:
                lines.append(f"{title}: {'; '.join(done)}")
        lines += [
            f"{m.action} {m.drug} {m.dose}" + (f" for {m.purpose}" if m.purpose else "")
            for m in self._plan.medicines
        ]
        ordered = [note.text(note.material.ordered.get(panel)) for panel in self._agenda.ordered]
        lines += [each for each in ordered if each]
        if self._agenda.return_in and not self._note.habit.urgent:
            lines.append(f"return in {self._agenda.return_in}")
        return lines

    def in_ledger(self, name: str, clinic: str) -> str:
        """Return what a later note's writer finds of this visit, on one line.

        Args:
            name: of the clinic.
            clinic: `here` or the like, in words; empty elsewhere.
        """
        plan, mentions = self._plan, self._plan.mentions
        told = [
            words
            + (f" ({plan.informant.relation})" if _of_informant(mentions[place]) and plan.informant else "")
            for place, words in enumerate(self.words)
            if mentions[place].polarity is Polarity.AFFIRMED
            and mentions[place].role in (Role.TOLD, Role.SEEN)
        ]
        parts = [f"for {self.reason}"]
        if told:
            parts.append(", ".join(dict.fromkeys(told)))
        if plan.scores:
            parts.append(", ".join(f"{each.name} {each.value:g}/{each.maximum:g}" for each in plan.scores))
        if self.plan:
            parts.append("plan: " + "; ".join(self.plan[:4]))
        return f"{plan.date.isoformat()} {name}{clinic}: {'. '.join(parts)}"

    # what is so ----------------------------------------------------------------------------------

    def agenda(self) -> list[str]:
        """Return the problems that the visit deals with, and how each stands."""
        lines = []
        for item, title in zip(self._agenda.items, self.titles, strict=True):
            if item.kind == "thread" and not item.focus:
                continue
            value = f", {item.value}" if item.value else ""
            onset = ""
            if item.complaint is not None:
                onset = f", {item.complaint.since[int(self._note.draw() * len(item.complaint.since))]}"
            lines.append(f"{title}: {self._status(item)}{value}" if not item.complaint else f"{title}{onset}")
        return lines

    def since(self) -> list[str]:
        """Return what happened since the last visit in this clinic, and how earlier orders went."""
        note, book = self._note, self._note.material.book
        lines: list[str] = []
        for event in self._agenda.events:
            note.values["when"] = _when(event.day, self._plan.date, note)
            if event.side:
                note.values["side"] = event.side
            pool = book.complaints[event.id].event if event.id in book.complaints else None
            lines.append(note.text(pool if pool is not None else note.material.lists.get(event.kind)))
            note.values.pop("side", None)
        lines += [note.text(book.actions[id(action)].after) for _, action in self._agenda.followed]
        return [tidy(each) for each in dict.fromkeys(lines) if each]

    def results(self) -> list[str]:
        """Return results that arrived, with their values."""
        add_results(self._note, "results")
        return [plain(each.text) for each in self._note.sections.pop("results", ())]

    def vitals(self) -> str:
        """Return the vital signs of the day; none where nobody takes them."""
        v = self._agenda.vitals
        if v is None or self._note.habit.battery:
            return ""
        return (
            f"BP {v.systolic}/{v.diastolic}, pulse {v.heart_rate}, respirations {v.respiratory_rate}, temperature "
            f"{v.temperature} C, SpO2 {v.saturation}%, weight {v.weight:.0f} kg"
        )

    def scores(self) -> list[str]:
        """Return the tests given today, each with its last result."""
        lines = []
        for score in self._plan.scores:
            notes = [score.reading] if score.reading else []
            before = self._agenda.last_scores.get(score.instrument)
            if before is not None:
                notes.append(f"{before[0]:g} on {before[1].isoformat()}")
            told = f" ({'; '.join(notes)})" if notes else ""
            lines.append(f"{score.name} {score.value:g}/{score.maximum:g}{told}")
        given = {score.instrument for score in self._plan.scores}
        instruments = {each: value for each, value in self._agenda.last_scores.items() if each not in given}
        names = self._shared.tests
        lines += [
            f"{names.get(each, each)} not given today; {value:g} on {day.isoformat()}"
            for each, (value, day) in instruments.items()
        ]
        return lines

    def brief(self, visit: dict[str, object], earlier: list[str]) -> Brief:
        """Return the whole brief."""
        agenda, chart, plan = self._agenda, self._note.chart, self._plan
        purposes = {each.id: each.name for each in agenda.conditions}
        medicines = []
        for drug, dose, indication in agenda.medicines:
            purpose = purposes.get(indication, "")
            medicines.append(f"{drug} {dose}".strip() + (f" ({purpose})" if purpose else ""))
        allergies = (
            ", ".join(f"{each.substance} ({each.reaction})" for each in chart.allergies) or "none known"
        )
        family = [
            f"{each.relation} died at {each.died - each.born} of {each.cause}"
            for each in chart.relatives[:3]
            if each.died is not None and each.died <= plan.date.year and each.cause and not each.affected
        ]
        return Brief(
            visit,
            patient=[],
            problems=[each.name for each in agenda.conditions],
            medicines=medicines,
            allergies=allergies,
            family=family,
            agenda=self.agenda(),
            since=self.since(),
            earlier=earlier,
            diagnosis=", ".join(dict.fromkeys(name for name, _ in agenda.syndromes)),
            vitals=self.vitals(),
            scores=self.scores(),
            results=self.results(),
            say=self.groups(),
            plan=self.plan,
            words=self.words,
        )


def person_lines(plan: NotePlan, persona: Persona, chart: Chart) -> list[str]:
    """Return who the patient is on the day of a visit, a line each; first age and sex alone."""
    assert plan.agenda is not None
    tokens, factors, year = plan.agenda.tokens, persona.factors, plan.date.year
    noun = {"female": "woman", "male": "man"}.get(persona.sex, "person")
    lines = [f"{plan.age}-year-old {noun}"]
    work = persona.work
    if work:
        ended = chart.retired_year
        lines.append(f"retired {work} ({ended})" if "retired" in tokens and ended else f"work: {work}")
    marital = next((each for each in ("married", "widowed", "divorced", "single") if each in tokens), "")
    since = {"married": chart.married_year, "widowed": chart.widowed and chart.widowed.year,
             "divorced": chart.divorced_year}.get(marital)  # fmt: skip
    home = {
        "alone": "lives alone",
        "spouse": "lives with the spouse",
        "family": "lives with family",
        "facility": "lives in a care home",
        "shelter": "stays in a shelter",
    }.get(plan.agenda.lives, "")
    lines.append(", ".join(
        part for part in (
            marital + (f" since {since}" if since and since <= year else "") if marital else "",
            home,
            _children(chart),
            "has a home aide" if "home_aide" in tokens else "",
            "drives" if "drives" in tokens else "no longer drives" if "no_driving" in tokens else "",
        ) if part
    ))  # fmt: skip
    habits = [
        f"{chart.handed}-handed",
        f"{chart.schooling_years} year{'s' if chart.schooling_years != 1 else ''} of schooling",
    ]
    smoking = factors.get("smoking", "never")
    if smoking == "former" and chart.quit_year and chart.quit_year <= year:
        habits.append(f"stopped smoking in {chart.quit_year}")
    elif smoking in ("current", "former"):
        habits.append("smokes")
    if factors.get("alcohol", "none") not in ("none", "never", "unknown"):
        habits.append(f"{factors['alcohol'].replace('_', ' ')} alcohol")
    language = factors.get("language", "english")
    if language == "other":
        habits.append("first language is not English")
    elif language not in ("english", "unknown"):
        habits.append(f"speaks {language.replace('_', ' ').title()}")
    lines.append(", ".join(habits))
    return [line for line in lines if line]


def _children(chart: Chart) -> str:
    sons = sum(relation == "son" for relation, _ in chart.children)
    daughters = len(chart.children) - sons
    parts = [
        f"{count} {one}{'s' if count > 1 else ''}"
        for count, one in ((daughters, "daughter"), (sons, "son"))
        if count
    ]
    return " and ".join(parts)


def _worded(words: Mapping[Any, str], name: str) -> str:
    return words.get(name, name)


def _called(person: Informant, note: NoteScene) -> str:
    return f"{note.informant or person.relation} {person.name}".strip()


def _of_informant(mention: Mention) -> bool:
    return mention.reporter is Reporter.INFORMANT


def _step(step: MedicineStep, title: str) -> str:
    """Return what is done with a drug under the title of its problem."""
    if step.action == "continue":
        return f"continue {step.drug} {step.dose}"
    if step.action == "keep":
        return f"{step.drug} {step.dose} unchanged for now"
    if step.action == "defer":
        return f"ask the prescriber to review {step.drug} {step.dose}"
    if step.action == "short":
        return f"{step.drug} {step.dose}"
    before = f" (was {step.old_dose})" if step.old_dose and step.old_dose != step.dose else ""
    reason = f" for {step.reason}" if step.action == "start" and step.reason and step.reason != title else ""
    reason = f" because of {step.reason}" if step.reason and step.action == "stop" else reason
    return f"{step.action} {step.drug} {step.dose}{before}{reason}"


def _when(day: date, today: date, note: NoteScene) -> str:
    if (today - day).days > _LONG_AGO:
        return month(day, today, note.draw)
    return ago(day, today, note.draw)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
