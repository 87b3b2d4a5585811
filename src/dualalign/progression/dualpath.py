"""DualPath: networks fitted on folds of the training subjects, averaged and calibrated on those left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor

from dualalign.progression.calibration import Calibration, fit_calibration, log_losses
from dualalign.progression.folds import subject_folds
from dualalign.progression.methods import Learning, Method, without_times
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.questions import Kind, Questions, subjects_with_yes
from dualalign.progression.scaling import Scales, fit_scales
from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.targets import Targets, last_known, make_targets, scaled_targets
from dualalign.progression.training import State, TrainingOptions, fit_network, make_batch
from dualalign.progression.visits import Floats, Places, Visits
from dualalign.randomness import Stream, generator

_AT_ONCE = 256
"""Subjects in memory as tensors at a time."""


@dataclass(frozen=True)
class Member:
    """One network of the ensemble, with the scales it was fitted on."""

    network: DualPathNetwork
    scales: Scales

    def logits(self, seen: Visits, questions: Questions) -> Floats:
        """Return log odds of a yes to each question."""
        found = np.zeros(len(questions))
        delay = np.maximum(questions.times - seen.times[questions.rows], 0.0)
        for which, hidden, wide in self._states(seen, questions.rows):
            horizons, late = (
                torch.from_numpy(each[which].astype(np.float32)).to(hidden.device)
                for each in (questions.horizons, delay)
            )
            if questions.kind is Kind.STATE:
                logits = self.network.state_logits(hidden, wide, horizons + late)
            elif questions.kind is Kind.DECLINE:
                logits = self.network.decline_logits(hidden, wide)
            else:
                logits = _risk_logits(self.network.hazard_logits(hidden, wide), late, horizons, seen.schema)
            found[which] = logits.cpu().double().numpy()
        return found

    def forecast(self, seen: Visits, rows: Places, ahead: Floats) -> tuple[Floats, Floats]:
        """Return expected changes of the forecast features and their standard deviations, n x Q."""
        spread = self.scales.values.spread[[seen.schema.numeric.index(each) for each in seen.schema.forecast]]
        change, deviation = np.zeros((2, len(rows), len(spread)))
        for which, hidden, wide in self._states(seen, rows):
            asked = torch.from_numpy(ahead[which].astype(np.float32)).to(hidden.device)
            first, second = self.network.forecasts(hidden, wide, asked)
            change[which], deviation[which] = first.cpu().numpy(), second.exp().cpu().numpy()
        return change * spread, deviation * spread

    @torch.no_grad()
    def modality_weights(self, seen: Visits) -> Floats:
        """Return N x M weights of the modalities at each visit; the last is the person."""
        weights = self.network(make_batch(seen, self.scales, self.network.kinds.device))[1]
        return np.asarray(weights.cpu().double().numpy())

    def _states(self, seen: Visits, rows: Places) -> Iterator[tuple[Places, Tensor, Tensor]]:
        """Yield, a batch of subjects at a time, which of the rows it holds, and their hidden states and history."""
        subject = seen.subject_of_row[rows]
        every = np.unique(subject)
        for at in range(0, len(every), _AT_ONCE):
            chosen = every[at : at + _AT_ONCE]
            which = np.flatnonzero(np.isin(subject, chosen))
            part = seen.take(chosen.tolist())
            own = np.searchsorted(chosen, subject[which])
            local = rows[which] - seen.starts[subject[which]] + part.starts[own]
            with torch.no_grad():
                batch = make_batch(part, self.scales, self.network.kinds.device)
                hidden = self.network(batch)[0]
                yield which, hidden[local], batch.wide[local]


def _risk_logits(hazards: Tensor, late: Tensor, horizons: Tensor, schema: LongitudinalSchema) -> Tensor:
    """Log odds that the event comes between `late` and `late + horizons`, given none before `late`."""
    ends = hazards.new_tensor(schema.conversion.horizons if schema.conversion is not None else ())
    starts = torch.cat([hazards.new_zeros(1), ends[:-1]])
    log_survival = torch.nn.functional.logsigmoid(-hazards)

    def share(until: Tensor) -> Tensor:
        return ((until.unsqueeze(-1) - starts) / (ends - starts)).clamp(0.0, 1.0)

    # Beyond the last interval the last hazard goes on.
    beyond = ((late + horizons) - ends[-1]).clamp(min=0.0) / (ends[-1] - starts[-1])
    total = ((share(late + horizons) - share(late)) * log_survival).sum(-1) + beyond * log_survival[:, -1]
    total = total.clamp(max=-1e-7)
    return torch.log(-torch.expm1(total)) - total


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
        return np.asarray(expit(calibration.apply(self.logits(seen, questions))))

    def logits(self, seen: Visits, questions: Questions) -> Floats:
        """Return uncalibrated log odds, the mean over the networks that answer such questions."""
        prepared = self.prepare(seen)
        places = self.answering.get(questions.kind.value, range(len(self.members)))
        return np.asarray(np.mean([self.members[at].logits(prepared, questions) for at in places], axis=0))

    def forecast(self, seen: Visits, rows: Places, ahead: Floats) -> tuple[Floats, Floats]:
        """Return n x Q expected values of the forecast features and their standard deviations.

        Args:
            seen: visits, up to which is known.
            rows: n visit rows.
            ahead: n years ahead.
        """
        prepared = self.prepare(seen)
        last = np.column_stack([last_known(prepared, each)[rows] for each in prepared.schema.forecast])
        changes, deviations = zip(
            *(each.forecast(prepared, rows, ahead) for each in self.members), strict=True
        )
        # Networks that disagree are unsure beyond what each admits.
        variance = np.mean(np.square(deviations), axis=0) + np.var(changes, axis=0)
        return last + np.mean(changes, axis=0), np.sqrt(variance)


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

    def answers(self, kind: Kind) -> bool:
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
        asked = learning.questions
        seen = FittedDualPath((), {}, self.hidden, self.use_time).prepare(learning.seen)
        targets = make_targets(learning.visits, seen, seen.knows_state())
        marks = subjects_with_yes(asked, len(learning.visits))
        fold = subject_folds(learning.groups, marks, self.folds, generator(seed, Stream.PROGRESSION, 1))
        ensembles = [self._ensemble(each, asked, seen, targets, fold, seed) for each in self.settings()]
        every = tuple(range(len(ensembles)))
        # One way to fit, or all of them together.
        choices = [*((place,) for place in every), *([every] if len(every) > 1 else [])]
        logits = [
            {task: np.mean([ensembles[place][1][task] for place in places], axis=0) for task in asked}
            for places in choices
        ]
        losses = [_losses(asked, each) for each in logits]
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
        chosen = {task: logits[best.get(each.kind.value, 0)][task] for task, each in asked.items()}
        members = tuple(member for place in kept for member in ensembles[place][0])
        return FittedDualPath(members, _calibrate(asked, chosen), self.hidden, self.use_time, answering)

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
            training = np.flatnonzero(fold != place).tolist()
            scales = fit_scales(seen.take(training))
            from_scratch = options.linear_first or not self.start
            network = fit_network(
                seen,
                scaled_targets(targets, scales, seen),
                scales,
                training,
                np.flatnonzero(fold == place).tolist(),
                options,
                seed * self.folds + place,
                None if from_scratch else self.start[place % len(self.start)],
            )
            members.append(Member(network, scales))
            for task, asked in questions.items():
                mine = fold[asked.subjects] == place
                logits[task][mine] = members[-1].logits(seen, asked.take(mine))
        return members, logits


def _losses(asked: Mapping[str, Questions], logits: Mapping[str, Floats]) -> dict[str, float]:
    """Return by kind of question the log loss of answers, calibrated as predictions will be, mean over its tasks."""
    calibration = _calibrate(asked, logits)
    found: dict[str, list[float]] = {}
    for task, questions in asked.items():
        if len(questions):
            moved = (calibration.get(task) or calibration[questions.kind.value]).apply(logits[task])
            found.setdefault(questions.kind.value, []).append(
                float(log_losses(moved, questions.answers).mean())
            )
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


def ablations(
    schema: LongitudinalSchema, options: TrainingOptions | None = None, hidden: tuple[str, ...] = ()
) -> list[Method]:
    """Return networks fitted in one way only, and with a part changed or taken away.

    Args:
        schema: of the data.
        options: how DualPath itself is fitted.
        hidden: features that no method sees; a modality of nothing else gets no network of its own.
    """
    chosen = options or TrainingOptions()
    network = chosen.network
    found: list[Method] = [
        DualPath("Both paths together", chosen, also=()),
        DualPath("Linear path first", replace(chosen, linear_first=True), also=()),
        DualPath("GRU", replace(chosen, network=replace(network, mixer="recurrent", wide=False))),
        DualPath("Without times", chosen, use_time=False),
        DualPath("Linear path only", replace(chosen, network=replace(network, deep=False))),
        DualPath("Deep path only", replace(chosen, network=replace(network, wide=False))),
    ]
    for modality in schema.modalities:
        own = {each.id for each in modality.features if not each.text}
        if own - set(hidden):
            others = tuple(each for each in schema.numeric if each not in own)
            found.append(DualPath(f"{modality.name} alone", chosen, hidden=others))
    return found


def start_from(fitted: FittedDualPath) -> tuple[State, ...]:
    """Return the weights of a fitted model, for `DualPath(start=...)` on other data of the same schema."""
    return tuple(each.network.state_dict() for each in fitted.members)
