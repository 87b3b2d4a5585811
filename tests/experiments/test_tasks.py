import numpy as np
import pytest
from pydantic import ValidationError

from dualalign.experiments import LabelledText
from dualalign.experiments.labelled_text import with_any
from dualalign.experiments.tasks import Task, with_labels_in_any

LABELS = ("memory", "mood")
MARKS = np.array([[1, 0], [0, 1], [1, 1], *[[0, 0]] * 20], dtype=bool)
TEXT = LabelledText(tuple(f"sentence {row}" for row in range(23)), with_any(MARKS))


def test_all_labels_ask_about_every_sentence() -> None:
    task = Task()
    assert task.heads(LABELS) == ("memory", "mood", "any")
    assert len(task.rows(TEXT, np.random.default_rng(0))) == 23
    assert task.view(TEXT).marks.shape == (23, 3)


def test_binary_keeps_so_many_unlabelled_sentences_for_each_labelled_one() -> None:
    task = Task(kind="binary", negatives=5)
    rows = task.rows(TEXT, np.random.default_rng(0))
    view = task.view(TEXT.take(rows))
    assert (task.id, task.heads(LABELS)) == ("binary5", ("any",))
    assert view.marks.sum() == 3
    assert len(view) == 3 + 15
    assert len(Task(kind="binary", negatives=50).rows(TEXT, np.random.default_rng(0))) == 23
    assert len(Task(kind="binary").rows(TEXT, np.random.default_rng(0))) == 23


def test_five_class_is_about_sentences_with_exactly_one_label() -> None:
    task = Task.model_validate("five_class")
    assert task.rows(TEXT, np.random.default_rng(0)).tolist() == [0, 1]
    assert task.view(TEXT).marks.shape == (23, 2)


def test_only_binary_draws_negatives() -> None:
    with pytest.raises(ValidationError, match="'negatives' has no meaning for five_class"):
        Task(kind="five_class", negatives=5)


def test_any_hears_the_labels() -> None:
    quiet = with_labels_in_any(np.array([[-5.0, -5.0, -1.0]]))
    loud = with_labels_in_any(np.array([[-5.0, 4.0, -1.0]]))
    assert loud[0, 2] > 1 > quiet[0, 2]
    np.testing.assert_array_equal(loud[0, :2], [-5.0, 4.0])
