"""One sentence of a note while it is put together: text, labels, and what of it says which mention."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPEN, CLOSE = "\x01", "\x02"
"""Marks around what says a mention, removed once its span is known."""

_SPACES = re.compile(r" {2,}")
_BEFORE_MARK = re.compile(r" +([,.;:])")
_DOUBLED = re.compile(r"([,;:])\s*[,;](?=\s)|([,;:])\s*\.|,(?=[:;])")
_ARTICLE = re.compile(
    r"\b([Aa]) (?=\x01?(?:[aeiAEI](?!u)|o(?!n(?:c)?e\b)|u(?!n[i]|s[eu]|t[ei]|r[io])|h(?:our|onest)|8\d?\b|11\b|18\b))"
    r"(?!\x01?(?:in|is|or|of|at|on|as|and|are|after|if)\b)"
)
_NUMBERED = re.compile(r"\d+\. ")
_SUBJECTS = ("he ", "she ", "the patient ")
_POSSESSIVES = ("his ", "her ", "their ")
_VERBLESS = re.compile(r"(?:is|was|has been|has had|has(?! to\b))(?= )")


@dataclass(slots=True)
class Composed:
    """A sentence ready to be placed.

    Args:
        text: the sentence.
        labels: labels it earns, in the scheme's order.
        spans: (mention index in the plan, start, end) within the sentence.
        breaks: whether it begins a new line.
    """

    text: str
    labels: tuple[str, ...] = ()
    spans: tuple[tuple[int, int, int], ...] = ()
    breaks: bool = False


def mark(text: str) -> str:
    """Return the text between the marks of a mention."""
    return f"{OPEN}{text.strip()}{CLOSE}"


def plain(marked: str) -> str:
    """Return the text without marks."""
    return marked.replace(OPEN, "").replace(CLOSE, "")


def tidy(raw: str, period: bool = True) -> str:
    """Return the sentence with single spaces, the right article, a capital and, if asked for, a final period."""
    text = _SPACES.sub(" ", raw) if "  " in raw else raw
    if " ," in text or " ." in text or " ;" in text or " :" in text:
        text = _BEFORE_MARK.sub(r"\1", text)
    if " a " in text or text[:3].lstrip(OPEN)[:2] in ("a ", "A "):
        text = _ARTICLE.sub(r"\1n ", text)
    text = text.strip(" ,;")
    if f" {CLOSE}" in text:
        text = text.replace(f" {CLOSE}", CLOSE)
    if ",," in text or ", ," in text or ",." in text or ";." in text or ",:" in text or ",;" in text:
        text = _DOUBLED.sub(lambda match: (match[1] or "") if match[2] is None else ".", text)
    number = _NUMBERED.match(text)
    first = number.end() if number else 0
    if text[first : first + 1] == OPEN:
        first += 1
    if text[first : first + 1].islower():
        text = text[:first] + text[first].upper() + text[first + 1 :]
    last = text[-2:-1] if text[-1:] == CLOSE else text[-1:]
    if not period:
        return text.removesuffix(".")
    return text if last in ".?!:" else text + "."


def split_marks(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the text without marks, and the span that each pair of marks enclosed, in order."""
    spans: list[tuple[int, int]] = []
    pieces: list[str] = []
    position = 0
    for piece in marked.split(OPEN):
        said, close, rest = piece.partition(CLOSE)
        if close:
            spans.append((position, position + len(said)))
            position += len(said)
            pieces.append(said)
            piece = rest
        pieces.append(piece)
        position += len(piece)
    return "".join(pieces), spans


def clipped(clause: str) -> str:
    """Return a clause without its subject and its weak verb, as lists have it: "trouble finding words since 2014"."""
    for subject in _SUBJECTS:
        if clause.startswith(subject):
            rest = clause[len(subject) :]
            found = _VERBLESS.match(rest)
            return rest[found.end() + 1 :] if found else rest
    for possessive in _POSSESSIVES:
        if clause.startswith(possessive):
            return clause[len(possessive) :]
    return clause


def shortened(clause: str) -> str:
    """Return a clause without its subject, and without "is" or "was" after it: "unsteady since March"."""
    for subject in _SUBJECTS:
        if clause.startswith(subject):
            rest = clause[len(subject) :]
            return rest.removeprefix("is ").removeprefix("was ")
    return clause


def with_also(clause: str) -> str:
    """Return the clause with "also" after its subject, or after "is"."""
    for subject in _SUBJECTS:
        if clause.startswith(subject):
            rest = clause[len(subject) :]
            if rest.startswith(("is ", "was ")):
                verb, _, rest = rest.partition(" ")
                return f"{subject}{verb} also {rest}"
            return f"{subject}also {rest}"
    return clause


def uncapitalized(text: str) -> str:
    """Return the text as it stands within a sentence: abbreviations keep their capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def joined(items: list[str], last: str = "and") -> str:
    """Return "a", "a and b" or "a, b and c"; a comma parts items that hold the joining word themselves."""
    if len(items) < 2:
        return "".join(items)
    if any(f" {last} " in item for item in items):
        return f"{', '.join(items[:-1])}, {last} {items[-1]}"
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
