"""The tables of a cohort: their columns, and the rows that one patient adds to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dualalign.notes.note import Note
from dualalign.personas.persona import Persona
from dualalign.trajectories.plan import NotePlan

SYNTHETIC = {b"synthetic": b"true"}
"""Metadata that every table of a cohort carries."""

_LABELS = pa.list_(pa.string())
_SCORE = pa.struct(
    [
        ("instrument", pa.string()),
        ("name", pa.string()),
        ("value", pa.float64()),
        ("maximum", pa.float64()),
        ("impaired", pa.bool_()),
        ("reading", pa.string()),
    ]
)
_MEDICINE = pa.struct(
    [("drug", pa.string()), ("dose", pa.string()), ("action", pa.string()), ("purpose", pa.string())]
)

_INFORMANT = pa.struct([("relation", pa.string()), ("name", pa.string()), ("is_professional", pa.bool_())])

PERSONAS = pa.schema(
    [
        ("patient_id", pa.string()),
        ("is_case", pa.bool_()),
        ("matched_to", pa.string()),
        ("sex", pa.string()),
        ("age_at_index", pa.int16()),
        ("birth_date", pa.date32()),
        ("index_date", pa.date32()),
        ("apoe", pa.string()),
        ("work", pa.string()),
        ("informants", pa.list_(_INFORMANT)),
        ("tags", pa.list_(pa.string())),
    ],
    metadata=SYNTHETIC,
)
"""A column for each factor of the pack follows."""

VISITS = pa.schema(
    [
        ("note_id", pa.string()),
        ("patient_id", pa.string()),
        ("visit", pa.int32()),
        ("date", pa.date32()),
        ("years_before", pa.float64()),
        ("year_bin", pa.int8()),
        ("age", pa.int16()),
        ("note_type", pa.string()),
        ("stage", pa.string()),
        ("severity", pa.float64()),
        ("informant_relation", pa.string()),
        ("informant_name", pa.string()),
        ("author", pa.string()),
        ("place", pa.string()),
        ("diagnosis_made", pa.bool_()),
        ("facts", _LABELS),
        ("scores", pa.list_(_SCORE)),
        ("medicines", pa.list_(_MEDICINE)),
        ("reason", pa.string()),
        ("systolic", pa.int16()),
        ("diastolic", pa.int16()),
        ("heart_rate", pa.int16()),
        ("temperature", pa.float64()),
        ("saturation", pa.int16()),
        ("weight", pa.float64()),
    ],
    metadata=SYNTHETIC,
)
MENTIONS = pa.schema(
    [
        ("note_id", pa.string()),
        ("patient_id", pa.string()),
        ("visit", pa.int32()),
        ("mention", pa.int16()),
        ("domain", pa.string()),
        ("term", pa.string()),
        ("polarity", pa.string()),
        ("reporter", pa.string()),
        ("role", pa.string()),
        ("course", pa.string()),
        ("severity", pa.float64()),
        ("months", pa.int32()),
        ("labels", _LABELS),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("sentence", pa.int16()),
    ],
    metadata=SYNTHETIC,
)
NOTES = pa.schema(
    [
        ("note_id", pa.string()),
        ("patient_id", pa.string()),
        ("visit", pa.int32()),
        ("date", pa.date32()),
        ("year_bin", pa.int8()),
        ("note_type", pa.string()),
        ("stage", pa.string()),
        ("text", pa.string()),
        ("writer", pa.string()),
        ("failed_checks", pa.list_(pa.string())),
        ("prompt_tokens", pa.int32()),
        ("reply_tokens", pa.int32()),
        ("cost_usd", pa.float64()),
    ],
    metadata=SYNTHETIC,
)
SENTENCES = pa.schema(
    [
        ("note_id", pa.string()),
        ("patient_id", pa.string()),
        ("visit", pa.int32()),
        ("sentence", pa.int16()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("section", pa.string()),
        ("text", pa.string()),
        ("labels", _LABELS),
        ("label_source", pa.string()),
        ("confidence", pa.float64()),
    ],
    metadata=SYNTHETIC,
)

Columns = dict[str, list[Any]]


def empty_columns(schema: pa.Schema) -> Columns:
    """Return one empty list per column of a schema."""
    return {name: [] for name in schema.names}


def to_table(columns: Columns, schema: pa.Schema) -> pa.Table:
    """Return the columns as an Arrow table of the schema."""
    return pa.Table.from_arrays(
        [pa.array(columns[field.name], type=field.type) for field in schema], schema=schema
    )


def note_id(patient_id: str, visit: int) -> str:
    """Return the id of a patient's note, for example `P000007-0012`."""
    return f"{patient_id}-{visit:04d}"


def personas_table(personas: Sequence[Persona], factor_ids: Sequence[str]) -> pa.Table:
    """Return personas as one row each, with a column per factor."""
    columns: Columns = {
        "patient_id": [p.patient_id for p in personas],
        "is_case": [p.is_case for p in personas],
        "matched_to": [p.matched_to for p in personas],
        "sex": [p.sex for p in personas],
        "age_at_index": [p.age_at_index for p in personas],
        "birth_date": [p.birth_date for p in personas],
        "index_date": [p.index_date for p in personas],
        "apoe": [p.apoe for p in personas],
        "work": [p.work for p in personas],
        "informants": [
            [
                {"relation": i.relation, "name": i.name, "is_professional": i.is_professional}
                for i in p.informants
            ]
            for p in personas
        ],
        "tags": [sorted(p.tags) for p in personas],
    }
    fields = list(PERSONAS)
    for factor in factor_ids:
        columns[f"factor_{factor}"] = [p.factors[factor] for p in personas]
        fields.append(pa.field(f"factor_{factor}", pa.string()))
    return to_table(columns, pa.schema(fields, metadata=SYNTHETIC))


def add_visits(columns: Columns, plans: Sequence[NotePlan]) -> None:
    """Append one row per note plan to the visit columns."""
    for plan in plans:
        informant = plan.informant
        row = (
            note_id(plan.patient_id, plan.visit),
            plan.patient_id,
            plan.visit,
            plan.date,
            plan.years_before,
            plan.year_bin,
            plan.age,
            plan.note_type,
            plan.stage,
            plan.severity,
            informant.relation if informant else None,
            informant.name if informant else None,
            plan.style.author,
            plan.place,
            plan.diagnosis_made,
            plan.facts,
            [
                {
                    "instrument": s.instrument,
                    "name": s.name,
                    "value": s.value,
                    "maximum": s.maximum,
                    "impaired": s.impaired,
                    "reading": s.reading,
                }
                for s in plan.scores
            ],
            [
                {"drug": m.drug, "dose": m.dose, "action": m.action, "purpose": m.purpose}
                for m in plan.medicines
            ],
            *_visit_of(plan),
        )
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)


def _visit_of(plan: NotePlan) -> tuple[object, ...]:
    """Return why a visit took place and the vital signs measured at it; nothing where no agenda was made."""
    if plan.agenda is None or plan.agenda.vitals is None:
        return (None,) * 7
    vitals = plan.agenda.vitals
    return (
        plan.agenda.reason,
        vitals.systolic,
        vitals.diastolic,
        vitals.heart_rate,
        vitals.temperature,
        vitals.saturation,
        vitals.weight,
    )


def add_mentions(columns: Columns, plan: NotePlan, note: Note) -> None:
    """Append one row per planned mention, with its span where it was said."""
    spans = {span.mention: span for span in note.mentions}
    rows = len(plan.mentions)
    identity = note_id(plan.patient_id, plan.visit)
    columns["note_id"].extend([identity] * rows)
    columns["patient_id"].extend([plan.patient_id] * rows)
    columns["visit"].extend([plan.visit] * rows)
    columns["mention"].extend(range(rows))
    for index, mention in enumerate(plan.mentions):
        columns["domain"].append(mention.domain)
        columns["term"].append(mention.term)
        columns["polarity"].append(mention.polarity.value)
        columns["reporter"].append(mention.reporter.value)
        columns["role"].append(mention.role.value)
        columns["course"].append(mention.course.value)
        columns["severity"].append(mention.severity)
        columns["months"].append(mention.months)
        columns["labels"].append(mention.labels)
        span = spans.get(index)
        columns["start"].append(span.start if span else None)
        columns["end"].append(span.end if span else None)
        columns["sentence"].append(span.sentence if span else None)


def add_note(columns: Columns, plan: NotePlan, note: Note) -> None:
    """Append one note."""
    row = (
        note_id(plan.patient_id, plan.visit),
        plan.patient_id,
        plan.visit,
        plan.date,
        plan.year_bin,
        plan.note_type,
        plan.stage,
        note.text,
        note.writer,
        [name for name, reason in note.checks.items() if reason is not None],
        note.tokens[0] if note.tokens else None,
        note.tokens[1] if note.tokens else None,
        note.cost_usd,
    )
    for column, value in zip(columns.values(), row, strict=True):
        column.append(value)


def add_sentences(columns: Columns, plan: NotePlan, note: Note) -> None:
    """Append one row per sentence, labelled as the writer meant it."""
    rows = len(note.sentences)
    identity = note_id(plan.patient_id, plan.visit)
    text = note.text
    columns["note_id"].extend([identity] * rows)
    columns["patient_id"].extend([plan.patient_id] * rows)
    columns["visit"].extend([plan.visit] * rows)
    columns["sentence"].extend(range(rows))
    columns["start"].extend([s.start for s in note.sentences])
    columns["end"].extend([s.end for s in note.sentences])
    columns["section"].extend([s.section for s in note.sentences])
    columns["text"].extend([text[s.start : s.end] for s in note.sentences])
    columns["labels"].extend([s.labels for s in note.sentences])
    columns["label_source"].extend(["plan"] * rows)
    columns["confidence"].extend([1.0] * rows)
