from __future__ import annotations

import numpy as np
import pytest

from dualalign.errors import ProgressionError
from dualalign.progression.baselines import (
    LandmarkCox,
    Persistence,
    gradient_boosting,
    history_logistic,
    last_visit_logistic,
)
from dualalign.progression.evaluation import Protocol, compare, cross_validate
from dualalign.progression.methods import Learning, Method
from dualalign.progression.questions import conversion_questions, state_questions
from dualalign.progression.visits import to_visits
from tests.progression.planted import planted

DATA = planted(60)
VISITS = to_visits(DATA)
QUESTIONS = {"next": state_questions(VISITS), "two years": conversion_questions(VISITS, 2.0)}
PROTOCOL = Protocol(VISITS, DATA.groups, QUESTIONS, (), 3, 1)


@pytest.mark.parametrize(
    "method",
    [
        last_visit_logistic(),
        history_logistic(),
        pytest.param(gradient_boosting(), marks=pytest.mark.slow),
        LandmarkCox(),
    ],
    ids=lambda method: method.name,
)
def test_each_baseline_finds_the_marker(method: Method) -> None:
    if isinstance(method, LandmarkCox):
        pytest.importorskip("lifelines")
    rows = compare(PROTOCOL, cross_validate(PROTOCOL, [method], workers=1), method.name, draws=50)
    assert {row.task for row in rows} == (
        {"two years"} if isinstance(method, LandmarkCox) else set(QUESTIONS)
    )
    for row in rows:
        assert row.scores["auc"].value > 0.85
        assert row.scores["brier"].value < 0.2
        assert row.scores["auc"].low <= row.scores["auc"].value <= row.scores["auc"].high


def test_a_task_asked_of_fewer_people_than_folds_is_answered() -> None:
    asked = QUESTIONS["two years"]
    few = asked.take(np.flatnonzero(asked.subjects < 3))
    found = last_visit_logistic().fit(
        Learning(VISITS, VISITS, DATA.groups, {"few": few, "none": few.take(np.empty(0, np.intp))}), 0
    )
    assert np.isfinite(found.predict(VISITS, few, "few")).all()


def test_cox_risk_is_that_of_the_years_asked() -> None:
    pytest.importorskip("lifelines")
    found = cross_validate(
        Protocol(
            VISITS,
            DATA.groups,
            {str(years): conversion_questions(VISITS, years) for years in (1.0, 3.0)},
            (),
            3,
            1,
        ),
        [LandmarkCox()],
    )["Landmark Cox"]
    one, three = (conversion_questions(VISITS, years) for years in (1.0, 3.0))
    both = [(at, np.flatnonzero(one.rows == row)[0]) for at, row in enumerate(three.rows) if row in one.rows]
    assert all(found["3.0"][0, later] >= found["1.0"][0, sooner] - 1e-9 for later, sooner in both)


def test_persistence_says_what_was_last_seen() -> None:
    found = cross_validate(PROTOCOL, [Persistence()], workers=1)
    assert set(found["Last state carried forward"]) == {"next"}
    # The rating appears at the last visit only: nothing to carry forward.
    assert len(np.unique(found["Last state carried forward"]["next"])) <= 3


def test_a_better_method_is_told_from_noise_and_noise_from_noise_is_not() -> None:
    class Noise:
        def __init__(self, name: str, seed: int) -> None:
            self.name, self._random = name, np.random.default_rng(seed)

        def answers(self, kind: object) -> bool:
            return True

        def fit(self, learning: object, seed: int) -> Noise:
            return self

        def predict(self, seen: object, questions: object, task: str) -> np.ndarray:
            return self._random.random(len(questions))  # type: ignore[arg-type]

    methods = [last_visit_logistic(), Noise("one", 1), Noise("two", 2)]
    predictions = cross_validate(PROTOCOL, methods, workers=1)
    rows = {(row.method, row.task): row for row in compare(PROTOCOL, predictions, methods[0].name, draws=400)}
    for task in QUESTIONS:
        against = rows["one", task].difference
        assert against is not None
        assert against.value < -0.2
        assert against.p < 0.05
    same = {(row.method, row.task): row for row in compare(PROTOCOL, predictions, "one", draws=400)}
    other = same["two", "next"].difference
    assert other is not None
    assert other.low < 0 < other.high


def test_two_methods_of_one_name_are_refused() -> None:
    with pytest.raises(ProgressionError, match="one name"):
        cross_validate(PROTOCOL, [Persistence(), Persistence()])


def test_a_group_is_never_parted() -> None:
    groups = tuple(f"g{number // 2}" for number in range(60))
    protocol = Protocol(VISITS, groups, QUESTIONS, (), 3, 2)
    for fold in protocol.partitions():
        assert all(fold[number] == fold[number + 1] for number in range(0, 60, 2))


def test_subgroups_score_their_own_people() -> None:
    predictions = cross_validate(PROTOCOL, [last_visit_logistic()], workers=1)
    among = np.arange(60) < 30
    whole = compare(PROTOCOL, predictions, "Logistic, last visit", draws=50)
    part = compare(PROTOCOL, predictions, "Logistic, last visit", draws=50, among=among)
    assert whole[0].scores["auc"].value != part[0].scores["auc"].value
