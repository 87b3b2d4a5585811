"""Figures that are drawn from a cohort's tables or texts rather than from a measure's breakdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from dualalign.measures.alignment.counts import case_rows
from dualalign.measures.alignment.personas import marginal_shares
from dualalign.measures.measure import NotGiven
from dualalign.report.chapter import Plot, as_words
from dualalign.report.figures import dots_by_kind, map_of_notes, patient_timeline, stacked_bars
from dualalign.report.one_patient import patient_line

if TYPE_CHECKING:
    from dualalign.measures.context import Context
    from dualalign.packs.schema.factors import Factor

_YEARS = "years before diagnosis"


def persona_levels(context: Context) -> list[Plot]:
    """Return every level of every factor against its target, a figure for each of the pack's groups."""
    shares = marginal_shares(context.cohort, context.pack)
    groups: dict[str, dict[str, tuple[float, float]]] = {}
    for factor in context.pack.factors.factors:
        groups.setdefault(factor.group, {}).update(_rows(factor, shares[factor.id]))
    return [
        Plot(
            dots_by_kind(
                as_words(group).capitalize(),
                list(rows),
                {
                    "measured": [100 * found for found, _ in rows.values()],
                    "target": [100 * target for _, target in rows.values()],
                },
                "% of patients",
            ),
            "Target: the pack's share.",
        )
        for group, rows in groups.items()
    ]


def labels_by_year(context: Context) -> list[Plot]:
    """Return labels per note of patients, part by part: a part of sentences goes with the same part of notes."""
    cohort, pack = context.cohort, context.pack
    cases = set(case_rows(cohort))
    counted: Counter[tuple[int, str]] = Counter()
    notes: Counter[int] = Counter()
    parts = zip(
        cohort.iterate("notes", ["note_id", "patient_id", "year_bin"]),
        cohort.iterate("sentences", ["note_id", "labels"]),
        strict=True,
    )
    for written, said in parts:
        columns = (written[name].to_pylist() for name in ("note_id", "patient_id", "year_bin"))
        year_of = {note: year for note, patient, year in zip(*columns, strict=True) if patient in cases}
        notes.update(year_of.values())
        labelled = said.filter(pc.greater(pc.list_value_length(said["labels"]), 0))
        for note, labels in zip(labelled["note_id"].to_pylist(), labelled["labels"].to_pylist(), strict=True):
            if note in year_of:
                counted.update((year_of[note], label) for label in labels)
    years = sorted(notes, reverse=True)
    per_note = {
        label.name: [counted[year, label.id] / notes[year] for year in years]
        for label in pack.labels.scheme().labels
    }
    return [
        Plot(
            stacked_bars("Labels per note", years, per_note, _YEARS, "labelled sentences"),
            "A sentence with several labels counts once for each. Patients only.",
        )
    ]


def one_patient(context: Context) -> list[Plot]:
    """Return one patient's years on one line."""
    line = patient_line(context.cohort, context.pack)
    return [
        Plot(
            patient_timeline(line, [stage.id for stage in context.pack.stages.stages]),
            "Above: test scores as a share of the highest possible. Middle: visits, darker in later stages. Below: the "
            "first notes that affirm a symptom, up to 24 symptoms.",
            wide=True,
        )
    ]


def map_of_both(context: Context) -> list[Plot]:
    """Return where synthetic and reference notes lie on a plane."""
    from dualalign.measures.realism.note_map import map_notes

    placed = map_notes(context.patient_notes, context.reference, context.encoder)
    caption = f"{placed.how}. Near points are alike; far distances mean nothing."
    return [Plot(map_of_notes("A map of notes", placed), caption)]


PICTURES: dict[str, tuple[Callable[[Context], list[Plot]], str]] = {
    "persona_levels": (persona_levels, "personas_total_variation"),
    "labels_by_year": (labels_by_year, ""),
    "one_patient": (one_patient, ""),
    "map_of_notes": (map_of_both, "two_sample_notes"),
}
"""Name -> what draws it, and the measure without which it is not wanted."""


def pictures(name: str, found: dict[str, object], context: Context) -> list[Plot]:
    """Return the figures of a name of `PICTURES`; none where the data for it are not at hand."""
    draw, needed = PICTURES[name]
    if needed and needed not in found:
        return []
    try:
        return draw(context)
    except NotGiven:
        return []


def _rows(factor: Factor, shares: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Return one row per level, or a single one for what one has or has not."""
    if set(shares) == {"no", "yes"}:
        return {factor.name: shares["yes"]}
    return {f"{factor.name}: {as_words(level)}": both for level, both in shares.items()}
