from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from dualalign.experiments import Experiment, run_experiment, summarise
from dualalign.experiments.cells import Cell, Outcome
from dualalign.experiments.draws import matched_sample, share_of, whole_notes
from dualalign.experiments.run import CellRunner, batches
from dualalign.experiments.tasks import Task
from dualalign.experiments.training_sets import TextSelection, TextUse
from dualalign.labels import GoldSentences
from tests.experiments.toy import LABELS, other_text

Ran = tuple[Path, list[Outcome]]


def test_every_cell_is_run_kept_and_summed_up(grid: Experiment, ran: Ran) -> None:
    folder, outcomes = ran
    assert len(outcomes) == 2 * (4 * 2 + 1)
    assert len(list((folder / "cells").glob("*.parquet"))) == len(outcomes)
    rows = {(row.training_set, row.fraction): row for row in summarise(outcomes, grid.test, draws=200)}
    assert rows["full", 1.0].scores["binary_f1"].value > 0.8
    scarce = rows["full", 0.3]
    gain = scarce.differences["macro_f1"].value
    assert np.isclose(
        gain, scarce.scores["macro_f1"].value - rows["gold", 0.3].scores["macro_f1"].value, atol=1e-9
    )
    assert "gold" not in [row.training_set for row in rows.values() if row.differences]


def test_a_stopped_run_goes_on_and_trains_nothing_twice(
    grid: Experiment, ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, first = ran
    copytree(folder / "cells", tmp_path / "cells")
    for name in ("gold-100-0", "full-030-1"):
        (tmp_path / "cells" / f"{name}.parquet").unlink()
    again_run: list[str] = []
    from dualalign.experiments import run as module

    true_run = module.CellRunner.run

    def counted(self: module.CellRunner, cell: module.Cell) -> module.Outcome:
        again_run.append(cell.name)
        return true_run(self, cell)

    monkeypatch.setattr(module.CellRunner, "run", counted)
    again = run_experiment(grid, tmp_path)
    assert again_run == ["gold-100-0", "full-030-1"]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.logits, other.logits)


def test_other_gold_is_not_taken_for_the_same(grid: Experiment) -> None:
    other = Experiment(
        grid.gold.take(range(1, 90)), grid.synthetic, grid.bronze, grid.fractions, grid.seeds, grid.options
    )
    for cell in grid.cells():
        assert other.key(cell) != grid.key(cell)


def test_test_sentences_are_never_learned_from(grid: Experiment, ran: Ran, tmp_path: Path) -> None:
    flipped = grid.gold.labels.copy()
    test = [row for row, fold in enumerate(grid.gold.folds) if fold == "test"]
    flipped[test] = np.roll(flipped[test], 1, axis=0)
    assert (flipped != grid.gold.labels).any()
    changed = GoldSentences(
        grid.gold.ids, grid.gold.texts, LABELS, flipped, grid.gold.groups, grid.gold.folds
    )
    poisoned = replace(grid, gold=changed, fractions=(1.0,), seeds=1)
    kept = {outcome.cell: outcome.logits for outcome in ran[1]}
    for outcome in run_experiment(poisoned, tmp_path):
        np.testing.assert_array_equal(outcome.logits, kept[outcome.cell])


def test_matched_text_has_the_size_asked_for(grid: Experiment) -> None:
    assert grid.synthetic is not None
    sample = matched_sample(grid.synthetic, 20, np.random.default_rng(0))
    assert len(sample.labelled) == 20
    assert len(sample.unlabelled) == 10


def test_the_larger_share_holds_the_smaller(grid: Experiment) -> None:
    assert grid.synthetic is not None
    parts = [share_of(grid.synthetic, share, np.random.default_rng(3)) for share in (0.25, 0.5, 1.0)]
    assert [len(part) for part in parts] == [30, 60, 120]
    assert set(parts[0].texts) < set(parts[1].texts) < set(parts[2].texts)
    assert len(parts[0].labelled) == 20


def test_points_of_a_curve_are_nested_and_texts_drawn_alike_are_as_large_as_the_smallest(
    grid: Experiment, tmp_path: Path
) -> None:
    whole = grid.training_set("full")
    points = [whole.model_copy(update={"id": f"{share}", "share": share}) for share in (0.25, 0.5)]
    sets = grid.sets.model_copy(update={"training_sets": tuple(points)})
    runner = CellRunner(replace(grid, sets=sets), tmp_path)
    small, large = (set(runner.drawn_text(each, 3).texts) for each in points)
    assert small < large
    alike = [
        whole.model_copy(update={"id": name, "source": name, "amount": "smallest"}) for name in ("a", "b")
    ]
    texts = {"a": other_text(60, 8), "b": other_text(120, 9), "silver": other_text(30, 4)}
    asked = replace(grid, texts=texts, sets=grid.sets.model_copy(update={"training_sets": tuple(alike)}))
    assert [len(CellRunner(asked, tmp_path).drawn_text(each, 0)) for each in alike] == [60, 60]


def test_few_notes_are_drawn_whole(grid: Experiment) -> None:
    drawn = whole_notes(grid.development, 0.3, np.random.default_rng(0))
    assert 0.3 * 45 <= len(drawn) < 0.3 * 45 + 3
    assert all(grid.development.groups.count(group) == drawn.groups.count(group) for group in drawn.groups)


@pytest.mark.slow
def test_workers_change_nothing_but_the_time(grid: Experiment, ran: Ran, tmp_path: Path) -> None:
    few = replace(grid, fractions=(0.3,))
    kept = {outcome.cell: outcome for outcome in ran[1]}
    seen: list[str] = []
    found = run_experiment(few, tmp_path, lambda outcome, kept: seen.append(outcome.cell.name), workers=2)
    assert [outcome.cell for outcome in found] == few.cells()
    assert sorted(seen) == sorted(cell.name for cell in few.cells())
    for outcome in found:
        np.testing.assert_array_equal(outcome.logits, kept[outcome.cell].logits)
        np.testing.assert_array_equal(outcome.thresholds, kept[outcome.cell].thresholds)
        np.testing.assert_array_equal(outcome.calibrated, kept[outcome.cell].calibrated)


def test_cells_that_share_a_classifier_of_other_text_stay_together(grid: Experiment, tmp_path: Path) -> None:
    desk = CellRunner(grid, tmp_path)
    found = batches(desk, grid.cells(), 2)
    assert sorted(cell.name for batch in found for cell in batch) == sorted(c.name for c in grid.cells())
    together = {cell.name: place for place, batch in enumerate(found) for cell in batch}
    assert together["full-100-0"] == together["full-030-1"] == together["synthetic_only-000-1"]
    assert together["matched-100-0"] == together["matched-030-0"] != together["matched-030-1"]
    assert together["gold-100-0"] != together["gold-030-0"]
    assert max(map(len, batches(desk, grid.cells(), 9))) == 2


def test_texts_drawn_for_a_seed_and_those_of_another_task_are_let_go(
    grid: Experiment, tmp_path: Path
) -> None:
    runner = CellRunner(replace(grid, tasks=(Task(), Task(kind="binary"))), tmp_path)

    def held_after(name: str, seed: int, task: str = "multi_label") -> int:
        runner.run(Cell(name, 0.3, seed, task=task))
        return len(runner._others)

    assert [held_after("full", 0), held_after("matched", 0), held_after("matched", 1)] == [1, 2, 2]
    assert held_after("matched", 1, "binary") == 1


def test_every_task_and_way_gives_scores_of_its_own(grid: Experiment, tmp_path: Path) -> None:
    plain = {each.id: each for each in grid.sets.training_sets}
    ways = [
        TextUse(way="pool", weights=(0.1, 0.5)),
        TextUse(way="curriculum"),
    ]
    sets = [plain["gold"]]
    sets += [plain["matched"].model_copy(update={"id": use.way, "use": use}) for use in ways]
    sets += [
        plain["matched"].model_copy(update={"id": by, "select": TextSelection(by=by, keep=(0.5, 1.0))})
        for by in ("confidence", "discriminator")
    ]
    tasks = (Task(kind="binary", negatives=1), Task(kind="five_class"))
    asked = replace(
        grid,
        fractions=(1.0,),
        seeds=1,
        sets=grid.sets.model_copy(update={"training_sets": tuple(sets)}),
        tasks=tasks,
    )
    outcomes = run_experiment(asked, tmp_path)
    assert [outcome.logits.shape[1] for outcome in outcomes] == [1] * 5 + [2] * 5
    rows = summarise(outcomes, asked.test, 200, tasks=asked.tasks)
    assert [(row.task, row.training_set) for row in rows] == [
        (task.id, each.id) for task in tasks for each in sets
    ]
    for row in rows:
        name = "binary_f1" if row.task == "binary1" else "class_accuracy"
        assert row.scores[name].value > 0.8
        assert (name in row.differences) == (row.training_set != "gold")
    chosen = {outcome.cell.training_set: outcome.facts["chosen"] for outcome in outcomes}
    assert all(name.startswith("weight") for name in chosen["pool"])
    assert all("kept" in name for name in chosen["discriminator"])
    again = run_experiment(asked, tmp_path, workers=1)
    assert [outcome.facts["chosen"] for outcome in again] == [list(o.facts["chosen"]) for o in outcomes]


def test_without_a_sentence_of_exactly_one_label_that_table_holds_zeros(grid: Experiment, ran: Ran) -> None:
    both = GoldSentences(
        grid.test.ids,
        grid.test.texts,
        LABELS,
        np.repeat(grid.test.labels.any(axis=1, keepdims=True), 2, axis=1),
        grid.test.groups,
        grid.test.folds,
    )
    rows = summarise(ran[1], both, draws=50)
    assert rows[0].scores["class_accuracy"].value == 0
    assert rows[0].scores["binary_f1"].value > 0.5
