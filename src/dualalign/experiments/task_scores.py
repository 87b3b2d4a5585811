"""Every score of one task, for the runs of one training set, with its resamples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dualalign.experiments.calibration import NAMES as CALIBRATION
from dualalign.experiments.calibration import calibration
from dualalign.experiments.cells import Outcome
from dualalign.experiments.intervals import Statistic, resample_scores, resample_weights
from dualalign.experiments.labelled_text import LabelledText, from_gold
from dualalign.experiments.ranking import average_precision
from dualalign.experiments.scores import (
    Floats,
    GroupCounts,
    Marks,
    accuracy_of,
    count_by_group,
    f1_of,
    precision_of,
    recall_of,
)
from dualalign.experiments.tasks import Task
from dualalign.labels.gold import GoldSentences
from dualalign.randomness import Stream, generator

Scored = dict[str, tuple[float, Floats]]
"""Score name -> value, and its resamples."""

_TEST_ROWS = 6


def scores_of(
    task: Task, runs: Sequence[Outcome], test: GoldSentences, draws: int, seed: int
) -> Mapping[str, tuple[float, Floats]]:
    """Score the runs of one training set, means over seeds.

    Args:
        task: what was asked.
        runs: one outcome a seed.
        test: the test sentences, in the order of the logits.
        draws: resamples of groups; the same ones for every training set of the same seed.
        seed: of the resampling.
    """
    whole = from_gold(test)
    # Which sentences stand against the labelled ones must not differ between training sets or seeds.
    rows = task.rows(whole, generator(0, Stream.EXPERIMENT, _TEST_ROWS))
    text = task.view(whole.take(rows))
    judged = Judged(text, [test.groups[row] for row in rows], test.groups, draws, seed)
    logits = [run.logits[rows] for run in runs]
    calibrated = [run.calibrated[rows] for run in runs]
    marked = [at > run.thresholds for at, run in zip(logits, runs, strict=True)]
    if task.kind == "five_class":
        return judged.classes(logits, test.label_ids)
    if task.kind == "binary":
        return judged.binary(marked) | judged.probabilities(logits, calibrated, ["binary_"], [""])
    single = np.flatnonzero(test.labels.sum(axis=1) == 1)
    labels = [each[single, :-1] for each in logits]
    alone = LabelledText(tuple(test.texts[row] for row in single), test.labels[single])
    among = Judged(alone, [test.groups[row] for row in single], test.groups, draws, seed)
    return (
        judged.labels(marked, test.label_ids)
        | among.classes(labels, test.label_ids)
        | judged.probabilities(
            logits,
            calibrated,
            [*("" for _ in test.label_ids), "binary_"],
            [*(f":{x}" for x in test.label_ids), ""],
        )
    )


class Judged:
    """Test sentences of a task, and what resamples of their groups make of a classifier's answers.

    Args:
        text: sentences with the truth of each head.
        groups: group of each sentence.
        all_groups: groups of all test sentences: those without a sentence here are resampled too.
        draws: resamples.
        seed: of the resampling.
    """

    def __init__(
        self, text: LabelledText, groups: Sequence[str], all_groups: Sequence[str], draws: int, seed: int
    ) -> None:
        self._truth = text.marks
        places = {group: place for place, group in enumerate(sorted(set(all_groups)))}
        self._groups = np.array([places[group] for group in groups], dtype=np.intp)
        self._size = len(places)
        self._draws = draws
        self._seed = seed

    def binary(self, marked: Sequence[Marks]) -> Scored:
        """Return precision, recall, F1 and accuracy of the last head."""
        names = [f"binary_{name}" for name in ("precision", "recall", "f1", "accuracy")]

        def statistic(total: Floats) -> Floats:
            last = total[..., -1, :]
            return np.stack([score(last) for score in (precision_of, recall_of, f1_of, accuracy_of)], axis=-1)

        return self._counted(names, marked, statistic)

    def labels(self, marked: Sequence[Marks], ids: Sequence[str]) -> Scored:
        """Return precision, recall and F1 of each label, over labels and over decisions, and the binary scores."""
        kinds = {"f1": f1_of, "precision": precision_of, "recall": recall_of}
        names = [f"{kind}:{label}" for kind in kinds for label in ids]
        names += [f"macro_{kind}" for kind in kinds] + [f"micro_{kind}" for kind in kinds]

        def statistic(total: Floats) -> Floats:
            labels = total[..., :-1, :]
            each = [score(labels) for score in kinds.values()]
            over = [found.mean(axis=-1, keepdims=True) for found in each]
            pooled = [score(labels.sum(axis=-2))[..., None] for score in kinds.values()]
            return np.concatenate([*each, *over, *pooled], axis=-1)

        exact = self._counted(
            ["exact_match"],
            [(run[:, :-1] == self._truth[:, :-1]).all(axis=1, keepdims=True) for run in marked],
            accuracy_of,
            np.ones((len(self._truth), 1), dtype=np.bool_),
        )
        return self._counted(names, marked, statistic) | self.binary(marked) | exact

    def classes(self, logits: Sequence[Floats], ids: Sequence[str]) -> Scored:
        """Return F1 of each label and accuracy of the likeliest label."""
        names = [*(f"class_f1:{label}" for label in ids), "class_macro_f1", "class_accuracy"]
        predicted = [np.eye(len(ids), dtype=np.bool_)[each.argmax(axis=1)] for each in logits]

        def statistic(total: Floats) -> Floats:
            each = f1_of(total)
            hits = total[..., 0].sum(axis=-1)
            sentences = hits + total[..., 2].sum(axis=-1)
            accuracy = hits / np.maximum(sentences, 1e-12)
            return np.concatenate([each, each.mean(axis=-1, keepdims=True), accuracy[..., None]], axis=-1)

        return self._counted(names, predicted, statistic)

    def probabilities(
        self,
        logits: Sequence[Floats],
        calibrated: Sequence[Floats],
        before: Sequence[str],
        after: Sequence[str],
    ) -> Scored:
        """Return average precision and calibration of each head, and their means over labels where there are several.

        Args:
            logits: of each run, n x h; they rank.
            calibrated: the same as log odds whose probabilities are scored.
            before: put before the name of each head's scores.
            after: put after it.
        """
        drawn = resample_weights(self._size, self._draws, self._seed)
        everything = np.ones((1, self._size))
        found: Scored = {}
        for head, (first, last) in enumerate(zip(before, after, strict=True)):
            truth = self._truth[:, head]
            areas = [
                [average_precision(truth, run[:, head], at[:, self._groups]) for at in (everything, drawn)]
                for run in logits
            ]
            found[f"{first}pr_auc{last}"] = (
                float(np.mean([value[0] for value, _ in areas])),
                np.mean([resampled for _, resampled in areas], axis=0),
            )
            scored = [calibration(truth, run[:, head], self._groups, drawn) for run in calibrated]
            value = np.mean([each for each, _ in scored], axis=0)
            resampled = np.mean([each for _, each in scored], axis=0)
            for column, name in enumerate(CALIBRATION):
                found[f"{first}{name}{last}"] = (float(value[column]), resampled[:, column])
        labels = [last for last in after if last]
        for name in ("pr_auc", *CALIBRATION) if labels else ():
            each = [found[name + label] for label in labels]
            found[f"macro_{name}"] = (
                float(np.mean([value for value, _ in each])),
                np.mean([resampled for _, resampled in each], axis=0),
            )
        return found

    def _counted(
        self,
        names: Sequence[str],
        marked: Sequence[Marks],
        statistic: Statistic,
        truth: Marks | None = None,
    ) -> Scored:
        counts = [self._by_group(self._truth if truth is None else truth, run) for run in marked]
        values, drawn = resample_scores(counts, statistic, self._draws, self._seed)
        values, drawn = values.reshape(-1), drawn.reshape(len(drawn), -1)
        return {name: (float(values[at]), drawn[:, at]) for at, name in enumerate(names)}

    def _by_group(self, truth: Marks, predicted: Marks) -> GroupCounts:
        counts = np.zeros((self._size, truth.shape[1], 4))
        present = np.unique(self._groups)
        if not len(present):
            return GroupCounts(counts)
        counts[present] = count_by_group(truth, predicted, self._groups.tolist()).counts
        return GroupCounts(counts)
