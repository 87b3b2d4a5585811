"""Read test scores out of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dualalign.packs.schema.instruments import Instrument

_NUMBER = r"(\d{1,3}(?:\.5)?)"
_FAR = r"[^.;\d]{0,60}?"


@dataclass(frozen=True, slots=True)
class FoundScore:
    """A score as a sentence gives it.

    Args:
        instrument: the test.
        value: the score.
        start: first character of the number.
        end: one past the last character of what was read.
    """

    instrument: Instrument
    value: float
    start: int
    end: int


class ScoreReader:
    """Finds `MMSE 21/30`, `scored 26/30 on the MMSE`, `MoCA score was 17` and the like.

    Args:
        instruments: the tests of the pack.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._readers: list[tuple[re.Pattern[str], re.Pattern[str], Instrument]] = []
        names: list[str] = []
        for instrument in instruments:
            names += instrument.names
            name = "|".join(
                re.escape(each.lower()).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?")
                for each in sorted(instrument.names, key=len, reverse=True)
            )
            top = f"{instrument.maximum:g}"
            out_of = rf"(?:\s*(?:/|out of|of)\s*{top}\b)"
            after = re.compile(
                rf"\b(?:{name})\b{_FAR}\b{_NUMBER}(?:{out_of}|(?!\s*/|\d|\s*(?:years?|months?|weeks?)))"
            )
            before = re.compile(rf"\b{_NUMBER}{out_of}{_FAR}\b(?:{name})\b")
            self._readers.append((after, before, instrument))
        self._any = re.compile(
            "|".join(re.escape(name.lower()).replace(r"\ ", r"[\s-]+") for name in names) or "(?!)"
        )

    def read(self, text: str) -> Iterator[FoundScore]:
        """Yield the scores in a normalised sentence; a number beyond a test's scale is no score."""
        if not self._any.search(text):
            return
        for after, before, instrument in self._readers:
            for pattern in (after, before):
                for match in pattern.finditer(text):
                    value = float(match[1])
                    if instrument.minimum <= value <= instrument.maximum:
                        yield FoundScore(instrument, value, match.start(1), match.end())
