"""How a model is asked for labels: how often, how many sentences at a time, with which sampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dualalign.errors import LabelError
from dualalign.labels.guideline_prompt import Asked

_TOKENS_PER_SENTENCE = 64
_TOKENS_BESIDES = 256
_SAMPLING = 0.7


@dataclass(frozen=True, slots=True)
class Asking:
    """How a model is asked; each field can change labels.

    Args:
        votes: answers per sentence, odd numbers decide best; 1 asks once.
        second_pass: whether each answer goes back to be checked against the guideline.
        temperature: of sampling, 0 or greater; None asks a single vote at 0 and several at 0.7.
        seed: of the first vote, 0 or greater; the others count on from it.
        sentences: of one note per request, at most.
        characters: of them together, at most; a longer sentence goes alone.
        before: sentences shown, without being asked about, that stand before those of a request.
        max_tokens: longest reply; None gives room for every label of every sentence.

    Raises:
        LabelError: a number out of its range.
    """

    votes: int = 1
    second_pass: bool = False
    temperature: float | None = None
    seed: int = 0
    sentences: int = 8
    characters: int = 4000
    before: int = 2
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("votes", 1), ("sentences", 1), ("characters", 1), ("before", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise LabelError(f"{name} is {getattr(self, name)}", f"give at least {least}")

    @property
    def requests_per_batch(self) -> int:
        """Requests that a batch of sentences needs if every answer is sound."""
        return self.votes * (2 if self.second_pass else 1)

    def parameters(self, sentences: int, vote: int) -> dict[str, Any]:
        """Return the sampling parameters of one vote, counted from 0, on so many sentences."""
        usual = _SAMPLING if self.votes > 1 else 0.0
        return {
            "temperature": usual if self.temperature is None else self.temperature,
            "seed": self.seed + vote,
            "max_tokens": self.max_tokens or _TOKENS_BESIDES + _TOKENS_PER_SENTENCE * sentences,
        }


def batches(sentences: Sequence[str], asking: Asking) -> Iterator[tuple[int, Asked]]:
    """Yield what goes into each request of a note, with the position of its first sentence."""
    start = 0
    while start < len(sentences):
        end, characters = start, 0
        while end < len(sentences) and end - start < asking.sentences:
            characters += len(sentences[end])
            if end > start and characters > asking.characters:
                break
            end += 1
        named = {f"s{i - start + 1}": sentences[i] for i in range(start, end)}
        yield start, Asked(named, tuple(sentences[max(0, start - asking.before) : start]))
        start = end
