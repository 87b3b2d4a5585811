import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.errors import InputDataError
from dualalign.labels import read_gold
from dualalign.packs import load_pack

SCHEME = load_pack("alzheimers").labels.scheme("five")
ROWS: list[dict[str, Any]] = [
    {"id": "1", "text": "Forgets names.", "labels": ["cognitive"], "group": "a", "fold": "train"},
    {"id": "2", "text": "Well.", "labels": [], "group": "a", "fold": "train"},
    {
        "id": "3",
        "text": "Son says she falls.",
        "labels": ["concern", "physiological"],
        "group": "b",
        "fold": "test",
    },
]


def write(folder: Path, rows: list[dict[str, Any]], kind: str = "jsonl") -> Path:
    path = folder / f"gold.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = ["id,text,labels,group,fold"]
        lines += [f'{r["id"]},"{r["text"]}",{";".join(r["labels"])},{r["group"]},{r["fold"]}' for r in rows]
        path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_every_kind_of_file_gives_the_same(tmp_path: Path, kind: str) -> None:
    gold = read_gold(write(tmp_path, ROWS, kind), SCHEME)
    assert gold.ids == ("1", "2", "3")
    assert gold.texts == ("Forgets names.", "Well.", "Son says she falls.")
    assert gold.groups == ("a", "a", "b")
    assert gold.folds == ("train", "train", "test")
    assert gold.label_ids == tuple(label.id for label in SCHEME.labels)
    expected = np.zeros((3, 5), dtype=bool)
    expected[0, 0] = expected[2, 1] = expected[2, 3] = True
    assert (gold.labels == expected).all()


def test_folds_can_be_taken(tmp_path: Path) -> None:
    gold = read_gold(write(tmp_path, ROWS), SCHEME)
    assert gold.fold("test").ids == ("3",)
    assert len(gold.fold("train", "test")) == 3
    with pytest.raises(InputDataError, match="no fold 'dev' - its folds are 'test', 'train'"):
        gold.fold("dev")


def test_id_group_and_fold_may_be_absent(tmp_path: Path) -> None:
    gold = read_gold(write(tmp_path, [{"text": "Forgets.", "labels": "cognitive|concern"}]), SCHEME)
    assert (gold.ids, gold.groups, gold.folds) == (("row-1",), ("row-1",), ("",))
    assert gold.labels.sum() == 2


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (
            [{**ROWS[0], "labels": ["memory"]}],
            "row 1: unknown label 'memory' - the scheme's labels are cognitive",
        ),
        ([{"text": "x"}], "no column 'labels' - its columns are text"),
        ([{**ROWS[1]}], "none of its 1 sentences has a label"),
        ([{**ROWS[0], "text": " "}], "row 1: empty text"),
        ([{**ROWS[0], "labels": 3}], "row 1: labels are not a list of ids"),
        ([ROWS[0], {**ROWS[1], "fold": "test"}], "row 2: group 'a' stands in fold 'test' and in 'train'"),
        ([], "is empty"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, rows: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(InputDataError, match=complaint):
        read_gold(write(tmp_path, rows), SCHEME)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="no such file"):
        read_gold(tmp_path / "none.jsonl", SCHEME)
    with pytest.raises(InputDataError, match="unknown kind of file"):
        read_gold(tmp_path / "gold.xlsx", SCHEME)
    (tmp_path / "bad.jsonl").write_bytes(b'{"text": "\xff", "labels": []}\n')
    with pytest.raises(InputDataError, match="not UTF-8"):
        read_gold(tmp_path / "bad.jsonl", SCHEME)
    (tmp_path / "bad2.jsonl").write_text("{")
    with pytest.raises(InputDataError, match="row 1: not JSON"):
        read_gold(tmp_path / "bad2.jsonl", SCHEME)
    (tmp_path / "cut.parquet").write_bytes(write(tmp_path, ROWS, "parquet").read_bytes()[:-8])
    with pytest.raises(InputDataError, match="not a whole Parquet file"):
        read_gold(tmp_path / "cut.parquet", SCHEME)


@pytest.mark.parametrize(("first", "second"), [(1, 1.0), ("1", "1.0"), (1, "1"), (" 1", "1"), (7.0, "7")])
def test_a_person_is_one_however_the_id_is_written(tmp_path: Path, first: Any, second: Any) -> None:
    rows = [{**ROWS[0], "group": first}, {**ROWS[1], "group": second, "fold": "test"}]
    with pytest.raises(InputDataError, match=r"row 2: group .* stands in fold 'test' and in 'train'"):
        read_gold(write(tmp_path, rows), SCHEME)


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "NA", None, float("nan")])
def test_sentences_without_a_patient_are_not_one_patient(tmp_path: Path, missing: Any) -> None:
    rows = [{**row, "group": missing} for row in ROWS]
    assert read_gold(write(tmp_path, rows), SCHEME).groups == ("1", "2", "3")
    with pytest.raises(InputDataError, match="row 2: no group, though other rows have one"):
        read_gold(write(tmp_path, [ROWS[0], rows[1], rows[2]]), SCHEME)


def test_a_text_is_never_cut_at_its_comma(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("labels,text\ncognitive,Forgets, always.\nconcern,Worried.\n")
    with pytest.raises(InputDataError, match="row 1: 3 cells where the header has 2"):
        read_gold(path, SCHEME)


def test_rows_in_an_open_quote_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text('text,labels\nWell.,\n"Forgets.,cognitive\nFalls.",physiological\n')
    with pytest.raises(InputDataError, match=r"row 2: a quote opened in line 3 .* look like rows"):
        read_gold(path, SCHEME)


def test_words_in_the_column_of_labels_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"unknown label \(a text of 19 characters\)"):
        read_gold(write(tmp_path, [{**ROWS[0], "labels": ["SECRETNAME forgets."]}]), SCHEME)
