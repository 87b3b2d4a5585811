"""Repeated cross-validation by subject: every method answers the same questions about people it never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.folds import check_folds, subject_folds
from dualalign.progression.methods import Learning, Method
from dualalign.progression.questions import Questions, subjects_with_yes
from dualalign.progression.scores import SCORES, Resamples, Score, resample
from dualalign.progression.visits import Floats, Places, Visits
from dualalign.randomness import Stream, generator
from dualalign.stats.arrays import Marks
from dualalign.stats.bootstrap import Difference, Estimate, estimate, holm, paired_difference

DRAWS = 1000
TESTED = "auc"
Predictions = dict[str, dict[str, Floats]]
"""Method -> task -> repeats x questions probabilities."""
OnStep = Callable[[int, int], None]
"""Told how many fits are done, of how many."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is asked of whom, and what may be used.

    Args:
        visits: everything that was observed, for answers.
        groups: group of each subject.
        questions: task -> questions.
        hidden: features that no method may see.
        folds: outer folds, 2 or more.
        repeats: partitions into folds, 1 or more.
        seed: draws the partitions, and every method's own chance; 0 or greater.

    Raises:
        ProgressionError: fewer than two folds, no repeat, a seed below 0, or a hidden feature that is not there.
    """

    visits: Visits
    groups: tuple[str, ...]
    questions: Mapping[str, Questions]
    hidden: tuple[str, ...] = ()
    folds: int = 5
    repeats: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, least in (
            ("folds", self.folds, 2),
            ("repeats", self.repeats, 1),
            ("seed", self.seed, 0),
        ):
            if value < least:
                raise ProgressionError(f"{name} is {value}", f"give a whole number of at least {least}")
        self.visits.check_hidden(self.hidden)

    def partitions(self) -> list[Places]:
        """Return the fold of each subject, once a repeat."""
        marks = subjects_with_yes(self.questions, len(self.visits))
        randoms = [generator(self.seed, Stream.PROGRESSION, 1000 + repeat) for repeat in range(self.repeats)]
        return [subject_folds(self.groups, marks, self.folds, random) for random in randoms]


def cross_validate(
    protocol: Protocol, methods: Sequence[Method], on_step: OnStep | None = None, workers: int | None = None
) -> Predictions:
    """Return every method's predictions, each for subjects held out of its training.

    Each method is fitted on each fold in a process of its own, on one core: the predictions are the same whatever the
    number of workers.

    Args:
        protocol: what is asked.
        methods: what answers; a method is left out of tasks that it cannot answer.
        on_step: told how far it is.
        workers: processes, one a core if None.

    Raises:
        ProgressionError: two methods of one name, or a subject on both sides of a split.
    """
    from joblib import Parallel, cpu_count, delayed

    names = [method.name for method in methods]
    if len(set(names)) < len(names):
        raise ProgressionError("two methods of one name", "name each method differently")
    found: Predictions = {}
    jobs = []
    partitions = protocol.partitions()
    for method in methods:
        asked = {task: each for task, each in protocol.questions.items() if method.answers(each.kind)}
        found[method.name] = {
            task: np.full((protocol.repeats, len(each)), np.nan) for task, each in asked.items()
        }
        jobs += [
            (method, repeat, fold != place)
            for repeat, fold in enumerate(partitions)
            for place in range(protocol.folds)
            if asked
        ]
    fitted = Parallel(n_jobs=min(workers or cpu_count(), len(jobs)), return_as="generator_unordered")(
        delayed(_alone)(protocol, *job) for job in jobs
    )
    for done, (name, repeat, answers) in enumerate(fitted, 1):
        for task, (which, predicted) in answers.items():
            found[name][task][repeat, which] = predicted
        if on_step is not None:
            on_step(done, len(jobs))
    return found


def _alone(
    protocol: Protocol, method: Method, repeat: int, is_training: Marks
) -> tuple[str, int, dict[str, tuple[Places, Floats]]]:
    """Answer on one core: the matrices are small, and threads that wait for one another cost more than they give."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return method.name, repeat, held_out_answers(protocol, method, is_training, repeat)


def held_out_answers(
    protocol: Protocol, method: Method, is_training: Marks, repeat: int = 0
) -> dict[str, tuple[Places, Floats]]:
    """Fit a method on some subjects and return, by task, which questions are about the others, and its answers.

    Raises:
        ProgressionError: a group on both sides.
    """
    asked = {task: each for task, each in protocol.questions.items() if method.answers(each.kind)}
    visits = protocol.visits
    training, held_out = np.flatnonzero(is_training), np.flatnonzero(~is_training)
    groups = np.array(protocol.groups, dtype=object)
    check_folds(groups[training].tolist(), groups[held_out].tolist())
    seen = visits.without(protocol.hidden) if protocol.hidden else visits
    known = visits.take(training.tolist())
    learning = Learning(
        known,
        seen.take(training.tolist()),
        tuple(groups[training].tolist()),
        {task: each.about(training, known, visits) for task, each in asked.items()},
    )
    fitted = method.fit(learning, protocol.seed * 1000 + repeat)
    others = seen.take(held_out.tolist())
    found = {}
    for task, each in asked.items():
        which = np.flatnonzero(~is_training[each.subjects])
        found[task] = (which, fitted.predict(others, each.about(held_out, others, visits), task))
    return found


@dataclass(frozen=True, slots=True)
class MethodScores:
    """One method on one task.

    Args:
        method: its name.
        task: the task.
        scores: score -> estimate, the mean over repeats with an interval over subjects.
        difference: paired difference of the tested score, this method less the reference; p corrected by Holm's
            method over all tests of the call. None for the reference itself.
    """

    method: str
    task: str
    scores: Mapping[str, Estimate]
    difference: Difference | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)


def compare(
    protocol: Protocol,
    predictions: Predictions,
    reference: str,
    tested: str = TESTED,
    scores: Mapping[str, Score] = SCORES,
    draws: int = DRAWS,
    among: Marks | None = None,
) -> list[MethodScores]:
    """Score all methods on all tasks and test each against one of them.

    Intervals resample groups of subjects; they hold the predictions fixed, so they miss what other training
    subjects would have changed.

    Args:
        protocol: what was asked.
        predictions: what the methods answered.
        reference: name of the method that others are held against.
        tested: score that is tested.
        scores: scores by name.
        draws: resamples.
        among: marks of the subjects to score, all if None (subgroups).
    """
    from joblib import Parallel, delayed

    jobs = []
    for task, asked in protocol.questions.items():
        keep = np.ones(len(asked), dtype=np.bool_) if among is None else among[asked.subjects]
        if keep.any():
            groups = [protocol.groups[subject] for subject in asked.subjects[keep]]
            drawn = resample(groups, draws, generator(protocol.seed, Stream.PROGRESSION, 2000))
            jobs += [
                (method, task, asked.answers[keep], answers[task][:, keep], drawn)
                for method, answers in predictions.items()
                if task in answers
            ]
    # Most of the time goes to sorting and summing in numpy, which threads share.
    scored = Parallel(n_jobs=-1, prefer="threads")(delayed(_scored)(scores, *job[2:]) for job in jobs)
    found = {job[:2]: values for job, values in zip(jobs, scored, strict=True)}
    rows = []
    for (method, task), values in found.items():
        against = None
        if method != reference and (reference, task) in found:
            against = paired_difference(values[tested], found[reference, task][tested])
        estimates = {name: estimate(*each) for name, each in values.items()}
        rows.append(MethodScores(method, task, estimates, against))
    tests = [(place, row.difference) for place, row in enumerate(rows) if row.difference is not None]
    for (place, against), p in zip(tests, holm([against.p for _, against in tests]), strict=True):
        rows[place] = replace(rows[place], difference=replace(against, p=p))
    return rows


def _scored(
    scores: Mapping[str, Score], answers: Marks, predicted: Floats, resamples: Resamples
) -> dict[str, tuple[float, Floats]]:
    """Return each score of predictions, the mean over repeats, and the same of each resample."""
    found = {}
    for name, score in scores.items():
        values = np.mean([score(answers, each, resamples) for each in predicted], axis=0)
        # Resamples without a value take the score itself: rare, and silent about which side they are.
        found[name] = (float(values[0]), np.where(np.isnan(values[1:]), values[0], values[1:]))
    return found


def drop_visits(visits: Visits, share: float, seed: int) -> Visits:
    """Empty a share of all visits at random; they keep their place, but nothing was observed at them.

    Args:
        visits: the visits.
        share: 0 to 1.
        seed: draws which.

    Raises:
        ProgressionError: a share out of range.
    """
    return _dropped(visits, share, (len(visits.times), 1), generator(seed, Stream.PROGRESSION, 3000))


def drop_values(visits: Visits, share: float, seed: int) -> Visits:
    """Take away a share of all observed values at random; arguments as for `drop_visits`."""
    return _dropped(visits, share, visits.values.shape, generator(seed, Stream.PROGRESSION, 3001))


def _dropped(visits: Visits, share: float, shape: tuple[int, ...], random: np.random.Generator) -> Visits:
    if not 0 <= share <= 1:
        raise ProgressionError(f"a share of {share:g}", "give 0 to 1")
    return replace(visits, values=np.where(random.random(shape) < share, np.nan, visits.values))
