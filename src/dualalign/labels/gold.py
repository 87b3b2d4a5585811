"""Read a gold set: sentences that people labelled, with groups and folds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.errors import InputDataError
from dualalign.files import identity, is_missing, parse_json, person, shown
from dualalign.labels.gold_files import GoldRow, gold_rows
from dualalign.labels.note_rows import text_problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dualalign.packs.schema.labels import Scheme

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class GoldSentences:
    """Labelled sentences, in the order of the file.

    Args:
        ids: of each sentence; `row-N` where the file gives none.
        texts: the sentences.
        label_ids: columns of the matrix, in the scheme's order.
        labels: bool, one row a sentence and one column a label.
        groups: sentences of one group (a note, a patient) must not part between folds; the sentence's own id where
            the file gives none.
        folds: `train`, `val`, `test` or whatever the file says; empty where it says nothing.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    label_ids: tuple[str, ...]
    labels: NDArray[np.bool_]
    groups: tuple[str, ...]
    folds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def fold(self, *names: str) -> GoldSentences:
        """Return the sentences of the named folds.

        Raises:
            InputDataError: a fold that holds no sentence.
        """
        for name in names:
            if name not in self.folds:
                known = ", ".join(sorted({shown(fold) for fold in self.folds if fold}))
                remedy = f"its folds are {known}" if known else "add a column fold: train, val or test"
                raise InputDataError(f"the gold set has no fold '{name}'", remedy)
        return self.take([index for index, fold in enumerate(self.folds) if fold in names])

    def repeated_across_folds(self) -> list[tuple[int, int]]:
        """Return pairs of rows that hold the same words in different folds: the later row, and the first one.

        Case, spaces and punctuation make no difference. What is learned by heart in one fold then counts as
        understood in the other.
        """
        first: dict[str, int] = {}
        words = [(row, _bare(text)) for row, text in enumerate(self.texts)]
        rows = ((row, first.setdefault(bare, row)) for row, bare in words if bare)
        return [(row, seen) for row, seen in rows if self.folds[row] != self.folds[seen]]

    def take(self, rows: Sequence[int]) -> GoldSentences:
        """Return the sentences at the given rows, in that order."""
        return GoldSentences(
            tuple(self.ids[row] for row in rows),
            tuple(self.texts[row] for row in rows),
            self.label_ids,
            self.labels[list(rows)],
            tuple(self.groups[row] for row in rows),
            tuple(self.folds[row] for row in rows),
        )


def read_gold(path: str | Path, scheme: Scheme) -> GoldSentences:
    """Read labelled sentences from a file or from a folder of a Hugging Face data set.

    A file is JSONL, CSV (both also compressed) or Parquet with the columns `text` and `labels`, and if it has them `id`, `group` and
    `fold`. Labels are a list, or in CSV a JSON list or ids parted by `;` or `|`; an empty list is a sentence
    without a label. A folder is what `save_to_disk` wrote or holds such files; its splits are folds
    (`validation` becomes `val`) where rows name none.

    Args:
        path: the file or folder.
        scheme: the label scheme its labels belong to.

    Raises:
        InputDataError: a missing column, an unknown label, an empty sentence, no label at all, or a group whose
            sentences stand in several folds, naming the row.
    """
    import numpy as np

    source = Path(path)
    columns = {label.id: column for column, label in enumerate(scheme.labels)}
    ids: list[str] = []
    texts: list[str] = []
    groups: list[str] = []
    folds: list[str] = []
    marks: list[list[int]] = []
    fold_of: dict[str, str] = {}
    alone: list[str] = []
    for number, row in enumerate(gold_rows(source), start=1):
        values = row.values
        text = values["text"]
        if problem := text_problem(text):
            raise InputDataError(f"{row.where}: {problem}", "remove the row, or give its sentence")
        name, group, fold = (_said(row, column, kind) for column, kind in _MEANINGS)
        name = name or f"row-{number}"
        if not group:
            alone.append(row.where)
            group = name
        marks.append([_column(row.where, label, columns) for label in _labels(row.where, values["labels"])])
        if fold_of.setdefault(group, fold) != fold:
            raise InputDataError(
                f"{row.where}: group {shown(group)} stands in fold {shown(fold)} and in {shown(fold_of[group])}",
                "keep all sentences of a group in one fold",
            )
        ids.append(name)
        texts.append(text)
        groups.append(group)
        folds.append(fold)
    if not texts:
        raise InputDataError(f"{source}: holds no sentences", "give a file of labelled sentences")
    if 0 < len(alone) < len(texts):
        raise InputDataError(
            f"{alone[0]}: no group, though other rows have one",
            "say whose sentence it is, or take the column away: each sentence then stands for itself",
        )
    if not any(marks):
        raise InputDataError(
            f"{source}: none of its {len(texts)} sentences has a label",
            "give a file in which some sentences have labels",
        )
    matrix = np.zeros((len(texts), len(columns)), dtype=np.bool_)
    for row_index, found in enumerate(marks):
        matrix[row_index, found] = True
    return GoldSentences(tuple(ids), tuple(texts), tuple(columns), matrix, tuple(groups), tuple(folds))


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


_MEANINGS: tuple[tuple[str, Callable[[Any], str | None]], ...] = (
    ("id", identity),
    ("group", person),
    ("fold", identity),
)


def _said(row: GoldRow, column: str, meaning: Callable[[Any], str | None]) -> str:
    """Return an id, group or fold; empty where it is missing."""
    try:
        return meaning(row.values.get(column)) or ""
    except ValueError:
        raise InputDataError(
            f"{row.where}: {column} is neither text nor a number", "correct that row"
        ) from None


def _column(where: str, label: str, columns: dict[str, int]) -> int:
    if label not in columns:
        raise InputDataError(
            f"{where}: unknown label {shown(label)}", f"the scheme's labels are {', '.join(columns)}"
        )
    return columns[label]


def _labels(where: str, value: Any) -> list[str]:
    if is_missing(value):
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = parse_json(value)
        except ValueError:
            raise InputDataError(
                f"{where}: labels are not a JSON list", "write them as id;id or as a JSON list"
            ) from None
    if isinstance(value, str):
        return [label.strip() for label in value.replace("|", ";").split(";") if label.strip()]
    if isinstance(value, list) and all(isinstance(label, str) for label in value):
        return list(value)
    raise InputDataError(f"{where}: labels are not a list of ids", "write them as a list of label ids")
