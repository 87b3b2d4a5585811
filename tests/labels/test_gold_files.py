"""Folders of Hugging Face data sets, laid out as `save_to_disk` and `to_parquet` of datasets 5.2 lay them out."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.errors import InputDataError
from dualalign.labels import read_gold
from dualalign.packs import load_pack

SCHEME = load_pack("alzheimers").labels.scheme("five")
NAMES = [label.id for label in SCHEME.labels]
ROWS: list[dict[str, Any]] = [
    {"text": "Forgets names.", "labels": ["cognitive"], "group": "a"},
    {"text": "Well.", "labels": [], "group": "a"},
    {"text": "Falls.", "labels": ["concern", "physiological"], "group": "b"},
]
KEPT_AS_NUMBERS = {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "List"}


def as_numbers(rows: list[dict[str, Any]]) -> pa.Table:
    columns = {key: [row[key] for row in rows] for key in rows[0] if key != "labels"}
    columns["labels"] = pa.array(
        [[NAMES.index(x) for x in row["labels"]] for row in rows], pa.list_(pa.int64())
    )
    notes = {"huggingface": json.dumps({"info": {"features": {"labels": KEPT_AS_NUMBERS}}})}
    return pa.table(columns).replace_schema_metadata(notes)


def save_to_disk(folder: Path, table: pa.Table) -> None:
    folder.mkdir(parents=True)
    with pa.ipc.new_stream(str(folder / "data-00000-of-00001.arrow"), table.schema) as stream:
        stream.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": None}
    (folder / "state.json").write_text(json.dumps(state))


def test_a_saved_data_set_of_one_split(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "one", as_numbers(ROWS))
    gold = read_gold(tmp_path / "one", SCHEME)
    assert gold.texts == tuple(row["text"] for row in ROWS)
    assert gold.labels.sum() == 3
    assert gold.labels[2, NAMES.index("physiological")]
    assert gold.folds == ("", "", "")


def test_a_saved_data_set_names_no_file_outside_its_folder(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "other", as_numbers(ROWS))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "state.json").write_text(
        '{"_data_files": [{"filename": "../other/data-00000-of-00001.arrow"}]}'
    )
    with pytest.raises(InputDataError):
        read_gold(folder, SCHEME)
    (folder / "state.json").unlink()
    (folder / "dataset_dict.json").write_text('{"splits": ["../other"]}')
    with pytest.raises(InputDataError):
        read_gold(folder, SCHEME)


def test_splits_are_folds(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "both" / "train", as_numbers(ROWS[:2]))
    save_to_disk(tmp_path / "both" / "validation", as_numbers(ROWS[2:]))
    (tmp_path / "both" / "dataset_dict.json").write_text('{"splits": ["train", "validation"]}')
    assert read_gold(tmp_path / "both", SCHEME).folds == ("train", "train", "val")


def test_a_folder_of_parquet_and_other_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pq.write_table(as_numbers(ROWS[:2]), tmp_path / "data" / "test-00000-of-00001.parquet")
    (tmp_path / "data" / "train.jsonl").write_text(json.dumps(ROWS[2]))
    gold = read_gold(tmp_path, SCHEME)
    assert gold.folds == ("test", "test", "train")
    assert gold.labels.sum(axis=1).tolist() == [1, 0, 2]


def test_a_fold_in_the_rows_counts_before_the_split(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(json.dumps(ROWS[0] | {"fold": "val"}))
    assert read_gold(tmp_path, SCHEME).folds == ("val",)


def test_a_group_that_stands_in_two_splits_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(json.dumps(ROWS[0]))
    (tmp_path / "val.jsonl").write_text(json.dumps(ROWS[1]))
    with pytest.raises(
        InputDataError, match=r"val\.jsonl: row 1: group 'a' stands in fold 'val' and in 'train'"
    ):
        read_gold(tmp_path, SCHEME)


def test_damaged_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="neither a saved data set nor any file"):
        read_gold(tmp_path, SCHEME)
    save_to_disk(tmp_path / "one", as_numbers(ROWS))
    data = tmp_path / "one" / "data-00000-of-00001.arrow"
    data.write_bytes(data.read_bytes()[:200])
    with pytest.raises(InputDataError, match="not a whole Arrow file"):
        read_gold(tmp_path / "one", SCHEME)
    data.unlink()
    with pytest.raises(InputDataError, match=r"arrow: no such file"):
        read_gold(tmp_path / "one", SCHEME)
    (tmp_path / "one" / "state.json").write_text("[")
    with pytest.raises(InputDataError, match="missing or not a JSON object"):
        read_gold(tmp_path / "one", SCHEME)


def test_a_set_without_folds_is_told_how_to_name_them(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(json.dumps(ROWS[0]))
    with pytest.raises(InputDataError, match="no fold 'test' - add a column fold"):
        read_gold(tmp_path / "gold.jsonl", SCHEME).fold("test")


def test_words_that_stand_in_two_folds_are_found(tmp_path: Path) -> None:
    texts = [
        ("train", "Forgets  names."),
        ("train", "Forgets names"),
        ("test", "forgets names!"),
        ("test", "..."),
    ]
    rows = [{"text": text, "labels": ["cognitive"], "fold": fold} for fold, text in texts]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert read_gold(tmp_path / "gold.jsonl", SCHEME).repeated_across_folds() == [(2, 0)]
