"""What chance does to a distance from a target: what it alone would show, and the interval it leaves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import bootstrap_interval, random_numbers

Floats = npt.NDArray[np.float64]

DRAWS = 2000
_RESAMPLES = 300
MEAN, HIGH = "sampling noise", "noise, 1 in 20"


def noise_baseline(distances: npt.ArrayLike) -> dict[str, float]:
    """Return the mean distance that chance gives, and the distance that it exceeds one time in twenty.

    Args:
        distances: one for each simulated cohort that follows the target exactly.
    """
    drawn = np.asarray(distances, dtype=np.float64)
    return {MEAN: float(drawn.mean()), HIGH: float(np.quantile(drawn, 0.95))}


def poisson_ratios(expected: Floats, patients: int = 1, shape: float | None = None) -> Floats:
    """Return, draws x counts, Poisson counts over their expectation.

    Args:
        expected: expected counts, all above 0.
        patients: patients among whom they were counted.
        shape: shape of the gamma, mean 1, by which patients' rates differ; none if they are alike.
    """
    random = random_numbers()
    # All counts of a patient share one gamma, and the mean of so many gammas of a shape is a gamma of their summed shape.
    shared = 1.0 if shape is None else random.gamma(shape * patients, 1 / (shape * patients), (DRAWS, 1))
    return np.asarray(random.poisson(expected * shared, (DRAWS, len(expected))) / expected)


def distance_interval(
    units: int, statistic: Callable[[npt.NDArray[np.intp]], float]
) -> tuple[float, float] | None:
    """Return a 95% interval of a distance, by bootstrap over patients, shifted to the distance itself.

    Resampling adds noise of its own, which lengthens every distance; left in, an interval can lie wholly above the
    distance it belongs to. The shift is the mean of the resamples less the distance; no end is below 0.

    Args:
        units: patients.
        statistic: distance of a resample, given as rows of patients.
    """
    seen = []

    def recorded(rows: npt.NDArray[np.intp]) -> float:
        seen.append(statistic(rows))
        return seen[-1]

    interval = bootstrap_interval(units, recorded, draws=_RESAMPLES)
    if interval is None:
        return None
    shift = float(np.nanmean(seen)) - statistic(np.arange(units))
    low, high = (max(0.0, end - shift) for end in interval)
    return low, high
