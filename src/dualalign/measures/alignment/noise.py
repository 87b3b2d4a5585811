"""What chance alone would show: the baseline of every distance from a target."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dualalign.randomness import Stream, generator

Floats = npt.NDArray[np.float64]

DRAWS = 2000
MEAN, HIGH = "sampling noise", "noise, 1 in 20"


def random_numbers() -> np.random.Generator:
    """Return the generator that noise is drawn from; the same at every call."""
    return generator(0, Stream.MEASURE)


def noise_baseline(distances: npt.ArrayLike) -> dict[str, float]:
    """Return the mean distance that chance gives, and the distance that it exceeds one time in twenty.

    Args:
        distances: one for each simulated cohort that follows the target exactly.
    """
    drawn = np.asarray(distances, dtype=np.float64)
    return {MEAN: float(drawn.mean()), HIGH: float(np.quantile(drawn, 0.95))}


def poisson_ratios(expected: Floats) -> Floats:
    """Return, draws x counts, Poisson counts over their expectation.

    Args:
        expected: expected counts, all above 0.
    """
    return np.asarray(random_numbers().poisson(expected, (DRAWS, len(expected))) / expected)
