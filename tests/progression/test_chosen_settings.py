from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from dataclasses import dataclass, replace

from dualalign.progression import (
    DualPath,
    FittedDualPath,
    Learning,
    TrainingOptions,
    conversion_questions,
    state_questions,
    to_visits,
)
from dualalign.progression.chosen_settings import ChosenDualPath, usual_settings
from tests.progression.planted import planted

QUICK = TrainingOptions(epochs=15, patience=5, batch_subjects=32)
GOOD = DualPath("good", QUICK, folds=2)
BLIND = DualPath("blind", QUICK, folds=2, hidden=("marker", "rating"))


def learning() -> Learning:
    visits = to_visits(planted(40))
    asked = {
        "now": state_questions(visits),
        "two years": conversion_questions(visits, 2.0),
        "three years": conversion_questions(visits, 3.0),
    }
    return Learning(visits, visits, visits.subjects, asked)


@pytest.mark.parametrize("order", [(GOOD, BLIND), (BLIND, GOOD)])
def test_the_setting_that_sees_the_marker_is_chosen_whatever_the_order(order: tuple[DualPath, ...]) -> None:
    known = learning()
    fitted = ChosenDualPath("chosen", order).fit(known, 0)
    assert set(fitted.chosen.values()) == {"good"}
    assert set(fitted.ensembles) == {"good"}
    alone = GOOD.fit(known, 0)
    for task, asked in known.questions.items():
        assert np.array_equal(fitted.predict(known.seen, asked, task), alone.predict(known.seen, asked, task))


@dataclass(frozen=True)
class Sure:
    """Learns nothing and is as sure of the truth as it is told, by task."""

    name: str
    sureness: dict[str, float]

    def learn(self, learning: Learning, seed: int) -> tuple[FittedDualPath, dict[str, np.ndarray]]:
        logits = {
            task: np.where(asked.answers, self.sureness[task], -self.sureness[task])
            for task, asked in learning.questions.items()
        }
        return FittedDualPath((), {}), logits


def test_horizons_of_one_event_share_a_setting_and_other_tasks_choose_alone() -> None:
    near = Sure("near", {"now": 2.0, "two years": 1.1, "three years": 0.1})
    far = Sure("far", {"now": 1.0, "two years": 1.0, "three years": 3.0})
    fitted = ChosenDualPath("chosen", (near, far)).fit(learning(), 0)  # type: ignore[arg-type]
    assert fitted.chosen == {"now": "near", "two years": "far", "three years": "far"}


def test_usual_settings_differ_in_name_and_keep_what_they_are_given() -> None:
    settings = usual_settings(replace(QUICK, epochs=7))
    assert len({each.name for each in settings}) == len({each.options.decay for each in settings}) + 1 == 3
    assert {each.options.epochs for each in settings} == {7}
