"""What makes a sentence that a model wrote for a label unfit to keep: small checks, each with a reason in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dualalign.errors import LabelError
from dualalign.labels.near_duplicates import normalised
from dualalign.reading.splitter import split_sentences

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.labels import Label

Check = Callable[[str, "Label"], str]
"""A sentence and the label it was written for -> why it is refused; empty if it is not."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d./%]*")
_CAPITALISED = re.compile(r"\b[A-Z][a-z]+\b")
_MARKER = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.):]|[a-z][.)])\s+")
_MARKUP = re.compile(r"[{}\[\]<>|`#*_]{2,}|\{|\}")
_COPIED_WORDS = 7


def cleaned(text: str) -> str:
    """Return a sentence without list marker, quotes around it, or line breaks."""
    text = " ".join(_MARKER.sub("", text).split())
    while len(text) > 1 and text[0] in "\"'“‘" and text[-1] in "\"'”’":
        text = text[1:-1].strip()
    return text


class ComposedChecks:
    """The checks of a pack, in the order in which they are applied.

    Args:
        pack: a loaded pack with composer.yaml.

    Raises:
        LabelError: a pack that does not say what a model is told.
    """

    def __init__(self, pack: Pack) -> None:
        words = pack.composer
        if not (words.system and words.request and words.variations):
            raise LabelError(
                f"pack '{pack.id}' has no composer.yaml that says what a model is told",
                "add the file, or let the pack extend clinical_english",
            )
        self._fewest, self._most = words.fewest_words, words.most_words
        self._dangling = frozenset(words.dangling)
        self._preamble = [re.compile(each, re.IGNORECASE) for each in words.preamble]
        self._identifying = {name: re.compile(each) for name, each in words.identifying.items()}
        self._names = set(_first_names(pack))
        self._checks: tuple[Check, ...] = (
            self.talks_about_the_task,
            self.is_no_sentence,
            self.has_wrong_length,
            self.is_several_sentences,
            self.breaks_off,
            self.identifies_someone,
            self.names_the_label,
            self.copies_the_description,
        )

    def reason(self, text: str, label: Label) -> str:
        """Return why a sentence is refused, by the first check that it fails; empty if it passes."""
        return next((reason for check in self._checks if (reason := check(text, label))), "")

    def talks_about_the_task(self, text: str, label: Label) -> str:
        """Find "Here are ten sentences" and the like."""
        return "talks about the task" if any(each.search(text) for each in self._preamble) else ""

    def is_no_sentence(self, text: str, label: Label) -> str:
        """Find headings, markup and what holds hardly a word."""
        letters = sum(character.isalpha() or character.isspace() for character in text)
        if not text or text.endswith(":") or _MARKUP.search(text) or letters < 0.6 * len(text):
            return "not a sentence"
        return ""

    def has_wrong_length(self, text: str, label: Label) -> str:
        """Find what is too short to mean something or too long for one sentence."""
        words = len(_WORD.findall(text))
        if words < self._fewest:
            return "too short"
        return "too long" if words > self._most else ""

    def is_several_sentences(self, text: str, label: Label) -> str:
        """Find a paragraph in place of a sentence: which of its sentences earns the label would be a guess."""
        return "more than one sentence" if len(split_sentences(text)) > 1 else ""

    def breaks_off(self, text: str, label: Label) -> str:
        """Find what ends in the middle, as where a model closed the quotes too early."""
        words = normalised(text).split()
        return "breaks off" if text.endswith(",") or (words and words[-1] in self._dangling) else ""

    def identifies_someone(self, text: str, label: Label) -> str:
        """Find names, dates, numbers and addresses that could be somebody's."""
        for name, pattern in self._identifying.items():
            if pattern.search(text):
                return f"identifying: {name.replace('_', ' ')}"
        if any(each in self._names for each in _CAPITALISED.findall(text)):
            return "identifying: first name"
        return ""

    def names_the_label(self, text: str, label: Label) -> str:
        """Find the label's own heading, which a classifier would learn instead of the symptom."""
        told = f" {normalised(text)} "
        headings = (normalised(label.name), normalised(label.id.replace("_", " ")))
        return (
            "names the label"
            if any(len(each.split()) > 1 and f" {each} " in told for each in headings)
            else ""
        )

    def copies_the_description(self, text: str, label: Label) -> str:
        """Find a run of words that stands in the label's definition."""
        told, asked = normalised(text).split(), f" {normalised(label.definition)} "
        for start in range(len(told) - _COPIED_WORDS + 1):
            if f" {' '.join(told[start : start + _COPIED_WORDS])} " in asked:
                return "copies the description"
        return ""


def _first_names(pack: Pack) -> Iterator[str]:
    for group in pack.names.groups:
        for era in group.eras:
            yield from (*era.female, *era.male)
