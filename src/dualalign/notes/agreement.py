"""Whether an English noun phrase is plural, so that the verb after it can agree."""

from __future__ import annotations

import re
from functools import lru_cache

_AFTER_HEAD = re.compile(
    r",|\(| (?:of|in|with|without|for|to|from|on|at|by|when|while|after|before|during|since|until|that|who|which"
    r"|about|over|under|despite|limiting|requiring|causing|through|around|as|per|than|between|because|if)\b"
)
_PHRASE_ABOUT_AN_ACT = re.compile(
    r"^\w+ing (?:a|an|the|his|her|their|at|in|on|to|for|up|out|off|from|with|things|words|names|people|faces)\b"
)
_LEADING = re.compile(
    r"^(?:an?|the|some|his|her|their|the patient's) (?!few |couple |lot |number )", re.IGNORECASE
)
_SINGULAR_ENDINGS = ("ss", "us", "is", "'s")
_SINGULAR_WORDS = frozenset({"diabetes", "rabies", "herpes", "measles", "news", "series", "always", "gas"})
_PLURAL_WORDS = frozenset({"people", "children", "teeth", "feet", "criteria", "hallucinoses", "psychoses"})


def without_determiner(phrase: str) -> str:
    """Return the noun phrase without its leading article or possessive."""
    return _LEADING.sub("", phrase, count=1)


@lru_cache(maxsize=4096)
def is_plural(phrase: str) -> bool:
    """Whether the noun phrase takes a plural verb, judged by its head: the last word before a complement.

    Args:
        phrase: as written in a sentence: ``fits of rage``, ``loss of zest``, ``weakness and deconditioning``.
    """
    if _PHRASE_ABOUT_AN_ACT.match(phrase):
        return False
    head = _AFTER_HEAD.split(phrase, maxsplit=1)[0].rstrip()
    if " and " in head:
        return True
    word = head.rpartition(" ")[2].rpartition("-")[2].lower()
    if word in _PLURAL_WORDS:
        return True
    return word.endswith("s") and not word.endswith(_SINGULAR_ENDINGS) and word not in _SINGULAR_WORDS
