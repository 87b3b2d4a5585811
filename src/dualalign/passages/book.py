"""Everything a pack can say, compiled once and shared by charts and writers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.passages.language import text_of
from dualalign.passages.pool import CompiledLine, Pool, Reserved
from dualalign.passages.scene import Gate

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.complaints import Complaint
    from dualalign.packs.schema.lines import Line, When
    from dualalign.packs.schema.symptoms import Action, Presentation, TermMaterial, Thread, Told
    from dualalign.passages.scene import Scene


_CARRYING = re.compile(r"[a-z]{4,}")
_LINKING = frozenset(
    [
        "with",
        "that",
        "this",
        "from",
        "than",
        "when",
        "them",
        "they",
        "have",
        "been",
        "were",
        "will",
        "would",
        "which",
        "about",
        "after",
        "before",
        "still",
        "also",
        "some",
        "most",
        "last",
        "visit",
        "since",
        "does",
        "such",
        "more",
        "less",
        "very",
        "only",
        "other",
        "into",
        "over",
        "once",
    ]
)


class TermPools:
    """Pools of one term.

    Args:
        material: of the pack.
        stages: stage id -> rank.
        term: id, for errors.
        reserved: names that wait for a diagnosis.
    """

    def __init__(
        self, material: TermMaterial, stages: Mapping[str, int], term: str, reserved: Sequence[Reserved]
    ) -> None:
        def pool(name: str) -> Pool:
            return Pool(getattr(material, name), stages, f"{term}, {name}", reserved)

        self.noun, self.told, self.past = map(pool, ("noun", "told", "past"))
        self.seen, self.denied, self.absent = map(pool, ("seen", "denied", "absent"))
        self.intact = pool("intact")
        self.denied_in = _settings([*material.denied, *material.intact])
        self.absent_in = _settings(material.absent)


class Settings:
    """In which note types at least one of some lines fits: `"x" in settings`."""

    __slots__ = ("_all", "_never", "_some")

    def __init__(self, lines: Iterable[Line]) -> None:
        lines = list(lines)
        self._all = any(not (line.when and line.when.settings) for line in lines)
        self._some = {name for line in lines if line.when for name in line.when.settings}
        self._never = {
            name
            for line in lines
            if line.when
            for name in line.when.not_settings
            if all(other.when and name in other.when.not_settings for other in lines)
        }

    def __contains__(self, setting: str) -> bool:
        return (self._all or setting in self._some) and setting not in self._never


def _settings(lines: Iterable[Line]) -> Settings:
    return Settings(lines)


class ActionPools:
    """An action with its wordings and what a later history tells of it."""

    __slots__ = ("action", "after", "gate", "say")

    def __init__(self, action: Action, stages: Mapping[str, int], place: str) -> None:
        self.action = action
        self.say = Pool(action.say, stages, place)
        self.after = Pool(action.after, stages, place)
        self.gate = _gate(action.when, stages)


class ToldLine(CompiledLine):
    """A line of a presentation, with the places of the terms that it can be counted for."""

    __slots__ = ("keep", "place", "terms")

    def __init__(
        self,
        line: Told,
        stages: Mapping[str, int],
        where: str,
        reserved: Sequence[Reserved],
        terms: Mapping[str, int],
    ) -> None:
        super().__init__(line, stages, where, reserved)
        self.terms = tuple(terms[term] for term in line.terms)
        self.keep = line.keep
        self.place = -1

    def can_be_said(self, scene: Scene) -> bool:
        """Return whether it fits a visit whose slots are not filled yet."""
        if self.by == "informant" and not scene.informant:
            return False
        if self.requires and not self.requires <= scene.tokens:
            return False
        if self.blocked_by and not self.blocked_by.isdisjoint(scene.tokens):
            return False
        if "interval" in self.needs and not scene.seen_before:
            return False
        return self.gate is None or self.gate.opens(scene)


class PresentationPools:
    """Lines of one presentation.

    Args:
        name: id.
        presentation: of the pack.
        stages: stage id -> rank.
        reserved: names that wait for a diagnosis.
        terms: term id -> place in the lexicon.
        lines: all lines of presentations so far; its own are added.
    """

    def __init__(
        self,
        name: str,
        presentation: Presentation,
        stages: Mapping[str, int],
        reserved: Sequence[Reserved],
        terms: Mapping[str, int],
        lines: list[ToldLine],
    ) -> None:
        def compiled(told: Sequence[Told], part: str) -> list[ToldLine]:
            found = [ToldLine(line, stages, f"{name}, {part}", reserved, terms) for line in told]
            for each in found:
                each.place = len(lines)
                lines.append(each)
            return found

        self.id, self.presentation = name, presentation
        self.gate = _gate(presentation.when, stages)
        self.name = compiled(presentation.name, "name")
        self.reason = compiled(presentation.reason, "reason")
        self.history = compiled(presentation.history, "history")
        self.later = compiled(presentation.later, "later")
        self.exam = compiled(presentation.exam, "exam")
        weighing = presentation.assess
        self.assess = {
            status: compiled(getattr(weighing, status) or weighing.stable, f"assess, {status}")
            for status in ("new", "stable", "worse", "better")
        }
        self.actions = [ActionPools(action, stages, f"{name}, plan") for action in presentation.plan]
        self.asked = frozenset(terms[term] for term in presentation.asked)


class ComplaintPools:
    """Pools of one complaint."""

    def __init__(
        self, complaint: Complaint, stages: Mapping[str, int], forms: Mapping[str, re.Pattern[str]]
    ) -> None:
        place = complaint.id
        self.complaint = complaint
        self.gate = _gate(complaint.when, stages)
        self.names = Pool(complaint.names, stages, place)
        self.chief = Pool(complaint.chief, stages, place)
        self.story = [Pool(passage, stages, place) for passage in complaint.story]
        self.negatives = Pool(complaint.negatives, stages, place)
        self.exam = [Pool(passage, stages, place) for passage in complaint.exam]
        self.workup = Pool(complaint.workup, stages, place)
        self.assess = Pool(complaint.assess, stages, place)
        self.plan = [(_gate(line.when, stages), Pool(line.say, stages, place)) for line in complaint.plan]
        self.after = Pool(complaint.after, stages, place)
        self.event = Pool(complaint.event, stages, place)
        self.excludes = frozenset(complaint.excludes)
        told = " ".join(
            line.say for lines in (complaint.names, complaint.chief, *complaint.story) for line in lines
        ).lower()
        self.touches = frozenset(thread for thread, pattern in forms.items() if pattern.search(told))
        """Threads that its story speaks of."""


def _gate(when: When | None, stages: Mapping[str, int]) -> Gate | None:
    return Gate(when, stages) if when else None


class Book:
    """All material of a pack.

    Args:
        pack: a loaded pack.

    Raises:
        PackError: a line cannot be parsed.
    """

    def __init__(self, pack: Pack) -> None:
        stages = {stage.id: rank for rank, stage in enumerate(pack.stages.stages)}
        self.stages = stages
        reserved = [
            (re.compile("|".join(rf"\b{re.escape(name)}\b" for name in fact.names)), fact.id)
            for fact in pack.facts.facts
            if fact.cases_only and fact.names
        ]
        self.terms: dict[str, TermPools] = {}
        self.threads: dict[str, Thread] = {}
        for file in pack.symptoms:
            for term, material in file.terms.items():
                self.terms.setdefault(term, TermPools(material, stages, term, reserved))
            for name, thread in file.threads.items():
                self.threads.setdefault(name, thread)
        places = {term: place for place, term in enumerate(pack.lexicon.terms())}
        self.lines: list[ToldLine] = []
        self.presentations: dict[str, PresentationPools] = {}
        self.of_thread: dict[str, list[PresentationPools]] = {name: [] for name in self.threads}
        for file in pack.symptoms:
            for name, presentation in file.presentations.items():
                pools = PresentationPools(name, presentation, stages, reserved, places, self.lines)
                self.presentations[name] = pools
                self.of_thread[presentation.thread].append(pools)
        self.thread_of = {term: name for name, thread in self.threads.items() for term in thread.terms}
        terms = pack.lexicon.terms()
        forms = {
            name: re.compile(
                "|".join(
                    rf"\b{re.escape(form.lower())}"
                    for term in thread.terms
                    for form in (*terms[term].surface_forms, *thread.also_known_by)
                )
            )
            for name, thread in self.threads.items()
        }
        self._forms, self._touched = forms, dict[int, frozenset[str]]()
        self._words: dict[int, frozenset[str]] = {}
        self.complaints = {
            each.id: ComplaintPools(each, stages, forms)
            for file in pack.complaints
            for each in file.complaints
        }
        self.conditions: dict[str, ConditionPools] = {
            spec.id: ConditionPools(spec, stages) for spec in pack.conditions.conditions
        }
        of_threads = [each for pools in self.presentations.values() for each in pools.actions]
        of_conditions = [each for pools in self.conditions.values() for each in pools.actions]
        self.actions = {id(each.action): each for each in (*of_threads, *of_conditions)}

    def words(self, line: ToldLine) -> frozenset[str]:
        """Return the stems of the words that carry a line, of all its alternatives."""
        found = self._words.get(line.place)
        if found is None:
            text = " ".join(text_of(line.parts)).lower()
            found = frozenset(word[:6] for word in _CARRYING.findall(text) if word not in _LINKING)
            self._words[line.place] = found
        return found

    def touched(self, line: ToldLine) -> frozenset[str]:
        """Return the threads whose words a line of a presentation holds, whatever it is counted for."""
        found = self._touched.get(line.place)
        if found is None:
            words = " ".join(each for each in text_of(line.parts)).lower()
            found = frozenset(
                name
                for name, pattern in self._forms.items()
                if self.threads[name].region != "function" and pattern.search(words)
            )
            self._touched[line.place] = found
        return found


class ConditionPools:
    """Pools of one chronic condition."""

    def __init__(self, spec: ChronicCondition, stages: Mapping[str, int]) -> None:
        self.spec = spec
        self.lines = {
            status: Pool(getattr(spec.lines, status), stages, spec.id) for status in ("stable", "worse")
        }
        self.assess = {
            status: Pool(getattr(spec.assess, status), stages, spec.id) for status in ("stable", "worse")
        }
        self.exam = Pool(spec.exam, stages, spec.id)
        self.home = Pool(spec.home, stages, spec.id)
        self.actions = [ActionPools(action, stages, spec.id) for action in spec.plan]


if TYPE_CHECKING:
    from dualalign.packs.schema.chronic_conditions import ChronicCondition
