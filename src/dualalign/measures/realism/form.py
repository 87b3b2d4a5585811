"""The form of notes against reference ones: length, sentences, sections, negation, numbers, repetition."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from dualalign.classifiers.tokens import NEGATED, marked_tokens
from dualalign.measures.measure import Figure, Measure, grouped_interval
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet, side_by_side
from dualalign.reading.splitter import split_sentences
from dualalign.stats.arrays import Floats, Rows

MOST = 1000
_HEADING = re.compile(r"^[ \t]*(?:[A-Z][A-Z0-9 /&,()'-]{2,60}|[A-Z][A-Za-z0-9 /&,()'-]{1,60}:)", re.M)
_NUMBER = re.compile(r"\d+(?:[./]\d+)*")


@measured(note_form=lower(0, 1))
def note_form(patient_notes: NoteSet, reference: NoteSet) -> Measure:
    """Return the mean Kolmogorov-Smirnov distance, over traits of form, of synthetic from reference notes.

    The breakdown holds the cohort's median of each trait, the baseline the reference's (`target ...`) and the
    distance that two halves of the reference lie apart.
    """
    ours, theirs = patient_notes.sample(MOST), reference.sample(MOST)
    own, real = traits_of(ours.texts), traits_of(theirs.texts)
    both = {name: np.concatenate([own[name], real[name]]) for name in own}
    groups, marks = side_by_side(ours, theirs)

    def distance(rows: Rows) -> float:
        mine, yours = rows[marks[rows]], rows[~marks[rows]]
        if not len(mine) or not len(yours):
            return float("nan")
        return float(np.mean([_apart(values[mine], values[yours]) for values in both.values()]))

    halves = [traits_of(half.texts) for half in theirs.halves()]
    itself = float(np.mean([_apart(halves[0][name], halves[1][name]) for name in own]))
    return Figure(
        distance(np.arange(len(marks))),
        grouped_interval(groups, distance, shifted=True, bounds=(0.0, 1.0)),
        {name: float(np.median(values)) for name, values in own.items()}
        | {f"apart: {name}": _apart(own[name], real[name]) for name in own},
        {"reference against itself": itself}
        | {f"target {name}": float(np.median(values)) for name, values in real.items()},
        note="mean Kolmogorov-Smirnov distance over traits; the breakdown holds medians, and each trait's distance",
    )


def traits_of(texts: Sequence[str]) -> dict[str, Floats]:
    """Return each trait of form, one value a text."""
    return {
        name: np.array(values, dtype=np.float64)
        for name, values in zip(_TRAITS, zip(*(_traits(text) for text in texts), strict=True), strict=True)
    }


_TRAITS = (
    "words per note",
    "sentences per note",
    "words per sentence",
    "sections per note",
    "sentences with a negation, %",
    "numbers per 100 words",
    "different words, % of the first 100",
)


def _traits(text: str) -> tuple[float, ...]:
    words = text.split()
    said = [text[start:end] for start, end in split_sentences(text)]
    negated = sum(
        any(token.startswith(NEGATED) and len(token) > 1 for token in marked_tokens(s)) for s in said
    )
    start = [word.lower().strip(".,;:()") for word in words[:100]]
    return (
        len(words),
        len(said),
        len(words) / max(1, len(said)),
        len(_HEADING.findall(text)),
        100 * negated / max(1, len(said)),
        100 * len(_NUMBER.findall(text)) / max(1, len(words)),
        100 * len(set(start)) / max(1, len(start)),
    )


def _apart(first: Floats, second: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples."""
    values = np.unique(np.concatenate([first, second]))
    shares: list[Floats] = [
        np.searchsorted(np.sort(each), values, side="right") / len(each) for each in (first, second)
    ]
    return float(np.abs(shares[0] - shares[1]).max())
