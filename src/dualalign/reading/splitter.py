"""Split clinical text into sentences with exact character positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from dualalign.packs.schema.abbreviations import Abbreviations
from dualalign.reading.lines import blocks

_STOP = re.compile(
    r"(?<![.!?])(?P<mark>[.!?]+)(?P<close>[\"'”’)\]]*)(?P<gap>\s+)(?P<open>[\"'“‘(\[]*)(?=(?P<next>\S))"
    r"|(?<=[a-z]{3})(?P<glued>[.?!])(?=[A-Z][a-z]+\s)"
)
_TOKEN = re.compile(r"[^\s(\[\"'“‘,;:]*$")
_NUMBER = re.compile(r"\(?\d{1,2}$|[A-Za-z]$")
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]$|q\.?\d+(?:\s?-\d+)?(?:\.?\s?h|\.h)?$")
_LONGEST_TOKEN = 16
_WORD = re.compile(r"[A-Za-z]+")
_REPLY = re.compile(
    r"(?:(?:y|yes|n|no|nope|none|never|0|zero|n/a|unknown|denies|denied)(?=[ \t]*(?:$|[.,;|/(\n\t-])|[ ]{2}"
    r"|[ \t]+[A-Z][a-z /]{1,40}[?:])|(?:yes|none|never|denies|sometimes|occasionally|rarely|often|\d)\b[ ,]+[a-z]"
    r"|[-+]|\(?[-+]\)|\[ ?[xX✓✗*+-]? ?\]|[☐☑☒✓✔✗✘])",
    re.IGNORECASE,
)
"""What answers the question of a form on its line: `Falls? N`."""

LONGEST = 2_000
"""Characters of a sentence; what is longer is cut at a blank, so that every note takes time by its length."""
_LOOK_BACK = 200


@cache
def _abbreviations() -> Abbreviations:
    import yaml

    source = files("dualalign.packs.library") / "clinical_english" / "abbreviations.yaml"
    return Abbreviations.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the span of each sentence, in order, without outer white space.

    A heading stays with the sentence that follows on its line; each list item and each line that is not merely
    wrapped begins a sentence; no sentence has more than 2,000 characters. Every character that is not white space belongs to exactly one span.

    Args:
        text: a note, or any part of one.
    """
    spans: list[tuple[int, int]] = []
    for start, end in blocks(text):
        _split_block(text, start, end, spans)
    return spans


def _split_block(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    begin = start
    item = 0
    for match in _STOP.finditer(text, start, end):
        at = match.start()
        if match["glued"]:
            cut = after = at + 1
        else:
            token = _TOKEN.search(text[max(begin, at - _LONGEST_TOKEN) : at])
            word = token.group() if token else ""
            word_start = at - len(word)
            if match["mark"] == "." and _NUMBER.match(word) and _begins_item(text, begin, word_start):
                item = int(word) if word.isdigit() else item
                continue
            if "?" in match["mark"] and _REPLY.match(text, match.end("gap"), end):
                continue
            if word.isdigit() and item and int(word) == item + 1 and match["next"].isupper():
                item += 1
                cut = after = word_start
            elif _ends(match, word, text, word_start):
                cut, after = match.end("close"), match.end("gap")
            else:
                continue
        _add(text, begin, cut, spans)
        begin = after
    _add(text, begin, end, spans)


def _add(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        offset = start + len(piece) - len(piece.lstrip())
        for cut in in_pieces(stripped):
            spans.append((offset, offset + len(cut.rstrip())))
            offset += len(cut)


def in_pieces(sentence: str) -> Iterator[str]:
    """Yield a sentence, in pieces of at most 2,000 characters; together they are the sentence."""
    begin = 0
    while len(sentence) - begin > LONGEST:
        blank = sentence.rfind(" ", begin + LONGEST - _LOOK_BACK, begin + LONGEST)
        end = blank + 1 if blank >= 0 else begin + LONGEST
        while end < len(sentence) and sentence[end].isspace():
            end += 1
        yield sentence[begin:end]
        begin = end
    yield sentence[begin:]


def _begins_item(text: str, begin: int, word_start: int) -> bool:
    before = text[begin:word_start].strip(" \t\r\n([-*•")
    return not before or before.endswith(":")


def _ends(match: re.Match[str], word: str, text: str, word_start: int) -> bool:
    mark, following = match["mark"], match["next"]
    if mark != ".":
        return not following.islower()
    lower = word.lower()
    abbreviations = _abbreviations()
    if lower in abbreviations.never_end:
        return False
    if following.islower():
        return False
    if lower in abbreviations.end_before_capital or _DOTTED.match(lower):
        return not following.isdigit()
    if lower in abbreviations.before_number:
        return not following.isdigit()
    if len(word) == 1 and word.isupper():
        return _ends_after_initial(match, text, word_start)
    return True


def _ends_after_initial(match: re.Match[str], text: str, word_start: int) -> bool:
    opener = _WORD.match(text, match.start("next"))
    if opener and opener.group().lower() in _abbreviations().openers:
        return True
    before = text[max(0, word_start - 30) : word_start].rstrip()[-1:]
    # "Dr. X. Blood was drawn": the initial is a whole name; "John Q. Public": it is part of one.
    return before == "." or not _capital_word_before(text, word_start)


def _capital_word_before(text: str, position: int) -> bool:
    words = text[max(0, position - 30) : position].split()
    return bool(words) and words[-1][:1].isupper()
