"""DualPath: networks fitted on folds of the training subjects, averaged and calibrated on those left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from dualalign.progression.calibration import Calibration, Floats, fit_calibration, logistic_loss, sigmoid
from dualalign.progression.folds import subject_folds
from dualalign.progression.member import Member, forecasts, question_logits
from dualalign.progression.method import Learning, outcome_marks, without_times
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.scaling import fit_scales
from dualalign.progression.targets import Targets, last_known, make_targets, scaled_targets
from dualalign.progression.training import State, TrainingOptions, fit_network
from dualalign.progression.visits import Places, Visits
from dualalign.randomness import Stream, generator


@dataclass(frozen=True)
class FittedDualPath:
    """An ensemble and its calibration.

    Args:
        members: the networks.
        calibration: by task, and by kind of question for all other tasks.
        hidden: features that the networks never see.
        use_time: False if times were replaced by the order of visits.
        answering: kind of question -> places of the networks that answer it; all of them where a kind is not named.
    """

    members: tuple[Member, ...]
    calibration: Mapping[str, Calibration]
    hidden: tuple[str, ...] = ()
    use_time: bool = True
    answering: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def prepare(self, visits: Visits) -> Visits:
        """Return visits as the networks may see them."""
        seen = visits.without(self.hidden) if self.hidden else visits
        return seen if self.use_time else without_times(seen)

    def predict(self, seen: Visits, questions: Questions, task: str = "") -> Floats:
        """Return the probability of a yes to each question."""
        calibration = self.calibration.get(task) or self.calibration.get(questions.kind.value, Calibration())
        return sigmoid(calibration.apply(self.logits(seen, questions)))

    def logits(self, seen: Visits, questions: Questions) -> Floats:
        """Return uncalibrated log odds, the mean over the networks that answer such questions."""
        prepared = self.prepare(seen)
        places = self.answering.get(questions.kind.value, range(len(self.members)))
        return np.asarray(
            np.mean([question_logits(self.members[at], prepared, questions) for at in places], axis=0)
        )

    def forecast(self, seen: Visits, rows: Places, ahead: Floats) -> tuple[Floats, Floats]:
        """Return n x Q expected values of the forecast features and their standard deviations.

        Args:
            seen: visits, up to which is known.
            rows: n visit rows.
            ahead: n years ahead.
        """
        prepared = self.prepare(seen)
        schema = prepared.schema
        places = [schema.numeric.index(feature) for feature in schema.forecast]
        last = np.column_stack([last_known(prepared, feature)[rows] for feature in schema.forecast])
        changes, variances = [], []
        for each in self.members:
            spread = each.scales.values.spread[places]
            change, log_spread = forecasts(each, prepared, rows, ahead)
            changes.append(change * spread)
            variances.append((np.exp(log_spread) * spread) ** 2)
        mean = np.mean(changes, axis=0)
        # Networks that disagree are unsure beyond what each admits.
        variance = np.mean(variances, axis=0) + np.var(changes, axis=0)
        return last + mean, np.sqrt(variance)


@dataclass(frozen=True)
class DualPath:
    """The method.

    Args:
        name: as tables show it.
        options: how each network is fitted.
        also: other ways to fit, None for the linear path before the deep one instead of with it. For each kind of
            question the way, or all of them together, with the least log loss on the subjects left out is kept.
        folds: inner folds, each leaving out subjects that stop the training, choose and calibrate.
        hidden: features that the networks never see.
        use_time: False replaces times by the order of visits.
        start: weights to start from, taken in turn by the networks whose linear path does not come first; empty for
            random ones.
    """

    name: str = "DualPath"
    options: TrainingOptions = field(default_factory=TrainingOptions)
    also: tuple[TrainingOptions, ...] | None = None
    folds: int = 4
    hidden: tuple[str, ...] = ()
    use_time: bool = True
    start: tuple[State, ...] = ()

    def answers(self, questions: Questions) -> bool:
        """Return True: it answers every kind of question."""
        return True

    def settings(self) -> tuple[TrainingOptions, ...]:
        """Return the ways to fit that are chosen from."""
        parts = self.options.network
        if self.also is not None:
            return (self.options, *self.also)
        if not (parts.wide and parts.deep):
            return (replace(self.options, linear_first=parts.wide),)
        return (self.options, replace(self.options, linear_first=not self.options.linear_first))

    def fit(self, learning: Learning, seed: int) -> FittedDualPath:
        """Fit the ensembles, keep the best for each kind of question, and calibrate."""
        shell = FittedDualPath((), {}, self.hidden, self.use_time)
        seen = shell.prepare(learning.seen)
        targets = make_targets(learning.visits, seen, seen.knows_state())
        fold = subject_folds(
            learning.groups,
            outcome_marks(learning),
            self.folds,
            generator(seed, Stream.PROGRESSION, 1),
        )
        ensembles = [
            self._ensemble(options, learning.questions, seen, targets, fold, seed)
            for options in self.settings()
        ]
        every = tuple(range(len(ensembles)))
        # One way to fit, or all of them together.
        choices = [*((place,) for place in every), *([every] if len(every) > 1 else [])]
        logits = [
            {
                task: np.mean([ensembles[place][1][task] for place in places], axis=0)
                for task in learning.questions
            }
            for places in choices
        ]
        losses = [_losses(learning.questions, each) for each in logits]
        best = {kind: int(np.argmin([loss[kind] for loss in losses])) for kind in losses[0]}
        kept = sorted({place for choice in best.values() for place in choices[choice]}) or [0]
        answering = {
            kind: tuple(
                kept.index(place) * self.folds + fold
                for place in choices[choice]
                for fold in range(self.folds)
            )
            for kind, choice in best.items()
        }
        chosen = {
            task: logits[best.get(asked.kind.value, 0)][task] for task, asked in learning.questions.items()
        }
        return FittedDualPath(
            tuple(member for place in kept for member in ensembles[place][0]),
            _calibrate(learning.questions, chosen),
            self.hidden,
            self.use_time,
            answering,
        )

    def _ensemble(
        self,
        options: TrainingOptions,
        questions: Mapping[str, Questions],
        seen: Visits,
        targets: Targets,
        fold: Places,
        seed: int,
    ) -> tuple[list[Member], dict[str, Floats]]:
        """Return a network for each inner fold and, by task, log odds for subjects each was not fitted on."""
        members = []
        logits = {task: np.zeros(len(asked)) for task, asked in questions.items()}
        for place in range(self.folds):
            training = np.flatnonzero(fold != place)
            scales = fit_scales(seen.take(training.tolist()))
            from_scratch = options.linear_first or not self.start
            start = None if from_scratch else self.start[place % len(self.start)]
            network = fit_network(
                seen,
                scaled_targets(targets, scales, seen),
                scales,
                training.tolist(),
                np.flatnonzero(fold == place).tolist(),
                options,
                seed * self.folds + place,
                start,
            )
            members.append(Member(network, scales))
            for task, asked in questions.items():
                mine = fold[asked.subjects] == place
                logits[task][mine] = question_logits(members[-1], seen, asked.take(mine))
        return members, logits


def _losses(asked: Mapping[str, Questions], logits: Mapping[str, Floats]) -> dict[str, float]:
    """Return by kind of question the log loss of answers, calibrated as predictions will be, mean over its tasks."""
    calibration = _calibrate(asked, logits)
    found: dict[str, list[float]] = {}
    for task, questions in asked.items():
        if len(questions):
            moved = (calibration.get(task) or calibration[questions.kind.value]).apply(logits[task])
            each = logistic_loss(moved, questions.answers)
            found.setdefault(questions.kind.value, []).append(float(each.mean()))
    return {kind: float(np.mean(losses)) for kind, losses in found.items()}


def _calibrate(asked: Mapping[str, Questions], logits: Mapping[str, Floats]) -> dict[str, Calibration]:
    """Calibrate each kind of question on all its tasks, and each task on itself.

    Conversion has no calibration by task: one for all horizons keeps risk from falling as horizons lengthen.
    """
    found = {}
    for kind in Kind:
        tasks = [task for task, questions in asked.items() if questions.kind is kind]
        if tasks:
            found[kind.value] = fit_calibration(
                np.concatenate([logits[task] for task in tasks]),
                np.concatenate([asked[task].answers for task in tasks]),
            )
        if kind is not Kind.CONVERSION:
            found |= {task: fit_calibration(logits[task], asked[task].answers) for task in tasks}
    return found
