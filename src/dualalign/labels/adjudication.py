"""One label from several sources: Dawid and Skene's model, each label on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualalign.errors import LabelError
from dualalign.labels.annotation import Annotation

SOURCE = "adjudicated"

_ROUNDS = 200
_CLOSE = 1e-7
# A sensitivity and a specificity of three in four, worth four sentences: enough that few votes do not run to 0 or 1.
_PRIOR = (3.0, 1.0)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """How far one source can be trusted with one label, as the sources' agreement suggests.

    Args:
        sensitivity: share of sentences with the label that the source gives it, 0 to 1.
        specificity: share of sentences without it that the source leaves without, 0 to 1.
    """

    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class Adjudicated:
    """What several sources say together.

    Args:
        annotations: one a sentence; confidence is that of the least certain label decision.
        probabilities: sentences x labels, that the label is there.
        prevalence: of each label.
        quality: source -> label -> its quality.
    """

    annotations: list[Annotation]
    probabilities: Floats
    prevalence: Mapping[str, float]
    quality: Mapping[str, Mapping[str, SourceQuality]]


def adjudicate(sources: Mapping[str, Sequence[Annotation]], labels: Sequence[str]) -> Adjudicated:
    """Weigh sources by how far each can be trusted and return one annotation a sentence.

    Expectation maximisation for each label as a yes-or-no question; a source that abstains from a sentence does not
    vote on it, and one on which all abstain is abstained from. With two sources the model cannot tell which errs, and
    settles on what its prior and the votes allow: three are wanted.

    Source: Dawid and Skene 1979, Applied Statistics 28:20.

    Args:
        sources: source -> its annotations, of the same sentences in the same order.
        labels: label ids to decide.

    Raises:
        LabelError: fewer than two sources, no sentences, or sources of different length.
    """
    sizes = {name: len(annotations) for name, annotations in sources.items()}
    if len(sizes) < 2:
        raise LabelError(f"{len(sizes)} source of labels", "give at least two, better three")
    if len(set(sizes.values())) != 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise LabelError(
            f"sources of different length: {told}", "annotate the same sentences in the same order"
        )
    if not next(iter(sizes.values())):
        raise LabelError("no sentences to adjudicate", "give at least one")
    spoken = np.array([[not each.abstained for each in annotations] for annotations in sources.values()])
    columns, prevalence = [], {}
    quality: dict[str, dict[str, SourceQuality]] = {name: {} for name in sources}
    for label in labels:
        votes = np.array([[label in each.labels for each in annotations] for annotations in sources.values()])
        found, share, rates = _expectation_maximisation(votes, spoken)
        columns.append(found)
        prevalence[label] = share
        for name, (sensitivity, specificity) in zip(sources, rates, strict=True):
            quality[name][label] = SourceQuality(float(sensitivity), float(specificity))
    probabilities = np.column_stack(columns)
    annotations = [
        _annotation(each, labels) if heard else Annotation((), 0.0, SOURCE, abstained=True)
        for each, heard in zip(probabilities, spoken.sum(axis=0).tolist(), strict=True)
    ]
    return Adjudicated(annotations, probabilities, prevalence, quality)


def _expectation_maximisation(
    votes: npt.NDArray[np.bool_], spoken: npt.NDArray[np.bool_]
) -> tuple[Floats, float, Floats]:
    """Return the probability of each sentence, the prevalence, and sensitivity and specificity of each source."""
    said_yes, said_no = votes & spoken, ~votes & spoken
    posterior = said_yes.sum(axis=0) / np.maximum(spoken.sum(axis=0), 1)
    good, bad = _PRIOR
    share, rates = 0.5, np.full((len(votes), 2), 0.75)
    for _ in range(_ROUNDS):
        share = float((posterior.sum() + 1) / (len(posterior) + 2))
        yes_true, no_true = said_yes @ posterior, said_no @ posterior
        yes_false, no_false = said_yes @ (1 - posterior), said_no @ (1 - posterior)
        rates = np.column_stack(
            [
                (yes_true + good) / (yes_true + no_true + good + bad),
                (no_false + good) / (yes_false + no_false + good + bad),
            ]
        )
        logit = np.log(share / (1 - share)) + np.log(rates[:, 0] / (1 - rates[:, 1])) @ said_yes
        logit = logit + np.log((1 - rates[:, 0]) / rates[:, 1]) @ said_no
        updated = 1 / (1 + np.exp(-np.clip(logit, -500, 500)))
        moved = float(np.abs(updated - posterior).max())
        posterior = updated
        if moved < _CLOSE:
            break
    return posterior, share, rates


def _annotation(probabilities: Floats, labels: Sequence[str]) -> Annotation:
    found = tuple(label for label, each in zip(labels, probabilities, strict=True) if each > 0.5)
    confidence = float(np.maximum(probabilities, 1 - probabilities).min())
    return Annotation(found, confidence, SOURCE)
