"""Words of a sentence, with those that stand in the scope of a negation marked."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import yaml

NEGATED = "!"
"""Mark put before a word that a negation covers."""

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+(?:\.\d+)?|[^\w\s]")


@cache
def _negation() -> tuple[frozenset[str], frozenset[str]]:
    text = resources.files("dualalign.classifiers").joinpath("negation.yaml").read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    return frozenset(loaded["cues"]), frozenset(loaded["stops"])


def marked_tokens(text: str) -> list[str]:
    """Return the lower-case words and punctuation of a sentence; `!word` is a word under a negation.

    Numbers become as many zeros as they have whole digits, so that 21/30 and 24/30 look alike.
    """
    cues, stops = _negation()
    marked: list[str] = []
    under = False
    for token in _TOKEN.findall(text.lower().replace("n't", " not")):
        if token in stops:
            under = False
        if token[0].isdigit():
            marked.append("0" * len(token.partition(".")[0]))
        elif under and token[0].isalpha():
            marked.append(NEGATED + token)
        else:
            marked.append(token)
        if token in cues:
            under = True
    return marked
