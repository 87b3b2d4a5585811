from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from dualalign.errors import ExperimentError
from dualalign.experiments import Experiment, summarise, summary
from dualalign.experiments.cells import Outcome

Ran = tuple[Path, list[Outcome]]


def test_all_tests_of_a_run_are_corrected_together(
    grid: Experiment, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def correct(p_values: Sequence[float]) -> list[float]:
        given.extend(p_values)
        return [0.25] * len(p_values)

    monkeypatch.setattr(summary, "holm", correct)
    rows = summarise(ran[1], grid.test, draws=100)
    tested = [
        row.differences[name].p for row in rows if row.differences for name in ("binary_f1", "macro_f1")
    ]
    assert len(given) == len(tested) == 2 * (3 * 2 + 1)
    assert set(tested) == {0.25}
    assert {row.differences["f1:mood"].p for row in rows if row.differences} != {0.25}


def test_scores_are_means_over_seeds_of_those_of_scikit_learn(grid: Experiment, ran: Ran) -> None:
    (row,) = (
        each
        for each in summarise(ran[1], grid.test, draws=50)
        if (each.training_set, each.fraction) == ("gold", 0.3)
    )
    runs = [each for each in ran[1] if (each.cell.training_set, each.cell.fraction) == ("gold", 0.3)]
    truth = grid.test.labels
    marked = [(run.logits > run.thresholds)[:, :2] for run in runs]
    for kind, score in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
        for average in ("macro", "micro"):
            expected = np.mean([score(truth, each, average=average, zero_division=0) for each in marked])
            assert np.isclose(row.scores[f"{average}_{kind}"].value, expected)
    exact = np.mean([(each == truth).all(axis=1).mean() for each in marked])
    assert np.isclose(row.scores["exact_match"].value, exact)


def test_any_set_may_be_the_one_others_are_held_against(grid: Experiment, ran: Ran) -> None:
    rows = {
        (row.training_set, row.fraction): row
        for row in summarise(ran[1], grid.test, draws=50, reference="bronze")
    }
    assert not rows["bronze", 1.0].differences
    for at in (("gold", 0.3), ("full", 0.3)):
        expected = rows[at].scores["macro_f1"].value - rows["bronze", 0.3].scores["macro_f1"].value
        assert np.isclose(rows[at].differences["macro_f1"].value, expected)
    alone = rows["synthetic_only", 0.0]
    expected = alone.scores["macro_f1"].value - rows["bronze", 1.0].scores["macro_f1"].value
    assert np.isclose(alone.differences["macro_f1"].value, expected)
    with pytest.raises(ExperimentError, match="no training set 'best' to hold others against"):
        summarise(ran[1], grid.test, draws=50, reference="best")
