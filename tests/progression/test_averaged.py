from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from dualalign.progression import Kind, Learning, Questions, state_questions, to_visits
from dualalign.progression.averaged import Averaged
from tests.progression.planted import planted


@dataclass(frozen=True)
class Says:
    """Answers one thing, if it answers at all."""

    chance: float
    name: str = "says"
    kinds: tuple[Kind, ...] = tuple(Kind)

    def answers(self, questions: Questions) -> bool:
        return questions.kind in self.kinds

    def fit(self, learning: Learning, seed: int) -> Says:
        return self

    def predict(self, seen: object, questions: Questions, task: str) -> np.ndarray:
        return np.full(len(questions), self.chance)


def test_log_odds_are_averaged_not_chances() -> None:
    visits = to_visits(planted(6))
    asked = state_questions(visits)
    both = Averaged("both", (Says(0.5), Says(0.9)))
    fitted = both.fit(Learning(visits, visits, visits.subjects, {"now": asked}), 0)
    assert fitted.predict(visits, asked, "now") == pytest.approx(np.full(len(asked), 0.75))


def test_it_answers_only_what_all_parts_answer() -> None:
    asked = state_questions(to_visits(planted(6)))
    assert Averaged("both", (Says(0.5), Says(0.9))).answers(asked)
    assert not Averaged("both", (Says(0.5), Says(0.9, kinds=(Kind.DECLINE,)))).answers(asked)
