"""An experiment: what to run, what it cannot be run on, and what each cell's predictions depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

import dualalign
from dualalign.classifiers import LinearOptions
from dualalign.classifiers.calibrated import Calibration
from dualalign.errors import ExperimentError
from dualalign.experiments.cells import DEFAULT_CALIBRATION, NOT_CALIBRATED, Cell
from dualalign.experiments.labelled_text import LabelledText, from_gold
from dualalign.experiments.models import LINEAR, ModelChoice
from dualalign.experiments.tasks import MULTI_LABEL, Task
from dualalign.experiments.training_sets import (
    REFERENCE,
    TrainingSet,
    TrainingSets,
    default_training_sets,
)
from dualalign.labels.gold import GoldSentences
from dualalign.stats.arrays import Marks

DEVELOPMENT = ("train", "val")
TEST = "test"
LEFT_OUT_WHERE_ABSENT = ("none", "bronze", "synthetic", "silver")
"""Sources whose training sets are left out where the user gives no such text; any other must be given."""

_FEWEST_POSITIVES = 2
_LEARN, _TEST = "to learn from", "to test on"


@dataclass(frozen=True, slots=True)
class Experiment:
    """What to run.

    Args:
        gold: human-labelled sentences with folds `train`, `test` and if it has one `val`.
        synthetic: aligned synthetic sentences, None to leave out the sets that need them.
        bronze: unaligned ones, None to leave out the sets that need them.
        fractions: shares of the gold to learn from, each above 0 to 1.
        seeds: runs of each cell.
        options: settings of the linear classifier where `models` gives it none.
        sets: training sets and settings to try.
        texts: further texts by the names that training sets have for them, `silver` among them.
        models: classifiers.
        tasks: what is asked of them.
        calibration: how probabilities are calibrated where neither training set nor classifier says.

    Raises:
        ExperimentError: a share or a number that means nothing, an id that stands twice, a text that is missing, or
            gold labels of one class only.
    """

    gold: GoldSentences
    synthetic: LabelledText | None = None
    bronze: LabelledText | None = None
    fractions: tuple[float, ...] = (1.0, 0.1)
    seeds: int = 5
    options: LinearOptions = field(default_factory=lambda: LinearOptions(steps=60))
    sets: TrainingSets = field(default_factory=default_training_sets)
    texts: Mapping[str, LabelledText] = field(default_factory=dict)
    models: tuple[ModelChoice, ...] = (ModelChoice(name=LINEAR),)
    tasks: tuple[Task, ...] = (MULTI_LABEL,)
    calibration: Calibration = DEFAULT_CALIBRATION

    def __post_init__(self) -> None:
        for fraction in self.fractions:
            if not 0 < fraction <= 1:
                raise ExperimentError(f"gold fraction {fraction:g}", "give a share above 0 and at most 1")
        if self.seeds < 1:
            raise ExperimentError(f"{self.seeds} seeds", "give at least one")
        _refuse_ids("training set", [each.id for each in self.sets.training_sets])
        _refuse_ids("model", [each.key for each in self.models])
        _refuse_ids("task", [each.id for each in self.tasks])
        for chosen in self.sets.training_sets:
            if self.text(chosen.source) is None and chosen.source not in LEFT_OUT_WHERE_ABSENT:
                known = ", ".join(name for name, _ in self.named_texts()) or "(none)"
                raise ExperimentError(
                    f"training set '{chosen.id}' needs a text '{chosen.source}'",
                    f"the texts given are {known}",
                )
        _refuse_labels(self.development.labels, self.test.labels, self.gold.label_ids, self.tasks)

    def warnings(self) -> list[str]:
        """Return what does not stop it but makes its figures doubtful, one line each, with a remedy."""
        gold, test = self.gold, self.test
        found = []
        repeated = gold.repeated_across_folds()
        if repeated:
            row, first = repeated[0]
            found.append(
                f"{len(repeated)} gold sentences stand in two folds, such as '{gold.ids[row]}' and '{gold.ids[first]}': "
                "what is learned by heart counts as understood - remove them from one fold"
            )
        counts = zip(gold.label_ids, test.labels.sum(axis=0), strict=True)
        missing = [label for label, count in counts if not count]
        if missing:
            found.append(
                f"no gold sentence to test on has the label {', '.join(missing)}: its F1 is 0 in every macro-F1 - give "
                "the test fold some"
            )
        tested = {text.lower() for text in test.texts}
        for name, text in self.named_texts():
            both = sum(sentence.lower() in tested for sentence in text.texts)
            if both:
                found.append(
                    f"{both} gold sentences to test on stand in the text '{name}' too: its gain is partly learned by "
                    "heart - leave them out of it"
                )
        return found

    def named_texts(self) -> list[tuple[str, LabelledText]]:
        """Return the other texts that were given, by the names that training sets have for them."""
        given = {"synthetic": self.synthetic, "bronze": self.bronze, **self.texts}
        return [(name, text) for name, text in given.items() if text is not None]

    def text(self, source: str) -> LabelledText | None:
        """Return the text that training sets call `source`, None if it was not given."""
        return dict(self.named_texts()).get(source)

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
        given = {"none", *(name for name, _ in self.named_texts())}
        return [each for each in self.sets.training_sets if each.source in given]

    def left_out(self) -> list[TrainingSet]:
        """Return the training sets that lack their text."""
        there = self.training_sets()
        return [each for each in self.sets.training_sets if each not in there]

    def alike(self) -> list[LabelledText]:
        """Return the texts of the training sets that are drawn as large as the smallest of them."""
        names = {each.source for each in self.sets.training_sets if each.amount == "smallest"}
        return [text for name, text in self.named_texts() if name in names]

    def task(self, name: str) -> Task:
        """Return a task by its id."""
        return next(each for each in self.tasks if each.id == name)

    def model(self, key: str) -> ModelChoice:
        """Return a classifier by its id."""
        return next(each for each in self.models if each.key == key)

    def training_set(self, name: str) -> TrainingSet:
        """Return a training set by its id."""
        return next(each for each in self.sets.training_sets if each.id == name)

    def heads(self, cell: Cell) -> tuple[str, ...]:
        """Return the heads of a cell's classifier."""
        return self.task(cell.task).heads(self.gold.label_ids)

    def cells(self) -> list[Cell]:
        """Return every cell; sets without gold come once a seed, whatever the fractions."""
        return [
            Cell(each.id, share, seed, model.key, task.id)
            for model in self.models
            for task in self.tasks
            for each in self.training_sets()
            for seed in range(self.seeds)
            for share in (self.fractions if each.gold else (0.0,))
        ]

    def calibrated(self, cell: Cell) -> Calibration:
        """Return how a cell's probabilities are calibrated: as its training set says, else its classifier, else as all.

        Without gold there is nothing to calibrate on, and which of several labels is no question of probabilities.
        """
        chosen = self.training_set(cell.training_set)
        if not chosen.gold or self.task(cell.task).kind == "five_class":
            return NOT_CALIBRATED
        return chosen.calibration or self.model(cell.model).calibration or self.calibration

    def key(self, cell: Cell) -> str:
        """Return a fingerprint of all that a cell's predictions depend on.

        Calibration is no part of it: predictions are kept as they are, with what it takes to calibrate them.
        """
        chosen = self.training_set(cell.training_set)
        plain = {
            "version": dualalign.__version__,
            "options": self.options.model_dump(),
            "uses": [use.model_dump() for use in self.sets.prior_uses],
            "model": self.model(cell.model).facts(),
            "task": self.task(cell.task).model_dump(),
            "set": chosen.model_dump(exclude={"name", "id", "curve", "calibration"}),
        }
        # The number of sentences of other texts may say how much is drawn.
        sizes = [self.bronze] if chosen.amount == "matched" else []
        sizes += self.alike() if chosen.amount == "smallest" else []
        digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
        for text in (from_gold(self.gold), self.text(chosen.source), *sizes):
            if text is not None:
                digest.update("\n".join(text.texts).encode())
                digest.update(np.packbits(text.marks).tobytes())
        digest.update("\n".join((*self.gold.folds, *self.gold.groups)).encode())
        return digest.hexdigest()


def refuse_reference(reference: str, sets: Sequence[str]) -> None:
    """Refuse a training set to hold others against that is not run.

    Raises:
        ExperimentError: naming those that are.
    """
    if reference != REFERENCE and reference not in sets:
        raise ExperimentError(
            f"no training set '{reference}' to hold others against", f"give {', '.join(sets)}"
        )


def _refuse_ids(kind: str, named: Sequence[str]) -> None:
    if not named:
        raise ExperimentError(f"no {kind} to run", "give at least one")
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise ExperimentError(f"{kind} '{twice}' stands twice", "give each an id of its own")


def _refuse_labels(learned: Marks, tested: Marks, names: Sequence[str], tasks: Sequence[Task]) -> None:
    """Refuse gold labels from which a task cannot be learned, or on which it cannot be scored."""
    kinds = {task.kind for task in tasks}
    for fold, labels in ((_LEARN, learned), (_TEST, tested)):
        if not labels.any():
            raise ExperimentError(
                f"none of {len(labels)} gold sentences {fold} has a label",
                "give each fold sentences with labels",
            )
    if kinds != {"binary"}:
        for label, count in zip(names, learned.sum(axis=0), strict=True):
            if not _FEWEST_POSITIVES <= count < len(learned):
                raise ExperimentError(
                    f"label '{label}' stands on {count} of {len(learned)} gold sentences {_LEARN}",
                    "give a gold set in which every label is sometimes there and sometimes not",
                )
    if kinds != {"five_class"}:
        for fold, labels in ((_LEARN, learned), (_TEST, tested)):
            if labels.any(axis=1).all():
                raise ExperimentError(
                    f"every one of {len(labels)} gold sentences {fold} has a label: one class only",
                    "add sentences without one (empty labels), or ask for the task five_class alone",
                )
    if "five_class" in kinds:
        alone = learned[learned.sum(axis=1) == 1].sum(axis=0)
        if not alone.all():
            raise ExperimentError(
                f"label '{names[int(alone.argmin())]}' never stands alone on gold sentences {_LEARN}",
                "leave out the task five_class, which is about sentences with exactly one label",
            )
        if not (tested.sum(axis=1) == 1).any():
            raise ExperimentError(
                f"no gold sentence {_TEST} has exactly one label",
                "leave out the task five_class, which is about such sentences",
            )
