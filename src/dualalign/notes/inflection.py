"""English verb forms for the phrase language, by table and by spelling rule."""

from __future__ import annotations

import re

from dualalign.packs.schema.verbs import IrregularVerbs

FORMS = {"base": 0, "s": 1, "past": 2, "ing": 3, "pp": 4}
"""Form name -> position in a paradigm: to go, goes, went, going, gone."""

Paradigm = tuple[str, str, str, str, str]

_SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
_ONE_SYLLABLE_CVC = re.compile(r"^[^aeiou]*[aeiou][^aeiouwxy]$|^qu[aeiou][^aeiouwxy]$")
_SILENT_E = re.compile(r"[^eoy]e$")


class Verbs:
    """Verb paradigms: irregular ones from the pack's table, the rest by rule."""

    def __init__(self, table: IrregularVerbs) -> None:
        self._irregular = table.irregular
        self._full = table.full
        self._doubling = frozenset(table.doubling)
        self._known: dict[str, Paradigm] = {}

    def paradigm(self, phrase: str) -> Paradigm:
        """Return the five forms of a verb; words after the first stay as they are (`give up`)."""
        known = self._known.get(phrase)
        if known is None:
            verb, _, rest = phrase.partition(" ")
            tail = f" {rest}" if rest else ""
            base, third, past, ing, participle = self._inflect(verb)
            known = (base + tail, third + tail, past + tail, ing + tail, participle + tail)
            self._known[phrase] = known
        return known

    def _inflect(self, verb: str) -> Paradigm:
        if verb in self._full:
            third, past, ing, participle = self._full[verb]
            return verb, third, past, ing, participle
        prefix, hyphen, stem = verb.rpartition("-")
        if hyphen and stem in self._irregular:
            past, participle = (f"{prefix}-{form}" for form in self._irregular[stem])
            return verb, f"{prefix}-{_third(stem)}", past, f"{prefix}-{self._ing(stem)}", participle
        regular = self._past(verb)
        past, participle = self._irregular.get(verb, (regular, regular))
        return verb, _third(verb), past, self._ing(verb), participle

    def _doubles(self, verb: str) -> bool:
        return verb in self._doubling or bool(_ONE_SYLLABLE_CVC.search(verb))

    def _past(self, verb: str) -> str:
        if verb.endswith("e"):
            return verb + "d"
        if _CONSONANT_Y.search(verb):
            return verb[:-1] + "ied"
        return verb + (verb[-1] if self._doubles(verb) else "") + "ed"

    def _ing(self, verb: str) -> str:
        if verb.endswith("ie"):
            return verb[:-2] + "ying"
        if _SILENT_E.search(verb):
            return verb[:-1] + "ing"
        return verb + (verb[-1] if self._doubles(verb) else "") + "ing"


def _third(verb: str) -> str:
    if _SIBILANT.search(verb) or (verb.endswith("o") and not re.search(r"[aeiou]o$", verb)):
        return verb + "es"
    if _CONSONANT_Y.search(verb):
        return verb[:-1] + "ies"
    return verb + "s"
