"""From a note plan to the messages that ask a language model for the note."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dualalign.errors import PackError
from dualalign.notes.prompts.ledger import established
from dualalign.packs.templates import read_template, rendered
from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.prompts import PromptExample
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import Mention, NotePlan

Message = dict[str, str]

_UNTOLD = frozenset({"no", "none", "unknown", "never"})
_ORDER = tuple(Polarity)
_INFORMANT = "informant"
_OF_PERSONA = frozenset({"patient", "risks"})
_OF_TRAJECTORY = frozenset({"stage", "mentions", "scores", "medicines", "facts", "established"})


class Alignment(StrEnum):
    """Which of the two alignments steer the model; `NONE` asks for a note of the same type and length alone."""

    NONE = "none"
    PERSONA = "persona"
    TRAJECTORY = "trajectory"
    BOTH = "both"


class PromptWriter:
    """Writes the prompts of one pack.

    Args:
        pack: a loaded pack.
        alignment: what the prompts tell of persona and trajectory.

    Raises:
        PackError: the pack has no prompts.
    """

    def __init__(self, pack: Pack, alignment: Alignment = Alignment.BOTH) -> None:
        self._words = pack.prompts
        if not self._words.note:
            raise PackError(
                f"pack '{pack.id}' has no prompts.yaml", "add one; docs/packs.md says what it holds"
            )
        self._persona = alignment in (Alignment.PERSONA, Alignment.BOTH)
        self._trajectory = alignment in (Alignment.TRAJECTORY, Alignment.BOTH)
        self._types = {kind.id: kind.name for kind in pack.visits.types}
        self._stages = {stage.id: f"{stage.name}. {stage.description}" for stage in pack.stages.stages}
        self._factors = {factor.id: factor for factor in pack.factors.factors}
        self._other_sex = _pronouns_of_others(pack)
        self._told_otherwise = {pack.factors.age_factor, pack.factors.sex_factor}
        self._terms = pack.lexicon.terms()
        self._names = {term: each.name for term, each in self._terms.items()}
        self._conditions = {each.id: each.names[0] for each in pack.conditions.conditions}
        self._note = read_template(self._words.note)
        self._repair = read_template(self._words.repair)
        forms = [
            self._words.note_types.get(kind, f"{name}: {self._words.note_types.get('default', '')}")
            for kind, name in self._types.items()
        ]
        self.system = rendered(read_template(self._words.system), forms=forms)
        self._examples = {
            author: self._example(author, example) for author, example in self._words.examples.items()
        }

    def messages(
        self, persona: Persona, plan: NotePlan, earlier: Sequence[NotePlan] = ()
    ) -> tuple[Message, ...]:
        """Return the system message, the example of the author's style if there is one, and what asks for the note.

        Args:
            persona: who the patient is.
            plan: what the note must say.
            earlier: the patient's plans before it, in date order.
        """
        informant = plan.informant.relation if plan.informant is not None else _INFORMANT
        variations = self._words.variations
        in_order = sorted(enumerate(plan.mentions), key=lambda pair: _ORDER.index(pair[1].polarity))
        text = self._request(
            self._visit(plan),
            variations[plan.visit % len(variations)] if variations else "",
            patient=self._patient(persona, plan),
            risks=[self._conditions.get(each, each) for each in plan.problems],
            stage=self._stages[plan.stage],
            mentions=[
                self._mention(mention, plan.visit + place, persona.sex, informant)
                for place, mention in in_order
            ],
            scores=[f"{s.name} {s.value:g}/{s.maximum:g} ({s.reading})" for s in plan.scores],
            medicines=[f"{m.action} {m.drug} {m.dose}" for m in plan.medicines],
            facts=[fact.replace("_", " ") for fact in plan.facts],
            established=established(earlier, self._names),
        )
        return (
            {"role": "system", "content": self.system},
            *self._examples.get(plan.style.author, ()),
            {"role": "user", "content": text},
        )

    def repair(self, messages: Sequence[Message], reply: str, reasons: Sequence[str]) -> tuple[Message, ...]:
        """Return the messages that send a reply back with what was wrong with it."""
        text = rendered(self._repair, reasons=list(reasons))
        return (*messages, {"role": "assistant", "content": reply}, {"role": "user", "content": text})

    def wording(self, term: str, turn: int, sex: str) -> str:
        """Return one wording of a term, another at each turn, none with words for a person of another sex."""
        forms = self._terms[term].surface_forms
        fitting = [form for form in forms if not self._other_sex[sex] & set(form.lower().split())] or forms
        chosen: str = fitting[turn % len(fitting)]
        return chosen

    def _patient(self, persona: Persona, plan: NotePlan) -> list[str]:
        lines = [f"{plan.age}-year-old, {persona.sex}"]
        if persona.work:
            lines.append(f"work: {persona.work if isinstance(persona.work, str) else persona.work[0]}")
        groups: dict[str, list[str]] = {}
        for factor_id, level in persona.factors.items():
            factor = self._factors.get(factor_id)
            # The age at this visit is told already, and the factor's band is that of the index date.
            if factor is None or factor_id in self._told_otherwise or level in _UNTOLD:
                continue
            words = factor.name if level == "yes" else f"{factor.name} {level.replace('_', ' ')}"
            groups.setdefault(factor.group, []).append(words)
        lines += [f"{group}: {'; '.join(words)}" for group, words in groups.items()]
        if plan.informant is not None:
            lines.append(f"informant at this visit: {plan.informant.relation} {plan.informant.name}".strip())
        return lines

    def _visit(self, plan: NotePlan) -> dict[str, Any]:
        who = f"with {plan.informant.relation}" if plan.informant is not None else "alone"
        return {
            "name": self._types[plan.note_type],
            "date": plan.date.isoformat(),
            "who": who,
            "style": self._words.authors.get(plan.style.author, ""),
            "words": round(plan.style.words / 10) * 10,
        }

    def _mention(self, mention: Mention, turn: int, sex: str, informant: str) -> str:
        return self._line(
            self._terms[mention.term].name,
            self.wording(mention.term, turn, sex),
            mention.polarity.value,
            mention.course.value,
            mention.reporter.value,
            informant,
        )

    def _line(
        self, name: str, wording: str, polarity: str, course: str, reporter: str, informant: str
    ) -> str:
        words: Any = self._words
        parts = [words.asserted.get(polarity, "")]
        if polarity == Polarity.AFFIRMED:
            parts.append(words.course.get(course, ""))
        parts.append(words.told_by.get(reporter, "").replace("{informant}", informant))
        return f'"{wording}" ({name}): ' + ", ".join(part for part in parts if part)

    def _example(self, author: str, example: PromptExample) -> tuple[Message, Message]:
        """Return an example as an exchange that tells as much as the real request will."""
        informant = example.visit.who.removeprefix("with ")
        visit = {
            **example.visit.model_dump(),
            "style": self._words.authors.get(author, ""),
            "words": round(len(example.note.split()) / 10) * 10,
        }
        told = example.model_dump(exclude={"visit", "mentions", "note"})
        told["mentions"] = [
            self._line(each.name, each.wording, each.asserted, each.course, each.told_by, informant)
            for each in example.mentions
        ]
        text = self._request(visit, "", **told)
        return {"role": "user", "content": text}, {"role": "assistant", "content": example.note.strip()}

    def _request(self, visit: dict[str, Any], variation: str, **told: str | list[str]) -> str:
        """Return the text that asks for a note, without what the alignment keeps back."""
        kept_back = set[str]()
        if not self._persona:
            kept_back |= _OF_PERSONA
        if not self._trajectory:
            kept_back |= _OF_TRAJECTORY
        shown = {name: type(value)() if name in kept_back else value for name, value in told.items()}
        return rendered(self._note, visit=visit, variation=variation, **shown)


def _pronouns_of_others(pack: Pack) -> defaultdict[str, frozenset[str]]:
    """Return for each sex the pronouns of all others; for a sex without words of its own, everybody's."""
    pronouns = {sex: frozenset(words.pronouns) for sex, words in pack.record_words.sexes.items()}
    everybody = frozenset(word for words in pronouns.values() for word in words)
    return defaultdict(lambda: everybody, {sex: everybody - own for sex, own in pronouns.items()})
