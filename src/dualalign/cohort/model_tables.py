"""Tables of a cohort that a language model wrote: what its notes took, and every source of a sentence's labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from dualalign.cohort.part_tables import PartTables
from dualalign.cohort.tables import NOTES, SENTENCES, add_note, add_sentences
from dualalign.labels.plan_labels import PLAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dualalign.cohort.measurements import MeasurementRows
    from dualalign.labels import Annotation, RulesAnnotator
    from dualalign.notes.note import Note
    from dualalign.trajectories import NotePlan

_LABELS = pa.list_(pa.string())


def _with(schema: pa.Schema, *fields: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([*schema, *(pa.field(*field) for field in fields)], metadata=schema.metadata)


MODEL_NOTES = _with(NOTES, ("attempts", pa.int8()), ("failed_at_first", _LABELS))
MODEL_SENTENCES = _with(SENTENCES, ("plan_labels", _LABELS), ("rules_labels", _LABELS))
"""`labels` are those of plan and rules together where a sentence says what was planned, else those of the rules; a
heading has none. `plan_labels` is null where the plan says nothing of a sentence."""


class ModelPartTables(PartTables):
    """Gathers the rows of one part whose notes a model wrote.

    Args:
        measurements: makes the rows of the table of measurements.
        rules: labels the sentences that the plan says nothing of, and all others beside the plan.
    """

    schemas = {**PartTables.schemas, "notes": MODEL_NOTES, "sentences": MODEL_SENTENCES}  # noqa: RUF012

    def __init__(self, measurements: MeasurementRows, rules: RulesAnnotator) -> None:
        super().__init__(measurements)
        self._rules = rules

    def _add_note(self, plan: NotePlan, note: Note) -> None:
        notes, sentences = self._columns["notes"], self._columns["sentences"]
        extra = {name: notes[name] for name in ("attempts", "failed_at_first")}
        add_note({name: notes[name] for name in NOTES.names}, plan, note)
        extra["attempts"].append(note.attempts)
        extra["failed_at_first"].append(note.failed_at_first)
        add_sentences({name: sentences[name] for name in SENTENCES.names}, plan, note)
        planned = {span.sentence for span in note.mentions}
        own = [note.text[each.start : each.end] for each in note.sentences]
        first = len(sentences["labels"]) - len(own)
        for number, (said, ruled) in enumerate(
            zip(note.sentences, self._by_rules(own, note.text, plan), strict=True)
        ):
            by_plan = number in planned
            by_rules = () if number in note.headings else ruled.labels
            sentences["plan_labels"].append(said.labels if by_plan else None)
            sentences["rules_labels"].append(by_rules)
            sentences["labels"][first + number] = tuple(
                label for label in self._rules.order if label in said.labels or label in by_rules
            )
            sentences["label_source"][first + number] = PLAN if by_plan else ruled.source
            if not by_plan:
                sentences["confidence"][first + number] = ruled.confidence

    def _by_rules(self, sentences: Sequence[str], note: str, plan: NotePlan) -> list[Annotation]:
        """Label sentences by the rules, which know who somebody is by the relation and not by the name."""
        person = plan.informant
        if person is None or not person.name or person.is_professional:
            return self._rules.annotate(sentences, note)
        name = re.compile(rf"\b{re.escape(person.name)}\b")
        told = [name.sub(person.relation, each) for each in sentences]
        return self._rules.annotate(told, name.sub(person.relation, note))
