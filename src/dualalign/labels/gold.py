"""Read a gold set: sentences that people labelled, with groups and folds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.errors import InputDataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dualalign.packs.schema.labels import Scheme

_KINDS = (".jsonl", ".csv", ".parquet")
_NEEDED = ("text", "labels")
_LONGEST_FIELD = 1 << 28


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
                known = ", ".join(sorted(set(self.folds))) or "(none)"
                raise InputDataError(f"the gold set has no fold '{name}'", f"its folds are {known}")
        return self.take([index for index, fold in enumerate(self.folds) if fold in names])

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
    """Read a file of labelled sentences.

    The file is JSONL, CSV or Parquet with the columns `text` and `labels`, and if it has them `id`, `group` and
    `fold`. Labels are a list, or in CSV a JSON list or ids parted by `;` or `|`; an empty list is a sentence
    without a label.

    Args:
        path: the file.
        scheme: the label scheme its labels belong to.

    Raises:
        InputDataError: a missing column, an unknown label, an empty sentence, no label at all, or a group whose
            sentences stand in several folds, naming the row.
    """
    import numpy as np

    file = Path(path)
    columns = {label.id: column for column, label in enumerate(scheme.labels)}
    ids: list[str] = []
    texts: list[str] = []
    groups: list[str] = []
    folds: list[str] = []
    marks: list[list[int]] = []
    for number, row in enumerate(_rows(file), start=1):
        text = row["text"]
        if not isinstance(text, str) or not text.strip():
            raise InputDataError(f"{file}: row {number}: empty text", "remove the row, or give its sentence")
        identity = str(row["id"]) if row.get("id") not in (None, "") else f"row-{number}"
        marks.append(
            [_column(file, number, label, columns) for label in _labels(file, number, row["labels"])]
        )
        ids.append(identity)
        texts.append(text)
        groups.append(str(row["group"]) if row.get("group") not in (None, "") else identity)
        folds.append(str(row["fold"]) if row.get("fold") not in (None, "") else "")
    if not texts:
        raise InputDataError(f"{file}: holds no sentences", "give a file of labelled sentences")
    if not any(marks):
        raise InputDataError(
            f"{file}: none of its {len(texts)} sentences has a label",
            "give a file in which some sentences have labels",
        )
    _refuse_leaks(file, groups, folds)
    matrix = np.zeros((len(texts), len(columns)), dtype=np.bool_)
    for row_index, found in enumerate(marks):
        matrix[row_index, found] = True
    return GoldSentences(tuple(ids), tuple(texts), tuple(columns), matrix, tuple(groups), tuple(folds))


def _column(file: Path, number: int, label: str, columns: dict[str, int]) -> int:
    if label not in columns:
        raise InputDataError(
            f"{file}: row {number}: unknown label '{label}'", f"the scheme's labels are {', '.join(columns)}"
        )
    return columns[label]


def _labels(file: Path, number: int, value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            raise InputDataError(
                f"{file}: row {number}: labels are not a JSON list", "write them as id;id or as a JSON list"
            ) from None
    if isinstance(value, str):
        return [label.strip() for label in value.replace("|", ";").split(";") if label.strip()]
    if isinstance(value, list) and all(isinstance(label, str) for label in value):
        return list(value)
    raise InputDataError(
        f"{file}: row {number}: labels are not a list of ids", "write them as a list of label ids"
    )


def _refuse_leaks(file: Path, groups: Iterable[str], folds: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for number, (group, fold) in enumerate(zip(groups, folds, strict=True), start=1):
        if seen.setdefault(group, fold) != fold:
            raise InputDataError(
                f"{file}: row {number}: group '{group}' stands in fold '{fold}' and in '{seen[group]}'",
                "keep all sentences of a group in one fold",
            )


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    kind = file.suffix.lower()
    if kind not in _KINDS:
        raise InputDataError(f"{file}: unknown kind of file", f"give a file that ends in {', '.join(_KINDS)}")
    if not file.is_file():
        raise InputDataError(f"{file}: no such file", "give the path of a gold set")
    reader = {".jsonl": _jsonl_rows, ".csv": _csv_rows, ".parquet": _parquet_rows}[kind]
    try:
        yield from reader(file)
    except UnicodeDecodeError as error:
        raise InputDataError(f"{file}: not UTF-8 near byte {error.start}", "save the file as UTF-8") from None
    except OSError as error:
        raise InputDataError(
            f"{file}: cannot be read ({error.strerror})", "check that you may read it"
        ) from None


def _check(file: Path, columns: Iterable[str]) -> None:
    present = list(columns)
    for column in _NEEDED:
        if column not in present:
            raise InputDataError(
                f"{file}: no column '{column}'", f"its columns are {', '.join(present) or '(none)'}"
            )


def _jsonl_rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate((line for line in lines if line.strip()), start=1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                raise InputDataError(f"{file}: row {number}: not JSON", "correct that line") from None
            if not isinstance(row, dict):
                raise InputDataError(f"{file}: row {number}: not a JSON object", "correct that line")
            _check(file, row)
            yield row


def _csv_rows(file: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_FIELD)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        _check(file, rows.fieldnames or [])
        try:
            yield from rows
        except csv.Error as error:
            raise InputDataError(
                f"{file}: line {rows.line_num}: {error}", "correct the quotes there"
            ) from None


def _parquet_rows(file: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        _check(file, table.schema_arrow.names)
        wanted = [
            name for name in ("id", "text", "labels", "group", "fold") if name in table.schema_arrow.names
        ]
        for batch in table.iter_batches(columns=wanted):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputDataError(f"{file}: not a whole Parquet file ({reason})", "copy the file again") from None
