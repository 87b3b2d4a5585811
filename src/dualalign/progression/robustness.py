"""Take data away, to see what a model says without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.visits import Visits
from dualalign.randomness import Stream, generator


def drop_visits(visits: Visits, share: float, seed: int) -> Visits:
    """Empty a share of all visits at random; they keep their place, but nothing was observed at them.

    Args:
        visits: the visits.
        share: 0 to 1.
        seed: draws which.

    Raises:
        ProgressionError: a share out of range.
    """
    _check(share)
    gone = generator(seed, Stream.PROGRESSION, 3000).random(len(visits.times)) < share
    values = visits.values.copy()
    values[gone] = np.nan
    return replace(visits, values=values)


def drop_values(visits: Visits, share: float, seed: int) -> Visits:
    """Take away a share of all observed values at random; arguments as for `drop_visits`."""
    _check(share)
    gone = generator(seed, Stream.PROGRESSION, 3001).random(visits.values.shape) < share
    return replace(visits, values=np.where(gone, np.nan, visits.values))


def _check(share: float) -> None:
    if not 0 <= share <= 1:
        raise ProgressionError(f"a share of {share:g}", "give 0 to 1")
