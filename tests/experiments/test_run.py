from pathlib import Path

import numpy as np
import pytest

from dualalign.classifiers import LinearOptions, NgramOptions
from dualalign.errors import ExperimentError
from dualalign.experiments import Experiment, LabelledText, run_experiment, summarise
from dualalign.experiments.draws import matched_sample
from dualalign.experiments.labelled_text import with_any
from dualalign.labels import GoldSentences

LABELS = ("memory", "mood")
_WORDS = {
    "memory": [
        "forgets names",
        "loses track of dates",
        "repeats questions",
        "misplaces keys",
        "forgets bills",
    ],
    "mood": ["is tearful", "feels low", "worries all day", "is irritable", "lost interest in cards"],
    "": ["blood pressure stable", "refills sent", "lungs clear", "follow up in spring", "denies chest pain"],
}


def _text(size: int, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    random = np.random.default_rng(seed)
    texts, labels = [], np.zeros((size, 2), dtype=bool)
    for row in range(size):
        kind = ["memory", "mood", ""][row % 3]
        texts.append(f"Patient {_WORDS[kind][random.integers(5)]} in room {random.integers(1000)}.")
        if kind:
            labels[row, LABELS.index(kind)] = True
    return tuple(texts), labels


@pytest.fixture(scope="module")
def grid() -> Experiment:
    texts, labels = _text(90, 0)
    folds = tuple("train" if row < 45 else "test" for row in range(90))
    gold = GoldSentences(
        tuple(f"g{row}" for row in range(90)),
        texts,
        LABELS,
        labels,
        tuple(f"n{row // 3}" for row in range(90)),
        folds,
    )
    other, marks = _text(120, 1)
    aligned = LabelledText(other, with_any(marks))
    bronze = aligned.take(aligned.labelled[:30])
    return Experiment(
        gold, aligned, bronze, (1.0, 0.3), 2, LinearOptions(ngrams=NgramOptions(bits=12), steps=40)
    )


def test_every_cell_is_run_kept_and_summed_up(grid: Experiment, tmp_path: Path) -> None:
    outcomes = run_experiment(grid, tmp_path)
    assert len(outcomes) == 2 * (4 * 2 + 1)
    assert len(list((tmp_path / "cells").glob("*.parquet"))) == len(outcomes)
    rows = {(row.training_set, row.fraction): row for row in summarise(outcomes, grid.test, draws=200)}
    assert rows["full", 1.0].scores["binary_f1"].value > 0.8
    scarce = rows["full", 0.3]
    gain = scarce.differences["macro_f1"].value
    assert np.isclose(
        gain, scarce.scores["macro_f1"].value - rows["gold", 0.3].scores["macro_f1"].value, atol=1e-9
    )
    assert "gold" not in [row.training_set for row in rows.values() if row.differences]


def test_a_stopped_run_goes_on_and_trains_nothing_twice(
    grid: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_experiment(grid, tmp_path)
    (tmp_path / "cells" / "gold-100-0.parquet").unlink()
    ran: list[str] = []
    from dualalign.experiments import run as module

    true_run = module._Runner.run

    def counted(self: module._Runner, cell: module.Cell) -> module.Outcome:
        ran.append(cell.name)
        return true_run(self, cell)

    monkeypatch.setattr(module._Runner, "run", counted)
    again = run_experiment(grid, tmp_path)
    assert ran == ["gold-100-0"]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, atol=1e-9)


def test_other_gold_is_not_taken_for_the_same(grid: Experiment) -> None:
    other = Experiment(
        grid.gold.take(range(1, 90)), grid.synthetic, grid.bronze, grid.fractions, grid.seeds, grid.options
    )
    assert other.key() != grid.key()


def test_test_sentences_are_never_learned_from(grid: Experiment, tmp_path: Path) -> None:
    flipped = grid.gold.labels.copy()
    test = [row for row, fold in enumerate(grid.gold.folds) if fold == "test"]
    flipped[test] = np.roll(flipped[test], 1, axis=0)
    assert (flipped != grid.gold.labels).any()
    changed = GoldSentences(
        grid.gold.ids, grid.gold.texts, LABELS, flipped, grid.gold.groups, grid.gold.folds
    )
    poisoned = Experiment(changed, grid.synthetic, grid.bronze, (1.0,), 1, grid.options)
    clean = Experiment(grid.gold, grid.synthetic, grid.bronze, (1.0,), 1, grid.options)
    for one, other in zip(
        run_experiment(clean, tmp_path / "a"), run_experiment(poisoned, tmp_path / "b"), strict=True
    ):
        np.testing.assert_array_equal(one.logits, other.logits)


def test_matched_text_has_the_size_asked_for(grid: Experiment) -> None:
    assert grid.synthetic is not None
    sample = matched_sample(grid.synthetic, 20, np.random.default_rng(0))
    assert len(sample.labelled) == 20
    assert len(sample.unlabelled) == 10


def test_refuses_what_cannot_be_run(grid: Experiment) -> None:
    with pytest.raises(ExperimentError, match="gold fraction 0"):
        Experiment(grid.gold, fractions=(0.0,))
    with pytest.raises(ExperimentError, match="0 seeds"):
        Experiment(grid.gold, seeds=0)
    one_class = GoldSentences(
        grid.gold.ids,
        grid.gold.texts,
        LABELS,
        np.column_stack([grid.gold.labels[:, 0], np.zeros(90, dtype=bool)]),
        grid.gold.groups,
        grid.gold.folds,
    )
    with pytest.raises(ExperimentError, match="label 'mood' stands on 0"):
        Experiment(one_class)
