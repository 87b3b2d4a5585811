"""What every kind of classifier refuses before it learns."""

from __future__ import annotations

from collections.abc import Sequence

from dualalign.classifiers.protocol import Classifier, Marks
from dualalign.errors import ClassifierError


def check_sentences(texts: Sequence[str], marks: Marks, heads: Sequence[str]) -> None:
    """Refuse sentences and labels that do not fit one another.

    Raises:
        ClassifierError: no sentences, or another number of rows or columns than there should be.
    """
    if not len(texts) or marks.shape != (len(texts), len(heads)):
        raise ClassifierError(
            f"{len(texts)} sentences with labels of shape {marks.shape} for {len(heads)} heads",
            "give at least one sentence and one row of labels for each",
        )


def check_prior(prior: Classifier | None, heads: Sequence[str]) -> None:
    """Refuse a prior of other heads.

    Raises:
        ClassifierError: naming both.
    """
    if prior is not None and prior.heads != tuple(heads):
        raise ClassifierError(
            f"the prior's heads are {', '.join(prior.heads)}, not {', '.join(heads)}",
            "train the prior on the same labels",
        )


def check_model(kind: str, model: str) -> None:
    """Refuse a classifier that needs a pretrained model and was given none.

    Raises:
        ClassifierError: no model.
    """
    if not model:
        raise ClassifierError(
            f"no model is named for the {kind} classifier",
            "set model to the id of a Hugging Face model, or to the folder of one",
        )


def check_one_of(marks: Marks) -> None:
    """Refuse sentences without a label or with several, where exactly one is learned.

    Raises:
        ClassifierError: some have another number of labels.
    """
    if not (marks.sum(axis=1) == 1).all():
        raise ClassifierError(
            "some sentences have no label or several, and the loss is one_of",
            "leave them out, or set training.loss to each",
        )
