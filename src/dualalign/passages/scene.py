"""The scene of a note: what preconditions of lines are held against, and what fills their slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.packs.schema.lines import When


class Scene:
    """One visit as a writer sees it.

    Args:
        sex: of the patient.
        age: whole years.
        stage: rank of the stage among the pack's.
        severity: latent severity, 0 to 1.
        setting: note type.
        informant: whether somebody came along.
        year: calendar year.
        seen_before: whether the patient was seen in this clinic before.
        tokens: what is so: tags, facts, devices, conditions, medicines.
        values: slot name -> text.
        draw: uniform numbers in [0, 1).
        style: style of the author.
    """

    __slots__ = (
        "age",
        "draw",
        "informant",
        "seen_before",
        "setting",
        "severity",
        "sex",
        "stage",
        "status",
        "style",
        "tokens",
        "values",
        "year",
    )

    def __init__(
        self,
        sex: str,
        age: int,
        stage: int,
        severity: float,
        setting: str,
        informant: bool,
        year: int,
        seen_before: bool,
        tokens: frozenset[str] | set[str],
        values: dict[str, str],
        draw: Callable[[], float],
        style: str,
    ) -> None:
        self.sex = sex
        self.age = age
        self.stage = stage
        self.severity = severity
        self.setting = setting
        self.informant = informant
        self.year = year
        self.seen_before = seen_before
        self.tokens = tokens
        self.values = values
        self.draw = draw
        self.style = style
        self.status = ""


class Gate:
    """A compiled precondition.

    Args:
        when: as the pack gives it.
        stages: stage id -> rank.
    """

    __slots__ = (
        "_age_below",
        "_age_from",
        "_has",
        "_informant",
        "_not_settings",
        "_seen_before",
        "_settings",
        "_severe_from",
        "_severe_to",
        "_sex",
        "_stage_from",
        "_stage_to",
        "_status",
        "_without",
        "_year_from",
        "_year_to",
    )

    def __init__(self, when: When, stages: Mapping[str, int]) -> None:
        self._sex = when.sex
        self._age_from = -1 if when.age_from is None else when.age_from
        self._age_below = 999 if when.age_below is None else when.age_below
        self._stage_from = stages.get(when.stage_from, 99) if when.stage_from else -1
        self._stage_to = stages.get(when.stage_to, 99) if when.stage_to else 99
        self._settings = frozenset(when.settings)
        self._not_settings = frozenset(when.not_settings)
        self._informant = when.informant
        self._has = frozenset(when.has)
        self._without = frozenset(when.without)
        self._year_from = -1 if when.year_from is None else when.year_from
        self._year_to = 9999 if when.year_to is None else when.year_to
        self._seen_before = when.seen_before
        self._severe_from = -1.0 if when.severe_from is None else when.severe_from
        self._severe_to = 9.0 if when.severe_to is None else when.severe_to
        self._status = frozenset(when.status)

    @property
    def specific(self) -> bool:
        """Return whether it asks for something that is so of the patient."""
        return bool(self._has)

    def opens(self, scene: Scene) -> bool:
        """Return whether the scene meets the precondition."""
        return (
            (self._sex is None or self._sex == scene.sex)
            and self._age_from <= scene.age < self._age_below
            and self._stage_from <= scene.stage <= self._stage_to
            and (not self._settings or scene.setting in self._settings)
            and scene.setting not in self._not_settings
            and (self._informant is None or self._informant == scene.informant)
            and self._has <= scene.tokens
            and self._without.isdisjoint(scene.tokens)
            and self._year_from <= scene.year <= self._year_to
            and (self._seen_before is None or self._seen_before == scene.seen_before)
            and self._severe_from <= scene.severity <= self._severe_to
            and (not self._status or scene.status in self._status)
        )
