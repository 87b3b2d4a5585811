"""The form of a note: length, headings, an end, no talk about the task, no copy of what was there before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.notes.llm.checks.case import WORD, run_at, runs_of

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords

_TABLE = re.compile(r"^\s*\|.+\|\s*$", re.MULTILINE)
_UNFINISHED = re.compile(r"[,;:(\-–]\s*$")
_COPIED, _INSTRUCTED = 5, 4
"""Neighbouring runs, of nine and eight words, by which a stretch counts as copied."""
_FEWEST_RUNS = 20
"""Runs of words below which a share of them says nothing."""


def length(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a note that is far shorter or longer than asked."""
    asked, limits = case.plan.style.words, words.rules.length
    count = len(case.draft.text.split())
    least, most = (
        asked * limits.shortest,
        asked * limits.longest + limits.for_mention * len(case.plan.mentions),
    )
    if count < least:
        yield f"the note has {count} words; write about {asked}"
    elif count > most:
        yield f"the note has {count} words; keep it to about {asked}"


def headings(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a note without the sections of its form."""
    if len(case.draft.headings) < words.rules.fewest_headings:
        yield "the section headings are missing: begin each section with its heading and a colon"


def cut_off(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a note that breaks off."""
    if case.draft.finish_reason == "length" or _UNFINISHED.search(case.draft.text):
        yield f"the note breaks off: end it, in about {case.plan.style.words} words"


def remarks(case: Case, words: CheckWords) -> Iterator[str]:
    """Find talk about the task, blanks to fill in and tables."""
    text = case.draft.text
    first = text.partition("\n")[0]
    match = words.remarks.search(text) or words.preamble.match(first)
    if match is not None:
        yield f'"{match[0][:80].strip()}" is a remark about the task: give the note alone'
    blank = words.placeholder.search(text)
    if blank is not None:
        yield f'"{blank[0]}" is a blank to fill in: write what stands there, or leave it out'
    if _TABLE.search(text):
        yield "the note holds a table: write lines of text"


def thinking(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a model's talk to itself."""
    match = words.thinking.search(case.draft.text)
    if match is not None:
        yield f'"{match[0][:80].strip()}" is thinking aloud: give the note alone'


def echo(case: Case, words: CheckWords) -> Iterator[str]:
    """Find the prompt's own words."""
    match = words.echoes.search(case.draft.text)
    if match is not None:
        yield f'"{match[0][:80].strip()}" repeats the instructions: write as a clinician would'
        return
    copied = _instruction(case, words)
    if copied:
        yield f'"{copied}" repeats the instructions: write as a clinician would'
        return
    runs = set(runs_of(case.draft.text))
    asked = frozenset(runs_of(case.prompt))
    if len(runs) >= _FEWEST_RUNS and len(runs & asked) > words.rules.prompted * len(runs):
        yield "the note repeats the instructions: write as a clinician would, and leave out what no note says"


def _instruction(case: Case, words: CheckWords) -> str:
    """Return words of the pack's instructions, which no note would hold, that stand in the note."""
    said = f" {' '.join(WORD.findall(case.draft.text.lower()))} "
    whole = next((each for each in words.instructions if f" {each} " in said), "")
    if whole:
        return whole
    shared = 0
    for place, run in enumerate(runs_of(case.draft.text)):
        shared = shared + 1 if run in words.instruction_runs else 0
        if shared == _INSTRUCTED:
            return run_at(case.draft.text, place - _INSTRUCTED + 1, _INSTRUCTED)
    return ""


def copies_example(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a stretch of the example that was shown before the request; a run or two may be anybody's words."""
    shown = words.example_runs.get(case.plan.style.author, frozenset())
    text, shared = case.draft.text, 0
    for place, run in enumerate(runs_of(text)):
        shared = shared + 1 if run in shown else 0
        if shared == _COPIED:
            words_copied = run_at(text, place - _COPIED + 1, _COPIED)
            yield f'"{words_copied}" is the example\'s: say what is so of this patient'
            return


def repeats_itself(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a note that says the same again and again."""
    runs = Counter(runs_of(case.draft.text))
    total = runs.total()
    if total >= _FEWEST_RUNS and total - len(runs) > words.rules.repeated * total:
        yield "the note says the same several times: say each thing once"


def copies_earlier(case: Case, words: CheckWords) -> Iterator[str]:
    """Find a near-copy of an earlier note of the same patient."""
    runs = set(runs_of(case.draft.text))
    if len(runs) < _FEWEST_RUNS:
        return
    if any(len(runs.intersection(before)) > words.rules.copied * len(runs) for before in case.earlier_runs):
        yield "the note is almost a copy of an earlier one: word it afresh"
