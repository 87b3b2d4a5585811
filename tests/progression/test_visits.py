from __future__ import annotations

import numpy as np
import pytest

from dualalign.progression.evaluation import drop_values, drop_visits
from dualalign.progression.history import history_at_visits
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.questions import (
    conversion_questions,
    decline_questions,
    next_visit_conversion_questions,
    state_questions,
)
from dualalign.progression.targets import make_targets
from dualalign.progression.visits import last_rows, to_visits
from tests.progression.planted import SCHEMA, made, planted

DAY = 1 / 365.25


def small(
    rows: list[tuple[str, float, str, float]], visit_days: float = 1.0, onset: float | None = None
) -> LongitudinalData:
    names = dict.fromkeys(row[0] for row in rows)
    facts = [(name, None, *each) for name in names for each in (("sex", "F"), ("age", 70.0))]
    event = [] if onset is None else [(rows[0][0], onset, "event//onset", None)]
    return made([*facts, *rows, *event], SCHEMA.model_copy(update={"visit_days": visit_days}))


def test_observations_close_together_are_one_visit_that_counts_from_its_last() -> None:
    rows = [
        ("a", 0.0, "marker", 28.0),
        ("a", 20 * DAY, "marker", 26.0),
        ("a", 40 * DAY, "noise", 1.0),
        ("b", 0.0, "marker", 9.0),
    ]
    visits = to_visits(small(rows, visit_days=30))
    assert visits.starts.tolist() == [0, 2, 3]
    assert visits.times == pytest.approx([20 * DAY, 40 * DAY, 0.0])
    assert visits.column("marker")[0] == 27.0
    # On day 10 the first visit is not whole: nothing may rest on it.
    assert last_rows(visits, np.array([0, 0]), np.array([10 * DAY, 25 * DAY])).tolist() == [-1, 0]


def test_history_knows_only_the_past() -> None:
    data = planted(6)
    whole = history_at_visits(to_visits(data))
    cut = to_visits(data.until(2.0))
    earlier = history_at_visits(cut)
    visits = to_visits(data)
    rows = np.concatenate(
        [np.arange(s, s + n) for s, n in zip(visits.starts, np.diff(cut.starts), strict=False)]
    )
    np.testing.assert_allclose(whole.values[rows], earlier.values)


def test_history_by_hand() -> None:
    rows = [("a", 0.0, "marker", 28.0), ("a", 1.0, "noise", 3.0), ("a", 2.0, "marker", 24.0)]
    history = history_at_visits(to_visits(small(rows)))
    found = dict(zip(history.names, history.values[2], strict=True))
    assert found["marker:last"] == 24
    assert found["marker:mean"] == 26
    # Least squares gives -2 a year; one year squared of shrinkage against a spread of two leaves two thirds.
    assert found["marker:slope"] == pytest.approx(-4 / 3)
    assert found["noise:since"] == 1
    assert found["marker:count"] == 2
    assert found["age"] == 72
    assert np.isnan(dict(zip(history.names, history.values[0], strict=True))["noise:last"])


def test_questions_by_hand() -> None:
    rows = [
        ("a", 0.0, "marker", 28.0), ("a", 0.0, "rating", 0.0),
        ("a", 2.0, "marker", 25.0), ("a", 2.0, "rating", 0.5),
        ("a", 3.0, "marker", 20.0), ("a", 3.0, "rating", 0.0),
        ("b", 0.0, "marker", 28.0), ("b", 0.0, "rating", 0.0), ("b", 2.2, "marker", 27.0),
    ]  # fmt: skip
    visits = to_visits(small(rows, onset=2.0))
    now, later = state_questions(visits, 0), state_questions(visits, 1)
    assert now.answers.tolist() == [False, True, False, False]
    assert later.answers.tolist() == [True, False]
    assert later.horizons.tolist() == [2.0, 1.0]
    assert state_questions(visits, 1, among=False).answers.tolist() == [True]
    two = conversion_questions(visits, 2.0)
    # a at 0 converts, is no longer at risk after; b at 0 is known to 2.2, b at 2.2 is not known two years on.
    assert list(zip(two.subjects.tolist(), two.times.tolist(), two.answers.tolist(), strict=True)) == [
        (0, 0.0, True),
        (1, 0.0, False),
    ]
    assert len(conversion_questions(visits, 3.0)) == 1
    assert next_visit_conversion_questions(visits).answers.tolist() == [True, False]
    assert decline_questions(visits).answers.tolist() == [True, False]


def test_targets_hold_censoring() -> None:
    rows = [
        ("a", 0.0, "marker", 28.0),
        ("a", 0.5, "marker", 28.0),
        ("b", 0.0, "marker", 28.0),
        ("b", 2.5, "marker", 27.0),
    ]
    visits = to_visits(small(rows, onset=1.5))
    targets = make_targets(visits, visits, False)
    assert targets.events[0].tolist() == [0, 1, 0, 0]
    assert targets.exposure[0].tolist() == [1, 1, 0, 0]
    assert targets.events[1].tolist() == [1, 0, 0, 0]
    assert targets.exposure[2].tolist() == [1, 1, 0.5, 0]
    assert targets.exposure[3].tolist() == [0, 0, 0, 0]
    assert targets.forecast[0].values.tolist() == [0.0, -1.0]


def test_questions_move_with_their_subjects() -> None:
    visits = to_visits(planted(8))
    asked = state_questions(visits, 1)
    chosen = np.array([5, 2])
    part = visits.take(chosen.tolist())
    moved = asked.about(chosen, part, visits)
    assert len(moved) == np.isin(asked.subjects, chosen).sum()
    np.testing.assert_array_equal(part.times[moved.rows], moved.times)


def test_dropping_takes_the_share_asked() -> None:
    visits = to_visits(planted(40))
    assert np.isnan(drop_visits(visits, 0.5, 0).column("marker")).mean() == pytest.approx(0.5, abs=0.1)
    kept = ~np.isnan(drop_values(visits, 0.3, 0).values)
    assert kept.sum() / (~np.isnan(visits.values)).sum() == pytest.approx(0.7, abs=0.05)
