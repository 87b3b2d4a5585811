"""Scales of all sites together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualalign.progression.history import history_at_visits
from dualalign.progression.scaling import WIDE, Scale, Scales
from dualalign.progression.visits import Floats, Visits


def pooled_scales(sites: Sequence[Visits]) -> Scales:
    """Return the scales of all sites together, from each site's counts, sums and sums of squares alone."""
    return Scales(
        _pooled([visits.values for visits in sites]),
        _pooled([visits.person_at_rows() for visits in sites]),
        _pooled([history_at_visits(visits).columns(WIDE) for visits in sites]),
    )


def _pooled(tables: Sequence[Floats]) -> Scale:
    count = sum((~np.isnan(table)).sum(axis=0) for table in tables)
    total = sum(np.nansum(table, axis=0) for table in tables)
    squares = sum(np.nansum(table**2, axis=0) for table in tables)
    safe = np.maximum(count, 1)
    mean = total / safe
    spread = np.sqrt(np.maximum(squares / safe - mean**2, 0.0))
    return Scale(np.asarray(mean), np.where(spread > 1e-6, spread, 1.0))
