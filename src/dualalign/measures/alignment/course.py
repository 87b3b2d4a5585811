"""Alignment of the course: mean true scores by window before diagnosis, against the pack's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.alignment.counts import PatientCounts
from dualalign.measures.alignment.noise import DRAWS, distance_interval, noise_baseline
from dualalign.measures.measure import Figure, Measure, random_numbers
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Floats = npt.NDArray[np.float64]

_TARGET = "target "


@measured("latent_course", course_error=lower())
def course_error(counts: PatientCounts, pack: Pack) -> Measure | None:
    """Worst difference between the mean true score of the anchor test and the pack's course, by window, in points.

    Years of a window weigh alike within a patient, and patients alike. The baseline is what so many patients, as
    different from one another as these are, would show around the target. None where no window of the course lies
    within the years that are simulated, or fewer than two patients were seen in one.
    """
    names, targets, columns = [], [], []
    scores = _scores_by_year(counts, pack)
    for window in pack.stages.course.windows:
        years = [y for y in range(scores.shape[1]) if window.to_years <= y and y + 1 <= window.from_years]
        column = _mean_over(scores[:, years], axis=1)
        if years and (~np.isnan(column)).sum() > 1:
            names.append(f"{window.from_years:g} to {window.to_years:g} years")
            targets.append(window.mean)
            columns.append(column)
    if not names:
        return None
    each, target = np.column_stack(columns), np.array(targets)

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(np.nanmax(np.abs(_mean_over(each[rows], axis=0) - target)))

    people = (~np.isnan(each)).sum(axis=0)
    spread = np.sqrt(_mean_over((each - _mean_over(each, axis=0)) ** 2, axis=0) / (people - 1))
    noise = np.abs(random_numbers().standard_normal((DRAWS, len(names))) * spread).max(axis=1)
    found = _mean_over(each, axis=0)
    return Figure(
        error(np.arange(len(each))),
        distance_interval(len(each), error),
        {name: float(value) for name, value in zip(names, found, strict=True)},
        noise_baseline(noise)
        | {_TARGET + name: float(value) for name, value in zip(names, target, strict=True)},
        unit=f"{pack.instruments.instrument(pack.stages.course.anchor).names[0]} points",
        note="worst window; breakdown: mean true score by window before diagnosis",
    )


def _scores_by_year(counts: PatientCounts, pack: Pack) -> Floats:
    """Return patients x years, the mean true score of the anchor test at visits; nan without a visit."""
    anchor = pack.stages.course.anchor
    best = pack.instruments.instrument(anchor).maximum
    worst = min(stage.scores[anchor][0] for stage in pack.stages.stages)
    notes = counts.visits.sum(axis=2)
    severity = np.where(notes > 0, counts.severity_sums / np.maximum(notes, 1), np.nan)
    return np.asarray(best - (best - worst) * severity)


def _mean_over(values: Floats, axis: int) -> Floats:
    """Return means of what is not nan; nan where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
