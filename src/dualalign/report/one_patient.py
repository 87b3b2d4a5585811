"""One patient's years, for the timeline: read without holding the rest of the cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from dualalign.report.figures import PatientLine

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

_LOOKED_AT = 50
"""Patients among whom the one with the most test scores is taken."""

Row = dict[str, Any]


def patient_line(cohort: Cohort, pack: Pack) -> PatientLine:
    """Return the years of the patient with the most test scores among the first fifty with notes."""
    visits = _first_patients(cohort)
    chosen = max(visits, key=lambda patient: sum(len(row["scores"] or ()) for row in visits[patient]))
    own = visits[chosen]
    personas = cohort.table("personas", ["patient_id", "sex", "age_at_index", "index_date"])
    persona = personas.filter(pc.equal(personas["patient_id"], chosen)).to_pylist()[0]
    scores: dict[str, list[tuple[float, float]]] = {}
    maxima: dict[str, float] = {}
    for row in own:
        for score in row["scores"] or ():
            low_is_good = pack.instruments.instrument(score["instrument"]).better == "low"
            name = f"{score['name']} (high is worse)" if low_is_good else score["name"]
            scores.setdefault(name, []).append((row["years_before"], score["value"]))
            maxima[name] = score["maximum"]
    return PatientLine(
        f"Patient {chosen}, {persona['sex']}, {persona['age_at_index']} at diagnosis",
        [(row["years_before"], row["note_type"], row["stage"]) for row in own],
        {name: sorted(points, reverse=True) for name, points in scores.items()},
        maxima,
        _onsets(cohort, pack, chosen, {row["note_id"]: row["years_before"] for row in own}),
        persona["index_date"],
    )


def _first_patients(cohort: Cohort) -> dict[str, list[Row]]:
    """Return the visits of the first patients with the disease, by patient."""
    personas = cohort.table("personas", ["patient_id", "is_case"])
    cases = set(personas.filter(personas["is_case"])["patient_id"].to_pylist())
    found: dict[str, list[Row]] = {}
    columns = ["note_id", "patient_id", "years_before", "note_type", "stage", "scores"]
    for batch in cohort.batches("visits", columns):
        for row in batch.to_pylist():
            if row["patient_id"] not in cases:
                continue
            if row["patient_id"] not in found and len(found) == _LOOKED_AT:
                return found
            found.setdefault(row["patient_id"], []).append(row)
    return found


def _onsets(cohort: Cohort, pack: Pack, patient: str, when: dict[str, float]) -> list[tuple[float, str]]:
    terms = pack.lexicon.terms()
    first: dict[str, float] = {}
    seen = False
    for batch in cohort.batches("mentions", ["note_id", "patient_id", "term", "polarity"]):
        rows = pa.Table.from_batches([batch])
        rows = rows.filter(pc.equal(rows["patient_id"], patient))
        if seen and not rows.num_rows:
            break
        seen = seen or bool(rows.num_rows)
        for row in rows.to_pylist():
            if row["polarity"] == "affirmed":
                first[row["term"]] = max(first.get(row["term"], 0.0), when[row["note_id"]])
    return [(years, terms[term].name) for term, years in first.items()]
