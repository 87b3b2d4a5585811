"""Run an experiment: every cell learns, and says what it makes of the gold's test fold."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from math import ceil
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from threading import Thread

from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Cell, Outcome, load_outcome, save_outcome
from dualalign.experiments.development import develop
from dualalign.experiments.draws import matched_sample, share_of, whole_notes
from dualalign.experiments.experiment import Experiment
from dualalign.experiments.labelled_text import LabelledText, from_gold
from dualalign.experiments.models import Learner
from dualalign.experiments.other_text import OtherText
from dualalign.experiments.selection import Selector
from dualalign.experiments.training_sets import TrainingSet
from dualalign.files import check_writable, sole_run
from dualalign.randomness import Stream, generator
from dualalign.stats.thresholds import rate_thresholds

# Last numbers of the streams of an experiment's draws; a number once given is never given to another purpose.
_FOLDS, _NOTES, _MATCHED, _NEGATIVES, _SHARE = 1, 2, 3, 4, 5
_SAME_FOR_ALL = -1
"""Stands for the seed where text is used whole and so is the same for every seed."""
_SECONDS_BETWEEN_LOOKS = 1.0

OnCell = Callable[[Outcome, bool], None]
"""Called with each outcome as it comes, and whether it was kept from an earlier run."""


def run_experiment(
    experiment: Experiment, folder: str | Path, on_cell: OnCell | None = None, workers: int = 1
) -> list[Outcome]:
    """Run every cell that has not been run and return all outcomes, in the order of `Experiment.cells`.

    Args:
        folder: predictions go to its folder `cells`; a run that was stopped resumes from there.
        workers: processes; predictions are the same whatever their number.

    Raises:
        ExperimentError: the folder cannot be written, another run is writing there, or a worker process was ended from
            outside.
    """
    if workers < 1:
        raise ExperimentError(f"{workers} workers", "give at least one")
    out = Path(folder)
    with sole_run(out, ExperimentError):
        check_writable(out / "results.json", "--out")
        runner = CellRunner(experiment, out / "cells")
        found: dict[Cell, Outcome] = {}
        cells = experiment.cells()

        def take(outcome: Outcome, kept: bool) -> None:
            found[outcome.cell] = outcome
            if on_cell is not None:
                on_cell(outcome, kept)

        for cell in cells:
            kept = runner.kept(cell)
            if kept is not None:
                take(kept, True)
        for outcome in _outcomes(runner, [cell for cell in cells if cell not in found], workers):
            take(outcome, False)
        return [found[cell] for cell in cells]


class CellRunner:
    """Runs cells and keeps their predictions; what cells share is made once."""

    def __init__(self, experiment: Experiment, folder: Path) -> None:
        self.experiment = experiment
        self.folder = folder
        self._development = experiment.development
        self._test = experiment.test
        self._others: dict[tuple[object, ...], list[OtherText]] = {}
        self._keys: dict[tuple[str, str, str], str] = {}

    def kept(self, cell: Cell) -> Outcome | None:
        """Return a cell's predictions if they were kept and depend on the same things."""
        outcome = load_outcome(self.folder, cell, self.experiment.heads(cell), self._key(cell))
        return outcome and replace(outcome, calibration=self.experiment.calibrated(cell))

    def run(self, cell: Cell) -> Outcome:
        """Run a cell and keep its predictions."""
        chosen = self.experiment.training_set(cell.training_set)
        outcome = self._with_gold(cell, chosen) if chosen.gold else self._without_gold(cell, chosen)
        save_outcome(self.folder, outcome, self._test.ids, self.experiment.heads(cell), self._key(cell))
        return replace(outcome, calibration=self.experiment.calibrated(cell))

    def shared(self, cell: Cell) -> tuple[object, ...] | None:
        """Return what names the classifier of other text that a cell shares with others, None if it shares none."""
        chosen = self.experiment.training_set(cell.training_set)
        text = self.experiment.text(chosen.source)
        if text is None or chosen.select is not None or not len(text.unlabelled):
            return None
        return self._place(cell, chosen)

    def _with_gold(self, cell: Cell, chosen: TrainingSet) -> Outcome:
        experiment, task = self.experiment, self.experiment.task(cell.task)
        drawn = whole_notes(self._development, cell.fraction, generator(cell.seed, Stream.EXPERIMENT, _NOTES))
        whole = from_gold(drawn)
        rows = task.rows(whole, generator(cell.seed, Stream.EXPERIMENT, _NEGATIVES))
        gold = task.view(whole.take(rows))
        others = self._other(cell, chosen)
        learner = self._learner(cell, cell.seed)
        found = develop(
            gold,
            [drawn.groups[row] for row in rows],
            learner.candidates(chosen.use, others, experiment.sets.prior_uses),
            generator(cell.seed, Stream.EXPERIMENT, _FOLDS),
            experiment.model(cell.model).held_out,
            task.combined,
        )
        facts = {"gold": len(gold), "log_loss": found.loss, "chosen": found.chosen}
        held_out = replace(found.held_out, ids=tuple(drawn.ids[rows[row]] for row in found.rows))
        return Outcome(cell, found.logits(self._test.texts), found.thresholds, facts, held_out)

    def _without_gold(self, cell: Cell, chosen: TrainingSet) -> Outcome:
        """Without gold, thresholds come from the synthetic text itself."""
        task, other = self.experiment.task(cell.task), self._other(cell, chosen)[0]
        prior = other.prior(None)
        thresholds = rate_thresholds(other.text.marks, task.combined(prior.asked.logits(other.text.texts)))
        return Outcome(cell, task.combined(prior.logits(self._test.texts)), thresholds, {"gold": 0})

    def _other(self, cell: Cell, chosen: TrainingSet) -> list[OtherText]:
        """Return the other text of a cell, once for each share of it that is tried; empty for gold alone."""
        if chosen.source == "none":
            return []
        place = self._place(cell, chosen)
        if place not in self._others:
            seed = place[-1]
            # What is drawn anew for each seed is not needed again after it.
            self._others = {
                old: other
                for old, other in self._others.items()
                if old[:2] == place[:2] and (old[-1] == _SAME_FOR_ALL or seed == _SAME_FOR_ALL)
            }
            self._others[place] = self._made(cell, chosen)
        return self._others[place]

    def _made(self, cell: Cell, chosen: TrainingSet) -> list[OtherText]:
        task = self.experiment.task(cell.task)
        seed = cell.seed if chosen.is_drawn else 0
        whole = self.drawn_text(chosen, seed)
        rows = task.rows(whole, generator(seed, Stream.EXPERIMENT, _NEGATIVES))
        text = task.view(whole.take(rows))
        learn = self._learner(cell, seed).learn
        asked = (*self._development.texts, *self._test.texts)
        if chosen.select is None:
            return [OtherText(text, learn, asked)]
        selector = Selector(text, chosen.select.by, seed, self.experiment.options.ngrams)
        return [
            OtherText(text, learn, (), f", {share:.0%} kept", selector, share)
            if share < 1
            else OtherText(text, learn, asked, ", all kept")
            for share in chosen.select.keep
        ]

    def drawn_text(self, chosen: TrainingSet, seed: int) -> LabelledText:
        """Return the other text of a training set, as much of it as the set says.

        Raises:
            ExperimentError: the text was not given.
        """
        text = self.experiment.text(chosen.source)
        if text is None:
            raise ExperimentError(
                f"training set '{chosen.id}' needs {chosen.source} text", "give it, or leave it out"
            )
        if chosen.amount != "all":
            sizes = [len(each.labelled) for each in self.experiment.alike()]
            if chosen.amount == "matched":
                sizes = [len((self.experiment.bronze or from_gold(self._development)).labelled)]
            text = matched_sample(text, min(sizes), generator(seed, Stream.EXPERIMENT, _MATCHED))
        if chosen.share < 1:
            text = share_of(text, chosen.share, generator(seed, Stream.EXPERIMENT, _SHARE))
        return text

    def _learner(self, cell: Cell, seed: int) -> Learner:
        experiment = self.experiment
        return Learner(experiment.model(cell.model), experiment.options, experiment.heads(cell), seed)

    def _place(self, cell: Cell, chosen: TrainingSet) -> tuple[object, ...]:
        seed = cell.seed if chosen.is_drawn else _SAME_FOR_ALL
        return (cell.model, cell.task, chosen.source, chosen.amount, chosen.share, chosen.select, seed)

    def _key(self, cell: Cell) -> str:
        at = (cell.model, cell.task, cell.training_set)
        if at not in self._keys:
            self._keys[at] = self.experiment.key(cell)
        return self._keys[at]


def batches(runner: CellRunner, cells: Sequence[Cell], workers: int) -> list[list[Cell]]:
    """Return cells in batches, the largest first; cells of a batch share a classifier of other text.

    No batch is larger than an even part of the work, so that no worker is left with all of it.
    """
    together: dict[object, list[Cell]] = {}
    for cell in cells:
        shared = runner.shared(cell)
        together.setdefault(cell if shared is None else shared, []).append(cell)
    most = ceil(len(cells) / workers)
    parts = [same[at : at + most] for same in together.values() for at in range(0, len(same), most)]
    return sorted(parts, key=len, reverse=True)


def _outcomes(runner: CellRunner, cells: Sequence[Cell], workers: int) -> Iterator[Outcome]:
    if min(workers, len(cells)) <= 1:
        # Cells of one seed learn from the same gold sentences, whose vectors are then at hand.
        for cell in sorted(cells, key=lambda cell: (cell.model, cell.task, cell.seed)):
            yield runner.run(cell)
        return
    parts = batches(runner, cells, workers)
    try:
        with ProcessPoolExecutor(
            min(workers, len(parts)),
            multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(runner.experiment, runner.folder, workers),
        ) as pool:
            try:
                running, waiting = {pool.submit(_run, part) for part in parts}, list(cells)
                while waiting:
                    done, running = wait(running, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
                    for future in done:
                        future.result()
                    # A worker tells of a cell by keeping its predictions, long before it is through with its batch.
                    found = [(cell, runner.kept(cell)) for cell in waiting]
                    waiting = [cell for cell, outcome in found if outcome is None]
                    yield from (outcome for _, outcome in found if outcome is not None)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except BrokenProcessPool:
        raise ExperimentError(
            "a worker process was ended from outside or could not start",
            "run the same command again (finished cells are kept), with --workers 1 if memory is short; "
            'a script that asks for workers needs `if __name__ == "__main__":`',
        ) from None


_runner: CellRunner | None = None
"""Of a worker process."""


def _start_worker(experiment: Experiment, folder: Path, workers: int) -> None:
    global _runner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to report, once
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    _runner = CellRunner(experiment, folder)


def _end_with_parent() -> None:
    # A worker whose parent was killed would otherwise go on for hours.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _run(cells: Sequence[Cell]) -> None:
    assert _runner is not None
    for cell in cells:
        _runner.run(cell)
