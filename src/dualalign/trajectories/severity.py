"""The latent course: one patient's true scores over the years before the index date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualalign.packs.schema.instruments import Instruments
    from dualalign.packs.schema.stages import Stages

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LatentCourse:
    """True scores of one patient.

    Args:
        times: years before the index date, falling from the earliest to 0.
        anchor: true score of the pack's anchor instrument at those times.
        best: best score of the anchor instrument.
        worst: score at which severity is 1.
    """

    times: Floats
    anchor: Floats
    best: float
    worst: float

    def score(self, years_before: Floats | float) -> Floats:
        """Return the true anchor score at some years before the index date."""
        return np.asarray(np.interp(-np.asarray(years_before, dtype=float), -self.times, self.anchor))

    def severity(self, years_before: Floats | float) -> Floats:
        """Return severity, 0 (best score) to 1."""
        return np.clip((self.best - self.score(years_before)) / (self.best - self.worst), 0.0, 1.0)


class CourseModel:
    """Draws latent courses for a pack.

    Args:
        stages: the pack's stages and course.
        instruments: the pack's instruments.
        published_map: use the published year-to-stage map in place of the latent course.
    """

    def __init__(self, stages: Stages, instruments: Instruments, published_map: bool) -> None:
        course = stages.course
        anchor = instruments.instrument(course.anchor)
        self._worst = min(stage.scores[course.anchor][0] for stage in stages.stages)
        self._best = anchor.maximum
        windows = sorted(course.windows, key=lambda window: -window.middle)
        middles = np.array([window.middle for window in windows])
        self.times = np.linspace(20.0, 0.0, 161)
        self._mean = _through_windows(self.times, middles, np.array([w.mean for w in windows]))
        self._mean_without = _through_windows(
            self.times, middles, np.array([w.mean_without for w in windows])
        )
        self._offset_sd, self._speed_sd = course.offset_sd, course.speed_sd
        self._published = published_map
        bounds = sorted(((s.scores[course.anchor][0], s.id) for s in stages.stages), reverse=True)
        self._lower_bounds = np.array([bound for bound, _ in bounds])
        self._by_severity = [stage_id for _, stage_id in bounds]
        self._map = stages.year_to_stage
        self._bands = {s.id: s.scores[course.anchor] for s in stages.stages}
        self._typical = {s.id: s.typical for s in stages.stages}

    def draw(self, rng: np.random.Generator, is_case: bool) -> LatentCourse:
        """Draw one patient's course: own level, own speed."""
        offset = float(np.clip(rng.standard_normal(), -2, 2)) * self._offset_sd
        speed = float(rng.gamma(1 / self._speed_sd**2, self._speed_sd**2))
        if is_case and self._published:
            anchor = self._staircase(offset)
        else:
            mean = self._mean if is_case else self._mean_without
            anchor = mean[0] + offset - (mean[0] - mean) * speed
        anchor = np.minimum.accumulate(np.clip(anchor, self._worst, self._best))
        return LatentCourse(self.times, anchor, self._best, self._worst)

    def stage(self, course: LatentCourse, years_before: Floats, is_case: bool) -> list[str]:
        """Return the stage at each time: by the published map, or by the true score's band."""
        if is_case and self._published:
            years = np.clip(np.ceil(years_before), 1, max(self._map)).astype(int)
            return [self._map[int(year)] for year in years]
        scores = course.score(years_before)
        ranks = (scores[:, None] < self._lower_bounds[None, :-1]).sum(axis=1)
        return [self._by_severity[int(rank)] for rank in ranks]

    def _staircase(self, offset: float) -> Floats:
        years = np.clip(np.ceil(self.times), 1, max(self._map)).astype(int)
        stages = [self._map[int(year)] for year in years]
        wanted = np.array([self._typical[stage] for stage in stages]) + 0.6 * offset
        low = np.array([self._bands[stage][0] for stage in stages])
        high = np.array([self._bands[stage][1] for stage in stages])
        return np.clip(wanted, low, high)


def _through_windows(times: Floats, middles: Floats, means: Floats) -> Floats:
    """Return a smooth falling curve through the window means."""
    from scipy.interpolate import PchipInterpolator

    curve = PchipInterpolator(-middles, means, extrapolate=True)
    return np.asarray(np.minimum(curve(-times), means[0] + 0.3), dtype=float)
