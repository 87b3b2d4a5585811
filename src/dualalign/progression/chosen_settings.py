"""Networks of several settings, of which inner folds choose: nested cross-validation for DualPath as for the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualalign.progression.calibration import Calibration
from dualalign.progression.dualpath import DualPath, FittedDualPath
from dualalign.progression.method import Learning
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.training import TrainingOptions
from dualalign.progression.visits import Floats, Visits


@dataclass(frozen=True)
class FittedChoice:
    """Ensembles by setting, and which answers what.

    Args:
        ensembles: one a setting, those that answer something.
        chosen: task -> name of the setting.
    """

    ensembles: Mapping[str, FittedDualPath]
    chosen: Mapping[str, str]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        """Return the probability of a yes to each question."""
        return self.ensembles[self.chosen[task]].predict(seen, questions, task)


@dataclass(frozen=True)
class ChosenDualPath:
    """DualPath whose settings are chosen by log loss on inner folds, for each task on its own.

    Tasks of conversion share one choice, so that risk does not fall as horizons lengthen.

    Args:
        name: as tables show it.
        settings: what to choose from, with names that differ.
    """

    name: str
    settings: Sequence[DualPath]

    def answers(self, questions: Questions) -> bool:
        """Return True: it answers every kind of question."""
        return True

    def fit(self, learning: Learning, seed: int) -> FittedChoice:
        """Fit every setting on the same inner folds and keep those that some task chose."""
        fitted, losses = {}, {}
        for setting in self.settings:
            fitted[setting.name], logits = setting.learn(learning, seed)
            losses[setting.name] = {
                task: _log_loss(fitted[setting.name], task, asked, logits[task])
                for task, asked in learning.questions.items()
            }
        chosen = {}
        for task, asked in learning.questions.items():
            together = [task]
            if asked.kind is Kind.CONVERSION:
                together = [each for each, other in learning.questions.items() if other.kind is asked.kind]
            chosen[task] = min(losses, key=lambda name: sum(losses[name][each] for each in together))
        wanted = set(chosen.values())
        return FittedChoice({name: each for name, each in fitted.items() if name in wanted}, chosen)


def _log_loss(fitted: FittedDualPath, task: str, asked: Questions, logits: Floats) -> float:
    """Mean log loss of the answers to subjects left out, calibrated as predictions will be."""
    if not len(asked):
        return 0.0
    calibration = fitted.calibration.get(task) or fitted.calibration.get(asked.kind.value, Calibration())
    signs = np.where(asked.answers, 1.0, -1.0)
    return float(np.logaddexp(0.0, -signs * calibration.apply(logits)).mean())


def usual_settings(options: TrainingOptions | None = None) -> tuple[DualPath, ...]:
    """Return what DualPath is chosen from: as it is, more strongly held back, and its linear path alone.

    Args:
        options: how DualPath is fitted as it is.
    """
    usual = options or TrainingOptions()
    held = replace(usual, decay=1.0, network=replace(usual.network, dropout=0.4))
    linear = replace(usual, decay=1.0, network=replace(usual.network, deep=False))
    return (DualPath("usual", usual), DualPath("held back", held), DualPath("linear", linear))
