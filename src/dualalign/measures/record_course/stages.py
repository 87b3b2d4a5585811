"""Whether scores fit the stage they stand beside, and whether stages last as long as they do in real cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.alignment.counts import case_rows
from dualalign.measures.measure import (
    Figure,
    Measure,
    TooLittleData,
    bootstrap_interval,
    grouped_interval,
    random_numbers,
)
from dualalign.measures.metric import higher, lower, measured

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

Floats = npt.NDArray[np.float64]


@measured(score_stage_agreement=higher())
def score_stage_agreement(cohort: Cohort, pack: Pack) -> Measure | None:
    """Return the share of test scores that lie in their stage's band; None if no score has one.

    Bands are of noise-free scores, so that a right record does not reach 1. The baseline deals the scores of each test
    to the visits at which it was given at random.
    """
    bands = {stage.id: stage.scores for stage in pack.stages.stages}
    cases = case_rows(cohort)
    rows = [
        (row["patient_id"], row["stage"], score["instrument"], score["value"])
        for batch in cohort.batches("visits", ["patient_id", "stage", "scores"])
        for row in batch.to_pylist()
        for score in row["scores"] or ()
        if row["patient_id"] in cases and score["instrument"] in bands.get(row["stage"], {})
    ]
    if not rows:
        return None
    patients, stages, tests, values = zip(*rows, strict=True)
    lows = np.array([bands[stage][test][0] for stage, test in zip(stages, tests, strict=True)])
    highs = np.array([bands[stage][test][1] for stage, test in zip(stages, tests, strict=True)])
    scores, given = np.array(values), np.array(tests)
    inside = (scores >= lows) & (scores <= highs)
    dealt = scores.copy()
    random = random_numbers()
    for test in sorted(set(tests)):
        own = np.flatnonzero(given == test)
        dealt[own] = random.permutation(scores[own])
    return Figure(
        float(inside.mean()),
        grouped_interval(patients, lambda drawn: float(inside[drawn].mean())),
        {
            pack.instruments.instrument(test).names[0]: float(inside[given == test].mean())
            for test in sorted(set(tests))
        },
        {"scores dealt at random": float(((dealt >= lows) & (dealt <= highs)).mean())},
        note=f"{len(rows):,} scores against bands of noise-free scores",
    )


@measured(stage_time_error=lower())
def stage_time_error(cohort: Cohort, pack: Pack) -> Measure | None:
    """Return how far mean years in a stage are from published ones, as a share of these; None if the pack has none.

    Years between a stage's first and the next stage's first visit, over the number of patients who went on: stages not
    left by the last visit count their years and no change. A record that is squeezed in time stays below the target.

    Raises:
        MeasureError: no patient is seen to leave a stage that has a published time.
    """
    published: Mapping[str, float] = pack.published_results.sojourn_years
    order = [stage.id for stage in pack.stages.stages]
    wanted = [stage for stage in order if stage in published]
    if not wanted:
        return None
    years, changes = _years_and_changes(cohort, order, wanted)
    seen = [column for column in range(len(wanted)) if changes[:, column].any()]
    if not seen:
        raise TooLittleData(f"{cohort.folder}: nobody is seen to leave a stage", "generate more patients")
    targets = np.array([published[wanted[column]] for column in seen])

    def times(rows: npt.NDArray[np.intp]) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(years[rows][:, seen].sum(axis=0) / changes[rows][:, seen].sum(axis=0))

    def error(rows: npt.NDArray[np.intp]) -> float:
        off = np.abs(times(rows) / targets - 1)
        return float(off.mean()) if np.isfinite(off).all() else float("nan")

    everybody = np.arange(len(years))
    names = {stage.id: stage.name for stage in pack.stages.stages}
    return Figure(
        error(everybody),
        bootstrap_interval(len(years), error),
        {names[wanted[column]]: float(value) for column, value in zip(seen, times(everybody), strict=True)},
        {f"target {names[wanted[column]]}": float(published[wanted[column]]) for column in seen},
        note="mean years in a stage by visits, against published ones; these are of people followed from then on, "
        "the cohort's of people known to be diagnosed",
    )


def _years_and_changes(cohort: Cohort, order: list[str], wanted: list[str]) -> tuple[Floats, Floats]:
    """Return, patients x stages, the years seen in a stage and whether a later one was reached."""
    cases = case_rows(cohort)
    rank = {stage: place for place, stage in enumerate(order)}
    visits: dict[str, list[tuple[float, int]]] = {}
    for batch in cohort.batches("visits", ["patient_id", "years_before", "stage"]):
        for row in batch.to_pylist():
            if row["patient_id"] in cases and row["stage"] in rank:
                visits.setdefault(row["patient_id"], []).append((-row["years_before"], rank[row["stage"]]))
    years, changes = np.zeros((len(visits), len(wanted))), np.zeros((len(visits), len(wanted)))
    for patient, seen in enumerate(visits.values()):
        seen.sort()
        for column, stage in enumerate(wanted):
            inside = [when for when, place in seen if place == rank[stage]]
            later = [when for when, place in seen if place > rank[stage]]
            if inside:
                after = [when for when in later if when >= inside[0]]
                years[patient, column] = (after[0] if after else inside[-1]) - inside[0]
                changes[patient, column] = bool(after)
    return years, changes
