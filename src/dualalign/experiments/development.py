"""Fit a classifier on what may be learned from, choosing its settings and thresholds there too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualalign.classifiers.linear import LinearClassifier, LinearOptions, PriorUse
from dualalign.experiments.labelled_text import LabelledText
from dualalign.experiments.scores import Floats, log_losses, rate_thresholds, with_labels_in_any

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Developed:
    """Fitted classifiers, with what was chosen for each head on development sentences.

    Args:
        classifiers: by how far each leans on other text (None: knows none), fitted on all development sentences.
        uses: the one that answers for each head.
        thresholds: of each head, as a logit.
        loss: out-of-fold log loss of the chosen ones, nats, mean over heads.
    """

    classifiers: Mapping[PriorUse | None, LinearClassifier]
    uses: tuple[PriorUse | None, ...]
    thresholds: Floats
    loss: float

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head, from the classifier that answers for it."""
        found = {use: classifier.logits(texts) for use, classifier in self.classifiers.items()}
        return with_labels_in_any(
            np.column_stack([found[use][:, head] for head, use in enumerate(self.uses)])
        )


class RememberedPrior(LinearClassifier):
    """A fitted classifier that remembers what it said of sentences it was asked about before."""

    def __init__(self, prior: LinearClassifier) -> None:
        super().__init__(prior.options)
        self._asked = prior
        self._heads = prior.heads
        self._answers: dict[str, Floats] = {}

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head, asking the classifier only for sentences not asked about before."""
        new = list(dict.fromkeys(text for text in texts if text not in self._answers))
        if new:
            self._answers.update(zip(new, self._asked.logits(new), strict=True))
        return np.array([self._answers[text] for text in texts])


class OtherText:
    """Synthetic or bronze sentences, and the classifier that learned from them alone.

    Text that is all labelled (a bronze set) cannot teach what no symptom looks like; the unlabelled gold sentences
    that may be learned from stand in, so its classifier is fitted anew for each part of the gold.
    """

    def __init__(self, text: LabelledText, heads: Sequence[str], options: LinearOptions) -> None:
        self._text = text
        self._heads = tuple(heads)
        self._options = options
        self._fitted: RememberedPrior | None = None

    def prior(self, gold: LabelledText | None) -> LinearClassifier:
        """Return the classifier that learned from the other text, beside these gold sentences if any."""
        if len(self._text.unlabelled) or gold is None:
            if self._fitted is None:
                self._fitted = RememberedPrior(self._learn(self._text))
            return self._fitted
        return RememberedPrior(self._learn(self._text.joined(gold.take(gold.unlabelled))))

    def _learn(self, text: LabelledText) -> LinearClassifier:
        return LinearClassifier(self._options).fit(text.texts, text.marks, self._heads)


def develop(
    gold: LabelledText,
    groups: Sequence[str],
    heads: Sequence[str],
    options: LinearOptions,
    random: np.random.Generator,
    other: OtherText | None = None,
    uses: Sequence[PriorUse] = (),
) -> Developed:
    """Fit on gold sentences, and on other text as a prior.

    How far to lean on the other text is, for each head, what has the least out-of-fold log loss on the gold;
    thresholds come from the same out-of-fold logits. Nothing outside `gold` is looked at.

    Args:
        gold: sentences to learn from.
        groups: note of each; a note's sentences stay in one fold.
        heads: names of the columns of the labels.
        options: settings of the classifier.
        random: draws the folds.
        other: other text.
        uses: ways of leaning on it to try; the default one if empty.
    """
    folds = group_folds(groups, FOLDS, random)
    choices: list[PriorUse | None] = [None] if other is None else list(uses or [PriorUse()])
    priors = _priors(gold, folds, other)
    tried = []
    for use in choices:
        logits = np.zeros(gold.marks.shape)
        for fold, prior in priors.items():
            rows, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            part = gold.take(rows)
            fitted = LinearClassifier(options, prior, use).fit(part.texts, part.marks, heads)
            logits[held] = fitted.logits(gold.take(held).texts)
        tried.append(logits)
    losses = np.array([log_losses(gold.marks, logits) for logits in tried])
    best = losses.argmin(axis=0)
    logits = with_labels_in_any(np.column_stack([tried[choice][:, head] for head, choice in enumerate(best)]))
    prior = None if other is None else other.prior(gold)
    return Developed(
        {
            choices[choice]: LinearClassifier(options, prior, choices[choice]).fit(
                gold.texts, gold.marks, heads
            )
            for choice in sorted(set(best.tolist()))
        },
        tuple(choices[choice] for choice in best),
        rate_thresholds(gold.marks, logits),
        float(losses.min(axis=0).mean()),
    )


def _priors(
    gold: LabelledText, folds: npt.NDArray[np.intp], other: OtherText | None
) -> dict[int, LinearClassifier | None]:
    present = [int(fold) for fold in np.unique(folds)]
    if other is None:
        return dict.fromkeys(present)
    return {fold: other.prior(gold.take(np.flatnonzero(folds != fold))) for fold in present}


def group_folds(groups: Sequence[str], folds: int, random: np.random.Generator) -> npt.NDArray[np.intp]:
    """Deal groups out to folds at random and return the fold of each row."""
    names = sorted(set(groups))
    places = {names[row]: place % folds for place, row in enumerate(random.permutation(len(names)))}
    return np.array([places[group] for group in groups], dtype=np.intp)
