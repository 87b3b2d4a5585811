"""Run an experiment: every training set, share of the gold and seed, scored on the gold's test fold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

import dualalign
from dualalign.classifiers.linear import LinearOptions, PriorUse
from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Cell, Outcome, load_outcome, save_outcome
from dualalign.experiments.development import OtherText, develop
from dualalign.experiments.labelled_text import ANY, LabelledText, from_gold
from dualalign.experiments.scores import rate_thresholds, with_labels_in_any
from dualalign.experiments.training_sets import TrainingSet, TrainingSets, default_training_sets
from dualalign.labels.gold import GoldSentences
from dualalign.randomness import Stream, generator

DEVELOPMENT = ("train", "val")
TEST = "test"
_FEWEST_POSITIVES = 2


@dataclass(frozen=True, slots=True)
class Experiment:
    """What to run.

    Args:
        gold: human-labelled sentences with folds `train`, `test` and if it has one `val`.
        synthetic: aligned synthetic sentences, None to leave out the sets that need them.
        bronze: unaligned ones, None to leave out the sets that need them.
        fractions: shares of the gold to learn from, each above 0 to 1.
        seeds: runs of each cell.
        options: settings of the classifier.
        sets: training sets and settings to try.
    """

    gold: GoldSentences
    synthetic: LabelledText | None = None
    bronze: LabelledText | None = None
    fractions: tuple[float, ...] = (1.0, 0.1)
    seeds: int = 5
    options: LinearOptions = field(default_factory=lambda: LinearOptions(steps=60))
    sets: TrainingSets = field(default_factory=default_training_sets)

    def __post_init__(self) -> None:
        for fraction in self.fractions:
            if not 0 < fraction <= 1:
                raise ExperimentError(f"gold fraction {fraction:g}", "give a share above 0 and at most 1")
        if self.seeds < 1:
            raise ExperimentError(f"{self.seeds} seeds", "give at least one")
        development = self.development.labels
        for label, count in zip(self.gold.label_ids, development.sum(axis=0), strict=True):
            if not _FEWEST_POSITIVES <= count < len(development):
                raise ExperimentError(
                    f"label '{label}' stands on {count} of {len(development)} gold sentences to learn from",
                    "give a gold set in which every label is sometimes there and sometimes not",
                )

    @property
    def heads(self) -> tuple[str, ...]:
        """The labels, and `any`."""
        return (*self.gold.label_ids, ANY)

    @property
    def development(self) -> GoldSentences:
        """Gold sentences that may be learned from."""
        return self.gold.fold(*(name for name in DEVELOPMENT if name in self.gold.folds or name == "train"))

    @property
    def test(self) -> GoldSentences:
        """Gold sentences that figures are given on."""
        return self.gold.fold(TEST)

    def training_sets(self) -> list[TrainingSet]:
        """Return the training sets whose text is at hand."""
        there = {"none": True, "bronze": self.bronze is not None, "synthetic": self.synthetic is not None}
        return [each for each in self.sets.training_sets if there[each.source]]

    def cells(self) -> list[Cell]:
        """Return every cell; sets without gold come once a seed, whatever the fractions."""
        found: list[Cell] = []
        for each in self.training_sets():
            for seed in range(self.seeds):
                found.extend(
                    Cell(each.id, share, seed) for share in (self.fractions if each.gold else (0.0,))
                )
        return found

    def key(self) -> str:
        """Return a fingerprint of all that the predictions depend on."""
        digest = hashlib.sha256(dualalign.__version__.encode())
        options = {
            "options": asdict(self.options),
            "uses": [use.model_dump() for use in self.sets.prior_uses],
        }
        digest.update(json.dumps(options, sort_keys=True).encode())
        for text in (from_gold(self.gold), self.synthetic, self.bronze):
            if text is not None:
                digest.update("\n".join(text.texts).encode())
                digest.update(np.packbits(text.marks).tobytes())
        digest.update("\n".join((*self.gold.folds, *self.gold.groups)).encode())
        return digest.hexdigest()


def run_experiment(
    experiment: Experiment, folder: str | Path, on_cell: Callable[[Cell], None] | None = None
) -> list[Outcome]:
    """Run every cell that has not been run and return all outcomes, in the order of `Experiment.cells`.

    Args:
        experiment: what to run.
        folder: predictions go to its folder `cells`; a run that was stopped goes on from there.
        on_cell: called after each cell.
    """
    runner = _Runner(experiment)
    key = experiment.key()
    cells = Path(folder) / "cells"
    outcomes = []
    for cell in experiment.cells():
        outcome = load_outcome(cells, cell, experiment.heads, key)
        if outcome is None:
            outcome = runner.run(cell)
            save_outcome(cells, outcome, runner.test.ids, experiment.heads, key)
        outcomes.append(outcome)
        if on_cell is not None:
            on_cell(cell)
    return outcomes


class _Runner:
    """Holds what cells share: the folds, and classifiers fitted on other text alone."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._development = experiment.development
        self.test = experiment.test
        self._sets = {each.id: each for each in experiment.training_sets()}
        self._others: dict[tuple[str, int], OtherText] = {}
        self._uses = [PriorUse(use.offset, use.scale) for use in experiment.sets.prior_uses]

    def run(self, cell: Cell) -> Outcome:
        chosen = self._sets[cell.training_set]
        other = self._other(chosen, cell.seed)
        if not chosen.gold:
            return self._alone(cell, other)
        drawn = self._draw(cell)
        gold = from_gold(drawn)
        found = develop(
            gold,
            drawn.groups,
            self._experiment.heads,
            self._experiment.options,
            generator(cell.seed, Stream.EXPERIMENT, 1),
            other,
            self._uses,
        )
        facts = {
            "gold": len(gold),
            "log_loss": found.loss,
            "uses": [asdict(use) if use else None for use in found.uses],
        }
        return Outcome(cell, found.logits(self.test.texts), found.thresholds, facts)

    def _alone(self, cell: Cell, other: OtherText | None) -> Outcome:
        """Without gold, thresholds come from the synthetic text itself."""
        if other is None:
            raise ExperimentError(f"training set '{cell.training_set}' holds no text", "give --synthetic")
        prior = other.prior(None)
        text = self._text(self._sets[cell.training_set], cell.seed)
        thresholds = rate_thresholds(text.marks, with_labels_in_any(prior.logits(text.texts)))
        logits = with_labels_in_any(prior.logits(self.test.texts))
        return Outcome(cell, logits, thresholds, {"gold": 0})

    def _draw(self, cell: Cell) -> GoldSentences:
        """Draw whole notes until the share of the sentences is reached, and every label is there."""
        whole = self._development
        if cell.fraction >= 1:
            return whole
        random = generator(cell.seed, Stream.EXPERIMENT, 2)
        wanted = cell.fraction * len(whole)
        rows_of: dict[str, list[int]] = {}
        for row, group in enumerate(whole.groups):
            rows_of.setdefault(group, []).append(row)
        names = sorted(rows_of)
        rows: list[int] = []
        for place in random.permutation(len(names)):
            if len(rows) >= wanted:
                break
            rows.extend(rows_of[names[place]])
        return whole.take(sorted(rows))

    def _other(self, chosen: TrainingSet, seed: int) -> OtherText | None:
        if chosen.source == "none":
            return None
        # Text that is used whole is the same for every seed.
        at = (chosen.source, seed if chosen.amount == "matched" else -1)
        if at not in self._others:
            if at[1] >= 0:
                self._others = {old: other for old, other in self._others.items() if old[1] < 0}
            self._others[at] = OtherText(
                self._text(chosen, seed), self._experiment.heads, self._experiment.options
            )
        return self._others[at]

    def _text(self, chosen: TrainingSet, seed: int) -> LabelledText:
        sources = {"bronze": self._experiment.bronze, "synthetic": self._experiment.synthetic}
        text = sources[chosen.source]
        if text is None:
            raise ExperimentError(
                f"training set '{chosen.id}' needs {chosen.source} text", "give it, or leave it out"
            )
        if chosen.amount == "all":
            return text
        bronze = self._experiment.bronze
        like = bronze if bronze is not None else from_gold(self._development)
        return matched_sample(text, len(like.labelled), generator(seed, Stream.EXPERIMENT, 3))


def matched_sample(text: LabelledText, labelled: int, random: np.random.Generator) -> LabelledText:
    """Return a random sample with a given number of labelled sentences, and unlabelled ones in proportion.

    Everything is returned where there are no more labelled sentences than that.
    """
    if labelled >= len(text.labelled):
        return text
    share = labelled / len(text.labelled)
    rows: Sequence[int] = sorted(
        [
            *random.choice(text.labelled, labelled, replace=False),
            *random.choice(text.unlabelled, round(share * len(text.unlabelled)), replace=False),
        ]
    )
    return text.take(rows)
