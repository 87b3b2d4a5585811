"""Run an experiment: every cell learns, and says what it makes of the gold's test fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dualalign.classifiers import NgramOptions
from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Cell, Outcome, load_outcome, save_outcome
from dualalign.experiments.development import develop
from dualalign.experiments.draws import matched_sample, share_of, whole_notes
from dualalign.experiments.experiment import Experiment
from dualalign.experiments.held_out import NOT_CALIBRATED
from dualalign.experiments.labelled_text import LabelledText, from_gold
from dualalign.experiments.models import Learner
from dualalign.experiments.other_text import OtherText, SelectedText
from dualalign.experiments.selection import Selector
from dualalign.experiments.training_sets import TrainingSet
from dualalign.files import check_writable, sole_run
from dualalign.randomness import Stream, generator
from dualalign.stats.thresholds import rate_thresholds

# Last numbers of the streams of an experiment's draws; a number once given is never given to another purpose.
_FOLDS, _NOTES, _MATCHED, _NEGATIVES, _SHARE = 1, 2, 3, 4, 5
_SAME_FOR_ALL = -1
"""Stands for the seed where text is used whole and so is the same for every seed."""


def run_experiment(
    experiment: Experiment,
    folder: str | Path,
    on_cell: Callable[[Cell], None] | None = None,
    workers: int = 1,
) -> list[Outcome]:
    """Run every cell that has not been run and return all outcomes, in the order of `Experiment.cells`.

    Args:
        experiment: what to run.
        folder: predictions go to its folder `cells`; a run that was stopped goes on from there.
        on_cell: called after each cell.
        workers: processes; predictions are the same whatever their number.

    Raises:
        ExperimentError: the folder cannot be written, another run is writing there, or a worker process was ended from
            outside.
    """
    from dualalign.experiments.workers import run_batches

    if workers < 1:
        raise ExperimentError(f"{workers} workers", "give at least one")
    out = Path(folder)
    with sole_run(out, ExperimentError):
        check_writable(out / "results.json", "--out")
        desk = Desk(experiment, out / "cells")
        cells = experiment.cells()
        kept = {cell: desk.kept(cell) for cell in cells}
        for cell, outcome in kept.items():
            if outcome is not None and on_cell is not None:
                on_cell(cell)
        waiting = [cell for cell, outcome in kept.items() if outcome is None]
        for cell, outcome in run_batches(desk, waiting, workers):
            kept[cell] = outcome
            if on_cell is not None:
                on_cell(cell)
        return [outcome for outcome in kept.values() if outcome is not None]


class Desk:
    """Runs cells and keeps their predictions.

    Args:
        experiment: what the cells are of.
        folder: of the cells' files.
    """

    def __init__(self, experiment: Experiment, folder: Path) -> None:
        self.experiment = experiment
        self.folder = folder
        self._runner = _Runner(experiment)
        self._keys: dict[tuple[str, str, str], str] = {}

    def kept(self, cell: Cell) -> Outcome | None:
        """Return a cell's predictions if they were kept, depend on the same things, and can be calibrated as asked."""
        outcome = load_outcome(self.folder, cell, self._heads(cell), self._key(cell))
        if outcome is None:
            return None
        calibration = self.experiment.calibrated(cell)
        if outcome.held_out is None and calibration != NOT_CALIBRATED:
            return None
        return replace(outcome, calibration=calibration)

    def run(self, cell: Cell) -> Outcome:
        """Run a cell and keep its predictions."""
        outcome = self._runner.run(cell)
        save_outcome(self.folder, outcome, self._runner.test.ids, self._heads(cell), self._key(cell))
        return replace(outcome, calibration=self.experiment.calibrated(cell))

    def shared(self, cell: Cell) -> tuple[object, ...] | None:
        """Return what names the classifier of other text that a cell shares with others, None if it shares none."""
        return self._runner.shared(cell)

    def _heads(self, cell: Cell) -> tuple[str, ...]:
        return self.experiment.task(cell.task).heads(self.experiment.gold.label_ids)

    def _key(self, cell: Cell) -> str:
        at = (cell.model, cell.task, cell.training_set)
        if at not in self._keys:
            self._keys[at] = self.experiment.key(cell)
        return self._keys[at]


class _Runner:
    """Holds what cells share: the folds, and classifiers fitted on other text alone."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._development = experiment.development
        self.test = experiment.test
        self._others: dict[tuple[object, ...], list[OtherText]] = {}

    def run(self, cell: Cell) -> Outcome:
        chosen = self._experiment.training_set(cell.training_set)
        others = self._other(cell, chosen)
        if not chosen.gold:
            return self._alone(cell, others[0])
        drawn = whole_notes(self._development, cell.fraction, generator(cell.seed, Stream.EXPERIMENT, _NOTES))
        task, model = self._experiment.task(cell.task), self._experiment.model(cell.model)
        whole = from_gold(drawn)
        rows = task.rows(whole, generator(cell.seed, Stream.EXPERIMENT, _NEGATIVES))
        gold = task.view(whole.take(rows))
        learner = Learner(model, self._experiment.options, self._heads(cell), cell.seed)
        found = develop(
            gold,
            [drawn.groups[row] for row in rows],
            learner.candidates(chosen.use, others, self._experiment.sets.prior_uses),
            generator(cell.seed, Stream.EXPERIMENT, _FOLDS),
            model.held_out,
            task.combined,
        )
        facts = {"gold": len(gold), "log_loss": found.loss, "chosen": found.chosen}
        held_out = replace(found.held_out, ids=tuple(drawn.ids[rows[row]] for row in found.rows))
        return Outcome(cell, found.logits(self.test.texts), found.thresholds, facts, held_out)

    def shared(self, cell: Cell) -> tuple[object, ...] | None:
        chosen = self._experiment.training_set(cell.training_set)
        text = self._experiment.text(chosen.source)
        if text is None or chosen.select is not None or not len(text.unlabelled):
            return None
        return self._at(cell, chosen)

    def _at(self, cell: Cell, chosen: TrainingSet) -> tuple[object, ...]:
        seed = cell.seed if chosen.is_drawn else _SAME_FOR_ALL
        return (cell.model, cell.task, chosen.source, chosen.amount, chosen.share, chosen.select, seed)

    def _heads(self, cell: Cell) -> tuple[str, ...]:
        return self._experiment.task(cell.task).heads(self._experiment.gold.label_ids)

    def _alone(self, cell: Cell, other: OtherText) -> Outcome:
        """Without gold, thresholds come from the synthetic text itself."""
        task = self._experiment.task(cell.task)
        prior = other.prior(None)
        thresholds = rate_thresholds(other.text.marks, task.combined(prior.logits(other.text.texts)))
        logits = task.combined(prior.logits(self.test.texts))
        return Outcome(cell, logits, thresholds, {"gold": 0})

    def _other(self, cell: Cell, chosen: TrainingSet) -> list[OtherText]:
        """Return the other text of a cell, once for each share of it that is tried; empty for gold alone."""
        if chosen.source == "none":
            return []
        at = self._at(cell, chosen)
        if at not in self._others:
            seed = at[-1]
            # What is drawn anew for each seed is not needed again after it.
            self._others = {
                old: other
                for old, other in self._others.items()
                if old[:2] == at[:2] and (old[-1] == _SAME_FOR_ALL or seed == _SAME_FOR_ALL)
            }
            self._others[at] = self._made(cell, chosen)
        return self._others[at]

    def _made(self, cell: Cell, chosen: TrainingSet) -> list[OtherText]:
        task, model = self._experiment.task(cell.task), self._experiment.model(cell.model)
        seed = cell.seed if chosen.is_drawn else 0
        whole = self._text(chosen, seed)
        rows = task.rows(whole, generator(seed, Stream.EXPERIMENT, _NEGATIVES))
        text = task.view(whole.take(rows))
        learn = Learner(model, self._experiment.options, self._heads(cell), seed).learn
        asked = (*self._development.texts, *self.test.texts)
        if chosen.select is None:
            return [OtherText(text, learn, asked)]
        selector = Selector(text, chosen.select.by, seed, self._ngrams())
        return [
            SelectedText(selector, share, learn) if share < 1 else OtherText(text, learn, asked, ", all kept")
            for share in chosen.select.keep
        ]

    def _ngrams(self) -> NgramOptions:
        return self._experiment.options.ngrams

    def _text(self, chosen: TrainingSet, seed: int) -> LabelledText:
        text = self._experiment.text(chosen.source)
        if text is None:
            raise ExperimentError(
                f"training set '{chosen.id}' needs {chosen.source} text", "give it, or leave it out"
            )
        if chosen.amount == "matched":
            bronze = self._experiment.bronze
            like = bronze if bronze is not None else from_gold(self._development)
            text = matched_sample(text, len(like.labelled), generator(seed, Stream.EXPERIMENT, _MATCHED))
        if chosen.amount == "smallest":
            least = min(len(each.labelled) for each in self._experiment.alike())
            text = matched_sample(text, least, generator(seed, Stream.EXPERIMENT, _MATCHED))
        if chosen.share < 1:
            text = share_of(text, chosen.share, generator(seed, Stream.EXPERIMENT, _SHARE))
        return text
