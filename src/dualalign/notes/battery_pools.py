"""The lines of a battery of tests, compiled once and shared by all patients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.passages.pool import CompiledLine, Pool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dualalign.packs.schema.lines import Line
    from dualalign.packs.schema.note_material import Battery, Level

LEVELS: tuple[Level, ...] = ("average", "low", "borderline", "impaired")
"""Levels of scores, from the best."""
_BEFORE_SCORE = re.compile(r"[^\[{\d]*")


@dataclass(frozen=True, slots=True)
class Test:
    """A test: its name, by which it is known from year to year, and its line."""

    name: str
    line: CompiledLine

    __test__ = False


class BatteryPools:
    """The battery of a pack.

    Args:
        battery: of the pack.
        stages: stage id -> rank.
    """

    def __init__(self, battery: Battery, stages: Mapping[str, int]) -> None:
        def test(line: Line, place: str) -> Test:
            words = _BEFORE_SCORE.match(line.say.lower())
            name = " ".join((words[0] if words else "").replace(",", "").split()[-2:])
            return Test(name, CompiledLine(line, stages, place))

        def pool(lines: list[Line], place: str) -> Pool:
            return Pool(lines, stages, f"battery, {place}")

        self.domains = battery.domains
        self.scales, self.short, self.level_words = battery.scales, battery.short, battery.level_words
        self.tests: dict[str, dict[Level, list[Test]]] = {
            name: {
                level: [
                    test(line, f"battery, {name}")
                    for line in (*domain.tests, *domain.by_level.get(level, ()))
                ]
                for level in LEVELS
            }
            for name, domain in battery.domains.items()
        }
        self.frames = pool(battery.frames, "frames")
        self.conditions = pool(battery.conditions, "conditions")
        self.helped = battery.helped
        self.dependence = pool(battery.dependence, "dependence")
        self.summary = {name: pool(lines, f"summary, {name}") for name, lines in battery.summary.items()}
        self.remarks = pool(battery.remarks, "remarks")
        self.implications = pool(battery.implications, "implications")
        self.recommendations = pool(battery.recommendations, "recommendations")
