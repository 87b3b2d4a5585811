"""Labelled sentences as experiments use them: texts beside a matrix of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dualalign.errors import InputDataError
from dualalign.labels.gold import GoldSentences, read_gold
from dualalign.labels.silver_folder import check_complete

if TYPE_CHECKING:
    from dualalign.packs.schema.labels import Scheme

ANY = "any"
"""Head that says whether a sentence has a label at all: the binary task."""

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelledText:
    """Sentences and their labels.

    Args:
        texts: n sentences.
        marks: n x (labels + 1); the last column says whether the sentence has any label.
    """

    texts: tuple[str, ...]
    marks: Marks

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def labelled(self) -> npt.NDArray[np.intp]:
        """Rows with a label."""
        return np.flatnonzero(self.marks[:, -1])

    @property
    def unlabelled(self) -> npt.NDArray[np.intp]:
        """Rows without one."""
        return np.flatnonzero(~self.marks[:, -1])

    def take(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> LabelledText:
        """Return the given rows, in that order."""
        return LabelledText(
            tuple(self.texts[row] for row in rows), self.marks[np.asarray(rows, dtype=np.intp)]
        )

    def joined(self, other: LabelledText) -> LabelledText:
        """Return these sentences and then the other ones."""
        return LabelledText(self.texts + other.texts, np.vstack([self.marks, other.marks]))


def with_any(labels: Marks) -> Marks:
    """Return a label matrix with one more column: whether the row has any label."""
    return np.hstack([labels, labels.any(axis=1, keepdims=True)])


def from_gold(gold: GoldSentences) -> LabelledText:
    """Return gold sentences as labelled text."""
    return LabelledText(gold.texts, with_any(gold.labels))


def read_labelled(path: str | Path, scheme: Scheme) -> LabelledText:
    """Read other text: a cohort folder, a folder of sentences (bronze), or a file as a gold set's.

    A sentence that comes again (whatever its case) is kept once.

    Raises:
        InputDataError: nothing there, neither a folder with sentences nor a file of labelled ones, or labels not of the
            scheme.
        CohortError: a cohort that is unfinished or damaged.
    """
    place = Path(path)
    if not place.exists():
        raise InputDataError(f"{place}: not there", "give a cohort folder or a file of labelled sentences")
    if not place.is_dir():
        return _once(from_gold(read_gold(place, scheme)))
    columns = {label.id: column for column, label in enumerate(scheme.labels)}
    texts: list[str] = []
    marks: list[Marks] = []
    for table in _sentence_tables(place):
        block = np.zeros((table.num_rows, len(columns)), dtype=np.bool_)
        for row, labels in enumerate(table["labels"].to_pylist()):
            for label in labels or ():
                if label not in columns:
                    raise InputDataError(
                        f"{place}: row {len(texts) + row}: label '{label}' is not of scheme '{scheme.id}'",
                        f"its labels are {', '.join(columns)}",
                    )
                block[row, columns[label]] = True
        texts.extend(table["text"].to_pylist())
        marks.append(block)
    if not texts:
        raise InputDataError(
            f"{place}: holds no sentences", "give a cohort or a folder of composed sentences"
        )
    return _once(LabelledText(tuple(texts), with_any(np.vstack(marks))))


def _sentence_tables(folder: Path) -> Iterator[Any]:
    from dualalign.cohort import open_cohort
    from dualalign.cohort.parts import read_parquet_part

    if (folder / "personas.parquet").is_file() or (folder / "notes").is_dir():
        yield from open_cohort(folder).iterate("sentences", ["text", "labels"])
        return
    parts = sorted((folder / "sentences").glob("part-*.parquet"))
    if not parts:
        raise InputDataError(
            f"{folder}: no sentences/part-*.parquet in it",
            "give a cohort, or a folder that `compose` or `label --format parquet` wrote",
        )
    check_complete(folder)
    for part in parts:
        yield read_parquet_part(part, ["text", "labels"])


def _once(text: LabelledText) -> LabelledText:
    first: dict[str, int] = {}
    for row, sentence in enumerate(text.texts):
        first.setdefault(sentence.lower(), row)
    return text if len(first) == len(text) else text.take(list(first.values()))
