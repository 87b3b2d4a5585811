"""What the network learns from at each visit: states, times of conversion, decline, next values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualalign.progression.history import history_at_visits
from dualalign.progression.questions import decline_answers
from dualalign.progression.scaling import Scales
from dualalign.progression.visits import Floats, Places, Visits

MOST_AHEAD = 3
"""Later visits that one visit is asked about; more would add pairs without adding people."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A visit, years ahead and what was found then; sorted by visit.

    Args:
        rows: n visit rows.
        ahead: n years.
        values: n values, or 0 and 1.
    """

    rows: Places
    ahead: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of all visits of some subjects.

    Args:
        exposure: N x K share of each hazard interval for which the subject was watched and at risk.
        events: N x K marks, the event falls in the interval.
        decline: N answers 0 or 1, nan where not known.
        state: pairs with 0 or 1.
        forecast: for each forecast feature, pairs with its change until the next visit that has it.
    """

    exposure: Floats
    events: Floats
    decline: Floats
    state: Pairs
    forecast: tuple[Pairs, ...]


def make_targets(visits: Visits, seen: Visits, state_is_input: bool) -> Targets:
    """Return the targets of visits.

    Args:
        visits: with everything observed.
        seen: the same visits as the network may see them; forecasts are changes from the last value there.
        state_is_input: whether the network sees the state itself; it is then asked only about later visits.
    """
    schema = visits.schema
    exposure, events = _hazard(visits)
    decline = np.full(len(visits.times), np.nan)
    if schema.decline is not None:
        decline = decline_answers(visits, schema.decline)
    state = Pairs(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0))
    if schema.state is not None:
        state = _ahead(visits, visits.column(schema.state.feature), int(state_is_input), MOST_AHEAD)
        state = Pairs(state.rows, state.ahead, (state.values > schema.state.above).astype(np.float64))
    forecast = tuple(_change(visits, seen, feature) for feature in schema.forecast)
    return Targets(exposure, events, decline, state, forecast)


def _change(visits: Visits, seen: Visits, feature: str) -> Pairs:
    pairs = _ahead(visits, visits.column(feature), 1, 1)
    return Pairs(pairs.rows, pairs.ahead, pairs.values - last_known(seen, feature)[pairs.rows])


def last_known(seen: Visits, feature: str) -> Floats:
    """Return the last value of a feature at each visit; the mean of all where there is none, 0 without any."""
    values = seen.column(feature)
    history = history_at_visits(seen)
    last = history.values[:, history.names.index(f"{feature}:last")]
    mean = 0.0 if np.isnan(values).all() else float(np.nanmean(values))
    return np.asarray(np.where(np.isnan(last), mean, last))


def _hazard(visits: Visits) -> tuple[Floats, Floats]:
    conversion = visits.schema.conversion
    ends = np.array(conversion.horizons if conversion is not None else (), dtype=np.float64)
    starts = np.concatenate([[0.0], ends])[: len(ends)]
    subject = visits.subject_of_row
    until = visits.event_times[subject] - visits.times
    seen = visits.end_times[subject] - visits.times
    has_event = until > 1e-9
    watched = np.where(has_event, until, seen)[:, None]
    at_risk = has_event | np.isnan(until)
    exposure = np.clip((watched - starts) / (ends - starts), 0.0, 1.0) * at_risk[:, None]
    events = has_event[:, None] & (until[:, None] > starts) & (until[:, None] <= ends + 1e-9)
    return np.where(events, 1.0, exposure), events.astype(np.float64)


def _ahead(visits: Visits, values: Floats, first: int, most: int) -> Pairs:
    """Pair each visit with the next ones at which a feature was observed."""
    rows: list[int] = []
    ahead: list[float] = []
    found: list[float] = []
    for low, high in zip(visits.starts[:-1].tolist(), visits.starts[1:].tolist(), strict=True):
        seen = low + np.flatnonzero(~np.isnan(values[low:high]))
        for row in range(low, high):
            later = seen[np.searchsorted(seen, row + first) :][:most]
            rows.extend([row] * len(later))
            ahead.extend((visits.times[later] - visits.times[row]).tolist())
            found.extend(values[later].tolist())
    return Pairs(np.array(rows, dtype=np.intp), np.array(ahead), np.array(found))


def scaled_targets(targets: Targets, scales: Scales, seen: Visits) -> Targets:
    """Return targets whose forecasts are in the features' usual spreads."""
    spreads = [scales.values.spread[seen.schema.numeric.index(feature)] for feature in seen.schema.forecast]
    return replace(
        targets,
        forecast=tuple(
            replace(pairs, values=pairs.values / spread)
            for pairs, spread in zip(targets.forecast, spreads, strict=True)
        ),
    )
