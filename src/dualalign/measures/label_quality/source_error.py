"""How often a source of labels errs on sentences that people labelled, and which labels it takes for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dualalign.errors import MeasureError
from dualalign.measures.measure import Figure, Measure, grouped_interval
from dualalign.measures.metric import lower, measured
from dualalign.stats.arrays import Marks
from dualalign.stats.counts import count_by_group, f1_of

if TYPE_CHECKING:
    from dualalign.classifiers.protocol import Classifier
    from dualalign.labels.gold import GoldSentences
    from dualalign.packs.pack import Pack

_THRESHOLD = 0.5
_LEAST_SHOWN = 0.005


@measured(label_error_rules=lower(0, 1))
def label_error_rules(gold: GoldSentences, pack: Pack) -> Measure:
    """Return the error of the pack's rules on gold sentences, those of the fold `test` where there is one.

    Rules are written by people who read the other folds.
    """
    from dualalign.labels.rules import RulesAnnotator

    gold = _test_fold(gold)
    found = RulesAnnotator(pack).annotate(gold.texts)
    return source_error(gold, marks_of([each.labels for each in found], gold.label_ids))


@measured(label_error_classifier=lower(0, 1))
def label_error_classifier(gold: GoldSentences, classifier: Classifier) -> Measure:
    """Return the error of a classifier on gold sentences, those of the fold `test` where there is one.

    Raises:
        MeasureError: the classifier lacks a head for a label of the gold set.
    """
    missing = [label for label in gold.label_ids if label not in classifier.heads]
    if missing:
        raise MeasureError(
            f"the classifier has no head '{missing[0]}'", f"its heads are {', '.join(classifier.heads)}"
        )
    gold = _test_fold(gold)
    heads = [classifier.heads.index(label) for label in gold.label_ids]
    return source_error(gold, classifier.predict_proba(gold.texts)[:, heads] >= _THRESHOLD)


@measured(label_error=lower(0, 1))
def label_errors(gold: GoldSentences, others: dict[str, GoldSentences]) -> dict[str, Measure]:
    """Return the error of labels from elsewhere, a model's for example, on the gold sentences that it labelled.

    Raises:
        MeasureError: no sentence has the id of a gold one.
    """
    return {name: _other_error(name, gold, other) for name, other in others.items()}


def _other_error(name: str, gold: GoldSentences, other: GoldSentences) -> Measure:
    rows = {identity: row for row, identity in enumerate(other.ids)}
    common = [row for row, identity in enumerate(gold.ids) if identity in rows]
    if not common:
        raise MeasureError(
            f"labels of '{name}': no id is that of a gold sentence", "keep the gold file's ids"
        )
    return source_error(gold.take(common), other.labels[[rows[gold.ids[row]] for row in common]])


def source_error(gold: GoldSentences, given: Marks) -> Measure:
    """Return the share of gold sentences whose labels are not all and only those that people gave.

    The breakdown holds, for each label, the share of its sentences that it misses and of the other sentences that it is
    wrongly given to; and, of sentences with one label, how often that one is missed and another given.

    Args:
        gold: sentences that people labelled.
        given: a source's labels, sentences x labels of the gold set.
    """
    truth = gold.labels
    wrong = (truth != given).any(axis=1)
    return Figure(
        float(wrong.mean()),
        grouped_interval(gold.groups, lambda rows: float(wrong[rows].mean())),
        _by_label(gold.label_ids, truth, given) | _confusions(gold.label_ids, truth, given),
        {"no label ever": float(truth.any(axis=1).mean()), "macro F1": _macro_f1(truth, given)},
        note=f"{len(truth):,} sentences; a sentence is wrong if any of its labels is. Gold labels err too",
    )


def marks_of(labels: Sequence[Sequence[str]], label_ids: Sequence[str]) -> Marks:
    """Return labels as a bool matrix, rows x label ids."""
    marks = [[label in row for label in label_ids] for row in labels]
    return np.array(marks, dtype=np.bool_).reshape(len(labels), len(label_ids))


def _test_fold(gold: GoldSentences) -> GoldSentences:
    return gold.fold("test") if "test" in gold.folds else gold


def _by_label(labels: Sequence[str], truth: Marks, given: Marks) -> dict[str, float]:
    found = {}
    for column, label in enumerate(labels):
        has, said = truth[:, column], given[:, column]
        found[f"{label}: missed"] = float((has & ~said).sum() / max(1, has.sum()))
        found[f"{label}: given wrongly"] = float((said & ~has).sum() / max(1, (~has).sum()))
    return found


def _confusions(labels: Sequence[str], truth: Marks, given: Marks) -> dict[str, float]:
    single = truth.sum(axis=1) == 1
    found = {}
    for first, label in enumerate(labels):
        own = single & truth[:, first]
        for second, other in enumerate(labels):
            if first != second and own.any():
                share = float((own & ~given[:, first] & given[:, second]).sum() / own.sum())
                if share >= _LEAST_SHOWN:
                    found[f"{label} read as {other}"] = share
    return found


def _macro_f1(truth: Marks, given: Marks) -> float:
    counts = count_by_group(truth, given, np.zeros(len(truth), dtype=np.intp), 1)
    return float(f1_of(counts[0]).mean())
