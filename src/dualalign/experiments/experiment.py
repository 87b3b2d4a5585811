"""An experiment: what to run, checked before anything is, and what each cell's predictions depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

import dualalign
from dualalign.classifiers import LinearOptions
from dualalign.classifiers.decision import Calibration
from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Cell
from dualalign.experiments.checks import doubts, refuse
from dualalign.experiments.held_out import DEFAULT_CALIBRATION, NOT_CALIBRATED
from dualalign.experiments.labelled_text import ANY, LabelledText, from_gold
from dualalign.experiments.models import LINEAR, ModelChoice
from dualalign.experiments.tasks import MULTI_LABEL, Task
from dualalign.experiments.training_sets import TrainingSet, TrainingSets, default_training_sets
from dualalign.labels.gold import GoldSentences

DEVELOPMENT = ("train", "val")
TEST = "test"


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
        refuse(self)

    def warnings(self) -> list[str]:
        """Return what does not stop the experiment but makes its figures doubtful, one line each."""
        return doubts(self)

    def named_texts(self) -> list[tuple[str, LabelledText]]:
        """Return the other texts that were given, by the names that training sets have for them."""
        given = {"synthetic": self.synthetic, "bronze": self.bronze, **self.texts}
        return [(name, text) for name, text in given.items() if text is not None]

    def text(self, source: str) -> LabelledText | None:
        """Return the text that training sets call `source`, None if it was not given."""
        return dict(self.named_texts()).get(source)

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

    def key(self, cell: Cell | None = None) -> str:
        """Return a fingerprint of all that a cell's predictions depend on.

        Cells of the linear classifier, all labels and plain training sets share one, which is also that of no cell
        in particular; any other cell's holds only what it uses itself. Calibration is no part of it: predictions are
        kept as they are, with what it takes to calibrate them.
        """
        plain = cell is None or (
            self.model(cell.model).model_copy(update={"calibration": None}) == ModelChoice(name=LINEAR)
            and self.task(cell.task) == MULTI_LABEL
            and self.training_set(cell.training_set).is_plain
        )
        options = {
            "options": asdict(self.options),
            "uses": [use.model_dump() for use in self.sets.prior_uses],
        }
        texts = [from_gold(self.gold), self.synthetic, self.bronze]
        if cell is not None and not plain:
            chosen = self.training_set(cell.training_set)
            options |= {
                "model": self.model(cell.model).facts(),
                "task": self.task(cell.task).model_dump(),
                "set": chosen.model_dump(exclude={"name", "id", "curve", "calibration"}),
            }
            texts = [texts[0], self.text(chosen.source), *self._sizes(chosen)]
        return _digest(json.dumps(options, sort_keys=True), tuple(texts), self.gold)

    def _sizes(self, chosen: TrainingSet) -> list[LabelledText | None]:
        """Texts whose number of sentences says how much a training set draws."""
        if chosen.amount == "matched":
            return [self.bronze]
        return list(self.alike()) if chosen.amount == "smallest" else []


def _digest(options: str, texts: Sequence[LabelledText | None], gold: GoldSentences) -> str:
    digest = hashlib.sha256(dualalign.__version__.encode())
    digest.update(options.encode())
    for text in texts:
        if text is not None:
            digest.update("\n".join(text.texts).encode())
            digest.update(np.packbits(text.marks).tobytes())
    digest.update("\n".join((*gold.folds, *gold.groups)).encode())
    return digest.hexdigest()
