"""The labelled sentences of a cohort, thinned where there are many, in flat memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dualalign.cohort.reader import Cohort
from dualalign.measures.measure import random_numbers
from dualalign.measures.note_sets import NoteSet, sampled_rows
from dualalign.reading.splitter import split_sentences

MOST_PER_LABEL = 50_000


@dataclass(frozen=True, slots=True)
class LabelledSentences:
    """Sentences, and the label ids of each; None where nothing is labelled."""

    texts: Sequence[str]
    labels: Sequence[Sequence[str]] | None = None


def labelled_sentences(cohort: Cohort, most: int = MOST_PER_LABEL) -> LabelledSentences:
    """Return sentences that carry a label, each with its label; of several, the one that is rarest in the cohort.

    Args:
        cohort: a finished cohort.
        most: sentences per label, about; where there are more, each is kept with the same chance.
    """
    counts: Counter[str] = Counter()
    for part in cohort.iterate("sentences", ["labels"]):
        found = pc.value_counts(pc.list_flatten(part["labels"])).to_pylist()
        counts.update({row["values"]: row["counts"] for row in found})
    chances = {label: min(1.0, most / count) for label, count in counts.items()}
    random = random_numbers()
    texts: list[str] = []
    kept: list[list[str]] = []
    for part in cohort.iterate("sentences", ["text", "labels"]):
        labelled = _with_labels(part)
        rarest = [
            min(row, key=lambda label: (counts[label], label)) for row in labelled["labels"].to_pylist()
        ]
        draws = random.random(len(rarest))
        chosen = [
            row for row, (label, draw) in enumerate(zip(rarest, draws, strict=True)) if draw < chances[label]
        ]
        texts.extend(labelled["text"].take(pa.array(chosen, pa.int64())).to_pylist())
        kept.extend([rarest[row]] for row in chosen)
    return LabelledSentences(texts, kept)


def plain_sentences(notes: NoteSet) -> LabelledSentences:
    """Return the sentences of notes, without labels."""
    return LabelledSentences(
        [text[start:end] for text in notes.texts for start, end in split_sentences(text)]
    )


def sampled_sentences(cohort: Cohort, most: int) -> Iterator[dict[str, Any]]:
    """Yield about so many sentences of a cohort, as rows with `patient_id`, `text` and `labels`."""
    chance = min(1.0, most / max(1, cohort.manifest["counts"]["sentences"]))
    return sampled_rows(cohort, "sentences", ["patient_id", "text", "labels"], chance)


def _with_labels(part: pa.Table) -> pa.Table:
    return part.filter(pc.greater(pc.list_value_length(part["labels"]), 0))
