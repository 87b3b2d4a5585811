"""Several answers to one question into one annotation: self-consistency."""

from __future__ import annotations

from collections.abc import Sequence

from dualalign.labels.annotation import Annotation
from dualalign.labels.model_answers import Answer


def settle(
    final: Sequence[Answer], labels: Sequence[str], source: str, earlier: Sequence[Answer] = ()
) -> Annotation:
    """Return what most votes say; confidence is the agreement on the label agreed on least.

    A label stands if more than half of the votes that did not abstain give it. If half of the votes abstain or
    more, so does the annotation.

    Source: Wang et al., Self-Consistency Improves Chain of Thought Reasoning, ICLR 2023.

    Args:
        final: each vote's last answer.
        labels: of the scheme, in its order.
        source: who is said to have answered.
        earlier: answers that the votes gave before a check; they count for agreement, not for the decision.
    """
    voting = [answer for answer in final if answer is not None]
    if 2 * len(voting) <= len(final):
        return Annotation((), 0.0, source, abstained=True)
    heard = voting + [answer for answer in earlier if answer is not None]
    found: list[str] = []
    shares: list[tuple[str, float]] = []
    least = 1.0
    for label in labels:
        stands = 2 * sum(label in answer for answer in voting) > len(voting)
        share = sum(label in answer for answer in heard) / len(heard)
        least = min(least, share if stands else 1 - share)
        if stands:
            found.append(label)
        if share:
            shares.append((label, share))
    return Annotation(tuple(found), least, source, shares=tuple(shares))
