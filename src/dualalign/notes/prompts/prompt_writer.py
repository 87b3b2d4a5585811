"""From a note plan to the messages that ask a language model for the note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dualalign.errors import PackError
from dualalign.notes.prompts.brief import Brief, BriefWords, VisitWords, person_lines
from dualalign.notes.prompts.ledger import last_notes
from dualalign.packs.schema.prompts import BRIEF_VARIABLES
from dualalign.packs.templates import read_template, rendered

if TYPE_CHECKING:
    from dualalign.charts.chart import Chart
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.prompts import PromptExample
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan

Message = dict[str, str]

_OF_PERSONA = frozenset({"patient", "problems", "medicines", "allergies", "family"})
_OF_TRAJECTORY = BRIEF_VARIABLES - _OF_PERSONA


_WORDS, _WORDS_AN_ITEM = 120, 25
"""Words that a note is asked to have at most: few items in a long note are padded with what nobody asked for."""


class Alignment(StrEnum):
    """Which of the two alignments steer the model; `NONE` asks for a note of the disease, setting and length alone."""

    NONE = "none"
    PERSONA = "persona"
    TRAJECTORY = "trajectory"
    BOTH = "both"

    @property
    def tells_persona(self) -> bool:
        """Whether prompts tell who the patient is."""
        return self in (Alignment.PERSONA, Alignment.BOTH)

    @property
    def tells_trajectory(self) -> bool:
        """Whether prompts tell the visit: what it deals with, what came before, and what the note must say."""
        return self in (Alignment.TRAJECTORY, Alignment.BOTH)


class PromptWriter:
    """Writes the prompts of one pack.

    Args:
        pack: a loaded pack.
        alignment: what the prompts tell of persona and trajectory.

    Raises:
        PackError: the pack has no prompts.
    """

    def __init__(self, pack: Pack, alignment: Alignment = Alignment.BOTH) -> None:
        self._prompts = pack.prompts
        if not self._prompts.note:
            raise PackError(
                f"pack '{pack.id}' has no prompts.yaml", "add one; docs/packs.md says what it holds"
            )
        self._alignment = alignment
        self._words = BriefWords(pack)
        self._types = {kind.id: kind.name for kind in pack.visits.types}
        self._disease = pack.pack.disease
        self._subjects = [label.name for label in pack.labels.scheme().labels]
        self._note = read_template(self._prompts.note)
        self._repair = read_template(self._prompts.repair)
        forms = [
            self._prompts.note_types.get(kind, f"{name}: {self._prompts.note_types.get('default', '')}")
            for kind, name in self._types.items()
        ]
        self.system = rendered(
            read_template(self._prompts.system), forms=forms, guided=alignment.tells_trajectory
        )
        self._examples = {
            author: self._example(author, example) for author, example in self._prompts.examples.items()
        }

    def brief(
        self, persona: Persona, chart: Chart, plan: NotePlan, earlier: Sequence[NotePlan] = ()
    ) -> Brief:
        """Return what the prompt of a visit is made of.

        Args:
            persona: who the patient is.
            chart: the patient on paper.
            plan: what the note must say, with its agenda.
            earlier: the patient's plans before it, in date order.
        """
        words = VisitWords(plan, persona, chart, self._words)
        visit = {
            "name": self._types[plan.note_type],
            "date": plan.date.isoformat(),
            "who": f"with {words.informant}" if plan.informant is not None else "alone",
            "reason": words.reason,
            "style": self._prompts.authors.get(plan.style.author, ""),
            "words": round(min(plan.style.words, _WORDS + _WORDS_AN_ITEM * len(plan.mentions)) / 10) * 10,
        }
        if not self._alignment.tells_persona and plan.informant is not None:
            visit["who"] = f"with {words.informant.removesuffix(plan.informant.name).strip()}"
        told = words.brief(visit, last_notes(earlier, plan, persona, chart, self._words, self._types))
        told.patient = person_lines(plan, persona, chart)
        if not self._alignment.tells_persona:
            told.patient = told.patient[:1]
        return told

    def messages(
        self, persona: Persona, chart: Chart, plan: NotePlan, earlier: Sequence[NotePlan] = ()
    ) -> tuple[Message, ...]:
        """Return the system message, the example of the author's style if there is one, and what asks for the note.

        Args:
            persona: who the patient is.
            chart: the patient on paper.
            plan: what the note must say, with its agenda.
            earlier: the patient's plans before it, in date order.
        """
        return self.asked(self.brief(persona, chart, plan, earlier), plan)

    def asked(self, brief: Brief, plan: NotePlan) -> tuple[Message, ...]:
        """Return the messages of a brief that is at hand."""
        told = {each.name: getattr(brief, each.name) for each in fields(brief)}
        told["say"] = [{"about": group.about, "items": group.items} for group in brief.say]
        variations = self._prompts.variations
        variation = variations[plan.visit % len(variations)] if variations else ""
        return (
            {"role": "system", "content": self.system},
            *self._examples.get(plan.style.author, ()),
            {"role": "user", "content": self._request(told, variation)},
        )

    def repair(self, messages: Sequence[Message], reply: str, reasons: Sequence[str]) -> tuple[Message, ...]:
        """Return the messages that send a reply back with what was wrong with it."""
        text = rendered(self._repair, reasons=list(reasons))
        return (*messages, {"role": "assistant", "content": reply}, {"role": "user", "content": text})

    def _example(self, author: str, example: PromptExample) -> tuple[Message, Message]:
        """Return an example as an exchange that tells as much as the real request will, evidence included."""
        told = example.model_dump(exclude={"note", "say"})
        told["visit"] |= {
            "style": self._prompts.authors.get(author, ""),
            "words": round(len(example.note.split()) / 10) * 10,
        }
        number = 0
        evidence, groups = [], []
        for group in example.say:
            items = []
            for item in group.items:
                number += 1
                items.append(f"{number}. {item.say}")
                evidence.append(f'{number}: "{item.words}"')
            groups.append({"about": group.about, "items": items})
        told["say"] = groups
        if not self._alignment.tells_persona:
            told["patient"] = told["patient"][:1]
        answer = example.note.strip()
        if self._alignment.tells_trajectory and evidence:
            answer = "\n".join([answer, "EVIDENCE", *evidence])
        return {"role": "user", "content": self._request(told, "")}, {"role": "assistant", "content": answer}

    def _request(self, told: dict[str, Any], variation: str) -> str:
        """Return the text that asks for a note, without what the alignment keeps back."""
        kept_back = set[str]()
        if not self._alignment.tells_persona:
            # Age and sex belong to either: no note is written without them.
            kept_back |= _OF_PERSONA - {"patient"} if self._alignment.tells_trajectory else _OF_PERSONA
        if not self._alignment.tells_trajectory:
            kept_back |= _OF_TRAJECTORY
        shown = {name: type(told[name])() if name in kept_back else told[name] for name in BRIEF_VARIABLES}
        return rendered(
            self._note,
            visit=told["visit"],
            variation=variation,
            guided=self._alignment.tells_trajectory,
            disease=self._disease,
            subjects=self._subjects,
            **shown,
        )
