"""How far two sources of labels agree, and where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualalign.errors import LabelError
from dualalign.labels.annotation import Annotation
from dualalign.stats.counts import kappa_of_counts

ANY = "any"
"""Key of the agreement on whether a sentence has a label at all."""


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Agreement on one label.

    Args:
        both: sentences that both sources gave the label.
        first_only: sentences that only the first gave it.
        second_only: sentences that only the second gave it.
        neither: sentences that neither gave it.
    """

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa, -1 to 1; None where chance alone would agree always (both sources constant)."""
        return kappa_of_counts(self.both, self.first_only, self.second_only, self.neither)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sentence that two sources label differently.

    Args:
        index: position among the sentences.
        text: the sentence.
        first: annotation of the first source.
        second: annotation of the second.
    """

    index: int
    text: str
    first: Annotation
    second: Annotation

    @property
    def first_only(self) -> tuple[str, ...]:
        """Labels that only the first source gave."""
        return tuple(label for label in self.first.labels if label not in self.second.labels)

    @property
    def second_only(self) -> tuple[str, ...]:
        """Labels that only the second source gave."""
        return tuple(label for label in self.second.labels if label not in self.first.labels)


def cohen_kappa(
    first: Sequence[Annotation], second: Sequence[Annotation], labels: Sequence[str]
) -> dict[str, LabelAgreement]:
    """Return the agreement on each label, and on having any label under the key `any`.

    Sentences from which either source abstained are left out.

    Args:
        first: annotations of one source.
        second: annotations of another, of the same sentences in the same order.
        labels: label ids to compare.

    Raises:
        LabelError: the sources annotated different numbers of sentences.
    """
    pairs = [(a, b) for a, b in _paired(first, second) if not (a.abstained or b.abstained)]
    result = {}
    for label in (*labels, ANY):
        counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
        for a, b in pairs:
            one, other = ((label in each.labels) if label != ANY else bool(each.labels) for each in (a, b))
            counts[one, other] += 1
        result[label] = LabelAgreement(
            counts[True, True], counts[True, False], counts[False, True], counts[False, False]
        )
    return result


def disagreements(
    sentences: Sequence[str],
    first: Sequence[Annotation],
    second: Sequence[Annotation],
    label: str | None = None,
) -> list[Disagreement]:
    """Return the sentences on which two sources differ, in order.

    Args:
        sentences: the sentences.
        first: annotations of one source.
        second: annotations of another.
        label: only where they differ on this label; None for any difference.

    Raises:
        LabelError: sentences and annotations differ in number.
    """
    if len(sentences) != len(first):
        raise LabelError(
            f"{len(sentences)} sentences but {len(first)} annotations",
            "annotate the same sentences in the same order",
        )
    return [
        Disagreement(index, sentence, a, b)
        for index, (sentence, (a, b)) in enumerate(zip(sentences, _paired(first, second), strict=True))
        if not (a.abstained or b.abstained)
        and (set(a.labels) != set(b.labels) if label is None else (label in a.labels) != (label in b.labels))
    ]


def _paired(first: Sequence[Annotation], second: Sequence[Annotation]) -> list[tuple[Annotation, Annotation]]:
    if len(first) != len(second):
        raise LabelError(
            f"{len(first)} annotations against {len(second)}", "annotate the same sentences in the same order"
        )
    return list(zip(first, second, strict=True))
