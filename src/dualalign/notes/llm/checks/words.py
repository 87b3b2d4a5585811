"""What a pack knows that checks ask for, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dualalign.notes.llm.checks.case import runs_of
from dualalign.reading.scores import ScoreReader

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


class CheckWords:
    """Names, ranks and expressions of a pack.

    Args:
        pack: a loaded pack.
        calendar: whether the profile keeps to the calendar.
        wording: gives a wording of a term by its turn and the patient's sex, the one that the prompt gave.
    """

    def __init__(self, pack: Pack, calendar: bool, wording: Callable[[str, int, str], str]) -> None:
        prompts = pack.prompts
        self.wording = wording
        self.rules = prompts.checks
        self.asserted: dict[str, str] = prompts.asserted
        self.example_runs = {
            author: frozenset(runs_of(example.note)) for author, example in prompts.examples.items()
        }
        self.calendar = calendar
        self.terms = pack.lexicon.terms()
        self.meant = {term.id: term.same_as or term.id for term in self.terms.values()}
        self.rank = {stage.id: rank for rank, stage in enumerate(pack.stages.stages)}
        self.stage_name = {stage.id: stage.name for stage in pack.stages.stages}
        self.drugs = {drug.id: drug for drug in pack.drugs.drugs}
        self.drug_of = {name.lower(): drug.id for drug in pack.drugs.drugs for name in drug.names}
        self.instruments = {test.id: test for test in pack.instruments.instruments}
        self.scores = ScoreReader(pack.instruments.instruments)
        self.sexes = frozenset(pack.record_words.sexes)
        self.remarks = _either(self.rules.remarks)
        self.preamble = _either(self.rules.preamble)
        self.echoes = _either(self.rules.echoes)
        self.identifying = {what: re.compile(each) for what, each in self.rules.identifying.items()}
        self.placeholder = re.compile(self.rules.placeholder)
        self.month = {name.lower(): number for number, name in enumerate(self.rules.months, 1)}
        months = "|".join(re.escape(name) for name in self.rules.months) or "(?!)"
        self.dates = (
            re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"),
            re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
            re.compile(
                rf"\b(?P<month>{months})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})\b", re.I
            ),
            re.compile(
                rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{months}),? (?P<year>\d{{4}})\b", re.I
            ),
        )


def _either(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns) or "(?!)", re.IGNORECASE | re.MULTILINE)
