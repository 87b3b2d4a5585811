"""A written note: text, exact sentences, and where each planned mention was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class MentionSpan(NamedTuple):
    """Where a mention of the plan was said.

    Args:
        mention: index into the plan's mentions.
        start: first character in the note's text.
        end: one past the last character.
        sentence: index into the note's sentences.
    """

    mention: int
    start: int
    end: int
    sentence: int


class SentenceSpan(NamedTuple):
    """One sentence of a note.

    Args:
        start: first character in the note's text.
        end: one past the last character; text[start:end] is the sentence, without outer white space.
        section: section the sentence stands in, for example `subjective`.
        labels: labels meant by the writer, in the scheme's order.
    """

    start: int
    end: int
    section: str
    labels: tuple[str, ...]


@dataclass(slots=True)
class Note:
    """What a writer returns for one plan.

    Args:
        text: the whole note.
        sentences: exact spans in order, not overlapping.
        mentions: one span per planned mention that was said, in order of position.
        writer: `passages`, or a model's name.
        checks: check name -> None if passed, else the reason in words.
        tokens: prompt and reply tokens if a model wrote it; None if not.
        cost_usd: money spent on it; None if unknown.
        attempts: replies of a model that it took, 1 if the first stood; 0 if no model wrote it.
        failed_at_first: names of the checks that the first reply failed.
        headings: numbers of the sentences that are a heading and nothing else, where a model wrote it.
    """

    text: str
    sentences: list[SentenceSpan]
    mentions: list[MentionSpan]
    writer: str
    checks: dict[str, str | None] = field(default_factory=dict)
    tokens: tuple[int, int] | None = None
    cost_usd: float | None = None
    attempts: int = 0
    failed_at_first: tuple[str, ...] = ()
    headings: frozenset[int] = frozenset()
