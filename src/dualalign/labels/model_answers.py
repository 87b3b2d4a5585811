"""Read a model's reply into one answer per sentence, whatever form it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dualalign.llm.answers import answer_in, declines
from dualalign.llm.structured import parse_json

if TYPE_CHECKING:
    from dualalign.labels.guideline_prompt import GuidelinePrompt

Answer = tuple[str, ...] | None
"""Labels in the scheme's order, none if empty; None if the model abstained."""

_WRAPPERS = ("labels", "answers", "sentences", "result", "results")
_NOTHING = ("", "no label", "[]")


@dataclass(slots=True)
class ReadReply:
    """What a reply says.

    Args:
        answers: sentence id -> answer, of the sentences asked for alone.
        faults: kind of fault (`refused`, `unreadable`, `cut off`, `unknown id`, `doubled id`, `unknown label`) -> how often.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys as they stand, doubled ones included."""


def read_answers(reply: str, ids: Sequence[str], prompt: GuidelinePrompt, cut_off: bool = False) -> ReadReply:
    """Return the answers in a reply; a sentence without a sound one is left out.

    Args:
        reply: the model's words.
        ids: sentences asked for.
        prompt: knows the labels, their names and the word for abstaining.
        cut_off: the reply ended for lack of tokens, so that its last answer may lack labels.
    """
    read = ReadReply()
    try:
        found = list(_entries(reply))
    except ValueError:
        read.faults["refused" if declines(answer_in(reply)) else "unreadable"] += 1
        return read
    if cut_off:
        found = found[:-1]
        read.faults["cut off"] += 1
    conflicting = set()
    for key, value in found:
        if key not in ids:
            read.faults["unknown id"] += 1
            continue
        answer, unknown = _answer(value, prompt)
        if unknown:
            read.faults["unknown label"] += unknown
            conflicting.add(key)
        if key in read.answers:
            read.faults["doubled id"] += 1
            if read.answers[key] != answer:
                conflicting.add(key)
        read.answers[key] = answer
    for key in conflicting:
        del read.answers[key]
    return read


def _entries(reply: str) -> Iterator[tuple[str, Any]]:
    """Yield id and value of each entry: of an object keyed by id, or of a list of objects with an id."""
    content = _as_pairs(parse_json(reply, _Pairs))
    if isinstance(content, _Pairs):
        if len(content) == 1 and content[0][0].casefold() in _WRAPPERS:
            content = content[0][1]
        if isinstance(content, _Pairs):
            yield from content
            return
    for entry in content if isinstance(content, list) else []:
        if isinstance(entry, _Pairs):
            yield str(dict(entry).get("id", "")), entry


def _as_pairs(value: Any) -> Any:
    if isinstance(value, dict):
        return _Pairs((str(key), _as_pairs(each)) for key, each in value.items())
    if isinstance(value, _Pairs):
        return value
    return [_as_pairs(each) for each in value] if isinstance(value, list) else value


def _answer(value: Any, prompt: GuidelinePrompt) -> tuple[Answer, int]:
    """Return the answer in one entry, and how many of its words are no label."""
    if isinstance(value, _Pairs):
        named = {key.casefold(): each for key, each in value}
        if named.get("abstain") is True:
            return None, 0
        value = named.get("labels", named.get("label"))
    if isinstance(value, str):
        value = value.replace(";", ",").split(",")
    if not isinstance(value, list):
        return (), 1
    words = [each.strip() if isinstance(each, str) else repr(each) for each in value]
    words = [each for each in words if each.casefold() not in (*_NOTHING, prompt.none)]
    if any(each.casefold() == prompt.unsure for each in words):
        return None, 0
    known = {prompt.names.get(each.casefold(), each.casefold()) for each in words}
    unknown = len(known.difference(prompt.labels))
    return tuple(label for label in prompt.labels if label in known), unknown
