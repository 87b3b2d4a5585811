"""Fit a classifier on what may be learned from, choosing its settings and thresholds there too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualalign.classifiers import Classifier
from dualalign.errors import ExperimentError
from dualalign.experiments.cells import HeldOut
from dualalign.experiments.labelled_text import LabelledText
from dualalign.experiments.tasks import with_labels_in_any
from dualalign.stats.arrays import Floats
from dualalign.stats.calibration import log_losses
from dualalign.stats.folds import group_folds
from dualalign.stats.thresholds import rate_thresholds

FOLDS = 5
"""Parts of the development sentences, each held out once, or only one of them where a fit is costly."""

Combined = Callable[[Floats], Floats]
"""From a classifier's log odds to those that are scored."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to learn from gold sentences that is tried on development sentences.

    Args:
        name: what is particular about it, for the facts kept with the predictions.
        fit: fits a classifier on gold sentences (and on whatever else it holds); sentences held out may say when
            training stops.
    """

    name: str
    fit: Callable[[LabelledText, LabelledText | None], Classifier]


@dataclass(frozen=True, slots=True)
class Developed:
    """Fitted classifiers, with what was chosen for each head on development sentences.

    Args:
        classifiers: by name of the candidate.
        chosen: the candidate that answers for each head.
        thresholds: of each head, as a logit.
        loss: log loss of the chosen ones on sentences held out, nats, mean over heads.
        combined: from log odds to those that are scored.
        held_out: sentences held out, with the scored log odds that thresholds were chosen on.
        rows: of the gold sentences, those held out, in that order.
    """

    classifiers: Mapping[str, Classifier]
    chosen: tuple[str, ...]
    thresholds: Floats
    loss: float
    combined: Combined
    held_out: HeldOut
    rows: npt.NDArray[np.intp]

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head, from the classifier that answers for it."""
        found = {name: classifier.logits(texts) for name, classifier in self.classifiers.items()}
        return self.combined(np.column_stack([found[name][:, head] for head, name in enumerate(self.chosen)]))


def develop(
    gold: LabelledText,
    groups: Sequence[str],
    candidates: Sequence[Candidate],
    random: np.random.Generator,
    folds: int = FOLDS,
    combined: Combined = with_labels_in_any,
) -> Developed:
    """Fit on gold sentences.

    The candidate with the least log loss on sentences held out is taken, for each head its own where each fifth is
    held out once; thresholds come from the same logits. Nothing outside `gold` is looked at.

    Args:
        groups: note of each; a note's sentences stay in one fold.
        candidates: ways to learn, at least one.
        folds: 5: each fifth is held out once, and the chosen candidates are then fitted on all; 1: a fifth is held
            out, where training may look to see when to stop, and the one classifier chosen of those fitted on the rest
            answers for every head.
        combined: from log odds to those that are scored.

    Raises:
        ExperimentError: sentences of a single note.
    """
    fold_of = group_folds(groups, FOLDS, random)
    held_out = np.unique(fold_of).tolist()
    if len(held_out) < 2:
        raise ExperimentError(
            f"{len(gold)} gold sentences of a single note",
            "give more of the gold: choices need notes held out",
        )
    held_out = held_out if folds > 1 else held_out[:1]
    tried = [np.zeros(gold.marks.shape) for _ in candidates]
    kept: tuple[float, Classifier] | None = None
    for fold in held_out:
        part = gold.take(np.flatnonzero(fold_of != fold))
        held = np.flatnonzero(fold_of == fold)
        text = gold.take(held)
        for logits, candidate in zip(tried, candidates, strict=True):
            classifier = candidate.fit(part, text if folds == 1 else None)
            logits[held] = classifier.logits(text.texts)
            loss = float(log_losses(text.marks, logits[held]).mean())
            if folds == 1 and (kept is None or loss < kept[0]):
                kept = (loss, classifier)
    seen = np.flatnonzero(np.isin(fold_of, held_out))
    truth = gold.marks[seen]
    losses = np.array([log_losses(truth, logits[seen]) for logits in tried])
    best = losses.argmin(axis=0) if kept is None else np.full(losses.shape[1], losses.mean(axis=1).argmin())
    logits = combined(np.column_stack([tried[choice][seen, head] for head, choice in enumerate(best)]))
    return Developed(
        {
            candidates[choice].name: candidates[choice].fit(gold, None) if kept is None else kept[1]
            for choice in sorted(set(best.tolist()))
        },
        tuple(candidates[choice].name for choice in best),
        rate_thresholds(truth, logits),
        float(losses[best, np.arange(losses.shape[1])].mean()),
        combined,
        HeldOut(truth, logits),
        seen,
    )
