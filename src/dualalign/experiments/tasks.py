"""What is asked of a classifier: symptom or not, which of the labels, or every label on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dualalign.experiments.labelled_text import ANY, LabelledText
from dualalign.stats.arrays import Floats

Kind = Literal["multi_label", "binary", "five_class"]


class Task(BaseModel):
    """One task; YAML may give its kind alone.

    Args:
        kind: `multi_label`: a yes or no for each label and for whether there is any, on every sentence. `binary`:
            whether there is any. `five_class`: which label, learned from and scored on sentences with exactly one.
        negatives: for `binary`, unlabelled sentences kept for each labelled one, above 0; all of them if None.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = "multi_label"
    negatives: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _from_a_name(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _negatives_are_of_binary(self) -> Self:
        if self.negatives is not None and self.kind != "binary":
            raise ValueError(
                f"'negatives' has no meaning for {self.kind}; only binary draws unlabelled sentences"
            )
        return self

    @property
    def id(self) -> str:
        """The kind, and how many negatives it keeps."""
        return self.kind if self.negatives is None else f"{self.kind}{self.negatives:g}"

    def heads(self, label_ids: Sequence[str]) -> tuple[str, ...]:
        """Return the heads of a classifier for this task."""
        return {
            "multi_label": (*label_ids, ANY),
            "binary": (ANY,),
            "five_class": tuple(label_ids),
        }[self.kind]

    def rows(self, text: LabelledText, random: np.random.Generator) -> npt.NDArray[np.intp]:
        """Return the rows of labelled text that the task is about, in order."""
        if self.kind == "five_class":
            return np.flatnonzero(text.marks[:, :-1].sum(axis=1) == 1)
        if self.negatives is None:
            return np.arange(len(text))
        wanted = round(self.negatives * len(text.labelled))
        if wanted >= len(text.unlabelled):
            return np.arange(len(text))
        return np.sort(np.concatenate([text.labelled, random.choice(text.unlabelled, wanted, replace=False)]))

    def view(self, text: LabelledText) -> LabelledText:
        """Return the same sentences with the columns of this task's heads only."""
        columns = {"multi_label": slice(None), "binary": slice(-1, None), "five_class": slice(None, -1)}
        return LabelledText(text.texts, text.marks[:, columns[self.kind]])

    def combined(self, logits: Floats) -> Floats:
        """Return a classifier's log odds as they are scored: where there are both, `any` hears the labels too."""
        return with_labels_in_any(logits) if self.kind == "multi_label" else logits


def with_labels_in_any(logits: Floats) -> Floats:
    """Return logits whose last column, whether there is any label, also hears the label heads.

    It becomes the mean of its own logit and the log of the summed odds of the labels: heads that know a kind of
    symptom well speak up where the general one does not.

    Args:
        logits: n x (labels + 1).
    """
    any_label = np.logaddexp.reduce(logits[:, :-1], axis=1)
    return np.column_stack([logits[:, :-1], (logits[:, -1] + any_label) / 2])


MULTI_LABEL = Task()
