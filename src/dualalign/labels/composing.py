"""How a model is asked for sentences of a label, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from dualalign.errors import LabelError
from dualalign.labels.near_duplicates import THRESHOLD
from dualalign.notes.compose import ComposedSentence

if TYPE_CHECKING:
    from dualalign.packs.schema.labels import Label


@dataclass(frozen=True, slots=True)
class Composing:
    """How a model is asked for sentences; each field can change them.

    Args:
        per_label: sentences wanted for each label, 1 or more.
        seed: 0 or greater.
        per_request: sentences per request.
        temperature: of sampling.
        near_duplicates: similarity (above 0 to 1) from which a sentence repeats one that was kept.
        check_labels: refuse sentences in which the rules see other labels only; where they see more than the one
            asked for, the sentence has them all.
        most_requests: per label; None allows four times as many as would do if every sentence were kept, and 8.
        max_tokens: longest reply; None gives room for all sentences.

    Raises:
        LabelError: a number out of its range.
    """

    per_label: int
    seed: int = 0
    per_request: int = 8
    temperature: float = 1.0
    near_duplicates: float = THRESHOLD
    check_labels: bool = True
    most_requests: int | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("per_label", 1), ("seed", 0), ("per_request", 1), ("most_requests", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise LabelError(f"{name} is {value}", f"give at least {least}")

    @property
    def limit(self) -> int:
        """Requests allowed per label."""
        return self.most_requests or 4 * ceil(self.per_label / self.per_request) + 8


@dataclass(frozen=True, slots=True)
class Refused:
    """A sentence that was not kept, and why."""

    written_for: str
    text: str
    reason: str


@dataclass(slots=True)
class LabelTally:
    """What became of one label.

    Args:
        label: whose sentences are asked for.
        kept: sentences kept, in order.
        requests: asked so far.
        received: sentences in their replies.
        refused: reason -> sentences.
    """

    label: Label
    kept: list[ComposedSentence] = field(default_factory=list)
    requests: int = 0
    received: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class ComposedSet:
    """Sentences for every label, what was refused, and which quota was not met.

    Args:
        sentences: kept, label by label in the scheme's order.
        refused: every other sentence received.
        tallies: counts of each label.
        shortfalls: label -> why its quota was not met, in words.
        failed: why a request got no reply -> how often.
    """

    sentences: list[ComposedSentence] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tallies: dict[str, LabelTally] = field(default_factory=dict)
    shortfalls: dict[str, str] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, Any]:
        """Return the counts for a manifest."""
        return {
            "asked": {
                name: {
                    "kept": len(tally.kept),
                    "requests": tally.requests,
                    "received": tally.received,
                    "refused": dict(tally.refused.most_common()),
                }
                for name, tally in self.tallies.items()
            },
            "shortfalls": self.shortfalls,
            "failed_requests": dict(self.failed),
        }
