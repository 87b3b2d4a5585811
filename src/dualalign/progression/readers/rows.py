"""Rows that readers gather, turned into checked longitudinal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dualalign.errors import ProgressionError
from dualalign.files import shown
from dualalign.progression.checks import make_longitudinal
from dualalign.progression.longitudinal import EVENTS, OBSERVATIONS, LongitudinalData, subjects_schema
from dualalign.progression.schema import LongitudinalSchema


@dataclass
class Rows:
    """Gathers subjects, observations and events in any order.

    Args:
        schema: what they must hold.
        source: where they come from, for messages.
    """

    schema: LongitudinalSchema
    source: str
    subjects: dict[str, dict[str, Any]] = field(default_factory=dict)
    observations: list[tuple[str, float, str, float | None, str | None]] = field(default_factory=list)
    events: list[tuple[str, float, str]] = field(default_factory=list)

    def observe(
        self,
        subject: str,
        time: float,
        feature: str,
        value: float,
        unit: str | None = None,
        text: str | None = None,
    ) -> None:
        """Add a value, turned from its unit into the schema's, with the words it rests on if there are any.

        Raises:
            ProgressionError: a unit that the schema does not know.
        """
        wanted = self.schema.feature(feature)
        if unit is not None and unit != wanted.unit:
            if unit not in wanted.units:
                known = ", ".join([wanted.unit, *wanted.units])
                raise ProgressionError(
                    f"{self.source}: subject {shown(subject)}, {time:g} years: {feature} in {shown(unit)}",
                    f"the schema knows {known}; add the unit and its factor there",
                )
            value = value * wanted.units[unit]
        self.observations.append((subject, time, feature, value, text))

    def write(self, subject: str, time: float, feature: str, text: str) -> None:
        """Add a text."""
        self.observations.append((subject, time, feature, None, text))

    def first_above(self, event: str, feature: str, above: float) -> None:
        """Add an event for each subject at the first time a feature lies above a bound."""
        first: dict[str, float] = {}
        for subject, time, name, value, _ in self.observations:
            if name == feature and value is not None and value > above:
                first[subject] = min(time, first.get(subject, time))
        self.events.extend((subject, time, event) for subject, time in sorted(first.items()))

    def build(self) -> LongitudinalData:
        """Sort and check everything.

        Raises:
            ProgressionError: a check failed.
        """
        order = {subject: row for row, subject in enumerate(self.subjects)}
        rows = sorted(self.observations, key=lambda row: (order.get(row[0], len(order)), row[1]))
        columns: Mapping[str, list[Any]] = {
            "subject": [row[0] for row in rows],
            "time": [row[1] for row in rows],
            "modality": [self.schema.modality_of.get(row[2], "") for row in rows],
            "feature": [row[2] for row in rows],
            "value": [row[3] for row in rows],
            "text": [row[4] for row in rows],
        }
        people = [{"subject": subject, **facts} for subject, facts in self.subjects.items()]
        return make_longitudinal(
            self.schema,
            pa.Table.from_pylist(people, schema=subjects_schema(self.schema)),
            pa.table(columns, schema=OBSERVATIONS),
            pa.table(
                {name: [row[place] for row in self.events] for place, name in enumerate(EVENTS.names)},
                schema=EVENTS,
            ),
            self.source,
        )
