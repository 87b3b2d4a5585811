"""The card of a classifier: what it is, what it learned from, and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dualalign.classifiers.protocol import Marks


def seen(marks: Marks, heads: Sequence[str]) -> dict[str, int]:
    """Return how many sentences a classifier learned from, and how many carried each label."""
    counts = {head: int(count) for head, count in zip(heads, marks.sum(axis=0), strict=True)}
    return {"sentences": len(marks)} | counts


def card_text(kind: str, what: str, counted: Mapping[str, int], facts: Sequence[str]) -> str:
    """Return a card in Markdown.

    Args:
        kind: name of the kind of classifier.
        what: how it works, one sentence.
        counted: sentences it learned from, and how many carried each label.
        facts: further sentences on this one.
    """
    counts = "\n".join(f"- {name}: {count:,}" for name, count in counted.items())
    limits = (
        "For research on text. Not for the care of patients. Probabilities are calibrated only on text like the "
        "sentences it learned from."
    )
    return (
        "\n\n".join([f"# Symptom classifier ({kind})", what, f"Learned from:\n{counts}", *facts, limits])
        + "\n"
    )
