"""Every score of one task, for the runs of one training set, with its resamples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dualalign.experiments.cells import Outcome
from dualalign.experiments.labelled_text import LabelledText, from_gold
from dualalign.experiments.tasks import Task
from dualalign.labels.gold import GoldSentences
from dualalign.randomness import Stream, generator
from dualalign.stats.arrays import Floats, Marks
from dualalign.stats.bootstrap import group_weights
from dualalign.stats.calibration import CALIBRATION_SCORES, calibration_scores
from dualalign.stats.counts import accuracy_of, count_by_group, f1_of, precision_of, recall_of
from dualalign.stats.ranking import resampled_average_precision

Scored = dict[str, tuple[float, Floats]]
"""Score name -> value, and its resamples."""

_TEST_ROWS = 6


def scores_of(task: Task, runs: Sequence[Outcome], test: GoldSentences, draws: int, seed: int) -> Scored:
    """Score the runs of one training set, means over seeds.

    Args:
        runs: one outcome a seed.
        test: the test sentences, in the order of the logits.
        draws: resamples of groups; the same ones for every training set of the same seed.
    """
    whole = from_gold(test)
    # Which sentences stand against the labelled ones must not differ between training sets or seeds.
    rows = task.rows(whole, generator(0, Stream.EXPERIMENT, _TEST_ROWS))
    names = sorted(set(test.groups))
    weights = group_weights(len(names), draws, generator(seed, Stream.EXPERIMENT))
    places = np.array([names.index(group) for group in test.groups], dtype=np.intp)
    judged = _Judged(task.view(whole.take(rows)), places[rows], weights)
    logits = [run.logits[rows] for run in runs]
    calibrated = [run.calibrated[rows] for run in runs]
    marked = [at > run.thresholds for at, run in zip(logits, runs, strict=True)]
    if task.kind == "five_class":
        return judged.classes(logits, test.label_ids)
    if task.kind == "binary":
        return judged.binary(marked) | judged.probabilities(logits, calibrated, ())
    single = np.flatnonzero(test.labels.sum(axis=1) == 1)
    alone = LabelledText(tuple(test.texts[row] for row in single), test.labels[single])
    among = _Judged(alone, places[single], weights)
    return (
        judged.labels(marked, test.label_ids)
        | judged.binary(marked)
        | among.classes([each[single, :-1] for each in logits], test.label_ids)
        | judged.probabilities(logits, calibrated, test.label_ids)
    )


class _Judged:
    """Sentences with the truth of each head, and what resamples of their groups make of a classifier's answers."""

    def __init__(self, text: LabelledText, groups: np.ndarray, weights: Floats) -> None:
        self._truth = text.marks
        self._groups = groups
        self._weights = weights

    def binary(self, marked: Sequence[Marks]) -> Scored:
        """Return precision, recall, F1 and accuracy of the last head."""
        kinds = {"precision": precision_of, "recall": recall_of, "f1": f1_of, "accuracy": accuracy_of}

        def statistic(counts: Floats) -> Floats:
            return np.stack([score(counts[..., -1, :]) for score in kinds.values()], axis=-1)

        return self._counted([f"binary_{kind}" for kind in kinds], marked, statistic)

    def labels(self, marked: Sequence[Marks], ids: Sequence[str]) -> Scored:
        """Return precision, recall and F1 of each label, over labels and over decisions, and exact matches."""
        kinds = {"f1": f1_of, "precision": precision_of, "recall": recall_of}
        names = [f"{kind}:{label}" for kind in kinds for label in ids]
        names += [f"macro_{kind}" for kind in kinds] + [f"micro_{kind}" for kind in kinds]

        def statistic(counts: Floats) -> Floats:
            labels = counts[..., :-1, :]
            each = [score(labels) for score in kinds.values()]
            over = [found.mean(axis=-1, keepdims=True) for found in each]
            pooled = [score(labels.sum(axis=-2))[..., None] for score in kinds.values()]
            return np.concatenate([*each, *over, *pooled], axis=-1)

        exact = [(run[:, :-1] == self._truth[:, :-1]).all(axis=1, keepdims=True) for run in marked]
        always = np.ones((len(self._truth), 1), dtype=np.bool_)
        return self._counted(names, marked, statistic) | self._counted(
            ["exact_match"], exact, accuracy_of, always
        )

    def classes(self, logits: Sequence[Floats], ids: Sequence[str]) -> Scored:
        """Return F1 of each label and accuracy of the likeliest label."""
        names = [*(f"class_f1:{label}" for label in ids), "class_macro_f1", "class_accuracy"]
        predicted = [np.eye(len(ids), dtype=np.bool_)[each.argmax(axis=1)] for each in logits]

        def statistic(counts: Floats) -> Floats:
            each = f1_of(counts)
            hits = counts[..., 0].sum(axis=-1)
            accuracy = hits / np.maximum(hits + counts[..., 2].sum(axis=-1), 1e-12)
            return np.concatenate([each, each.mean(axis=-1, keepdims=True), accuracy[..., None]], axis=-1)

        return self._counted(names, predicted, statistic)

    def probabilities(
        self, logits: Sequence[Floats], calibrated: Sequence[Floats], labels: Sequence[str]
    ) -> Scored:
        """Return average precision and calibration of each label and of any, and their means over labels.

        Args:
            logits: of each run, n x h; they rank.
            calibrated: the same as log odds whose probabilities are scored.
            labels: of all heads but the last, which is any.
        """
        found: Scored = {}
        names = ("pr_auc", *CALIBRATION_SCORES)
        for head in range(self._truth.shape[1]):
            runs = [
                self._head(head, ranked[:, head], scored[:, head])
                for ranked, scored in zip(logits, calibrated, strict=True)
            ]
            values, drawn = (np.mean(part, axis=0) for part in zip(*runs, strict=True))
            for column, name in enumerate(names):
                named = f"{name}:{labels[head]}" if head < len(labels) else f"binary_{name}"
                found[named] = (float(values[column]), drawn[:, column])
        for name in names if labels else ():
            each = [found[f"{name}:{label}"] for label in labels]
            values, drawn = [value for value, _ in each], [resampled for _, resampled in each]
            found[f"macro_{name}"] = (float(np.mean(values)), np.mean(drawn, axis=0))
        return found

    def _head(self, head: int, ranked: Floats, scored: Floats) -> tuple[Floats, Floats]:
        truth = self._truth[:, head]
        resampled = np.vstack([np.ones(len(truth)), self._weights[:, self._groups]])
        # A resample without a positive sentence has nothing to find, and nothing is found in it.
        areas = np.nan_to_num(resampled_average_precision(truth, ranked, resampled))
        values, drawn = calibration_scores(truth, scored, self._groups, self._weights)
        return np.append(areas[0], values), np.column_stack([areas[1:], drawn])

    def _counted(
        self,
        names: Sequence[str],
        marked: Sequence[Marks],
        statistic: Callable[[Floats], Floats],
        truth: Marks | None = None,
    ) -> Scored:
        truth = self._truth if truth is None else truth
        counts = [count_by_group(truth, run, self._groups, self._weights.shape[1]) for run in marked]
        values = np.mean([statistic(run.sum(axis=0)) for run in counts], axis=0).reshape(-1)
        drawn = np.mean([statistic(np.tensordot(self._weights, run, axes=1)) for run in counts], axis=0)
        drawn = drawn.reshape(len(drawn), -1)
        return {name: (float(values[at]), drawn[:, at]) for at, name in enumerate(names)}
