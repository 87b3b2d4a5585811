import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.errors import InputDataError, LabelError
from dualalign.labels import Annotation, RulesAnnotator, label_file, silver
from dualalign.packs import load_pack

PACK = load_pack("alzheimers")
NOTES = ["She forgets names.\nGait is steady.", "Wife reports that he is depressed. He fell twice."]


def write(folder: Path, texts: Sequence[Any], kind: str = "jsonl") -> Path:
    path = folder / f"notes.{kind}"
    rows = [{"NOTE_ID": f"n{i}", "TEXT": text} for i, text in enumerate(texts)]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind.startswith("csv"):
        with gzip.open(path, "wt") if kind.endswith("gz") else path.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["NOTE_ID", "TEXT"])
            writer.writerows([row["NOTE_ID"], row["TEXT"]] for row in rows)
    else:
        with gzip.open(path, "wt") if kind.endswith("gz") else path.open("w") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def run(path: Path, out: Path, **more: Any) -> dict[str, Any]:
    return label_file(path, "TEXT", out, PACK, **{"id_column": "NOTE_ID", **more})


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "csv", "csv.gz", "parquet"])
def test_every_kind_of_file_is_labelled(tmp_path: Path, kind: str) -> None:
    manifest = run(write(tmp_path, NOTES, kind), tmp_path / "silver")
    table = pq.read_table(tmp_path / "silver" / "sentences" / "part-00000.parquet", partitioning=None)
    rows = table.to_pylist()
    assert [(row["note_id"], row["sentence"], row["text"], row["labels"]) for row in rows] == [
        ("n0", 0, "She forgets names.", ["cognitive"]),
        ("n0", 1, "Gait is steady.", []),
        ("n1", 0, "Wife reports that he is depressed.", ["concern", "neuropsychiatric"]),
        ("n1", 1, "He fell twice.", ["physiological"]),
    ]
    for row in rows:
        assert NOTES[int(row["note_id"][1])][row["start"] : row["end"]] == row["text"]
        assert row["label_source"] == "rules"
    assert table.schema.metadata[b"contains_real_text"] == b"true"
    assert b"synthetic" not in table.schema.metadata
    assert manifest["contains_real_text"] is True
    assert manifest["counts"]["labels"]["cognitive"] == 1
    assert manifest["counts"]["unlabelled_sentences"] == 1


@pytest.mark.parametrize("file_format", ["jsonl", "csv"])
def test_sentences_can_be_written_as_text(tmp_path: Path, file_format: Any) -> None:
    run(write(tmp_path, NOTES), tmp_path / "silver", file_format=file_format)
    part = tmp_path / "silver" / "sentences" / f"part-00000.{file_format}"
    if file_format == "jsonl":
        rows = [json.loads(line) for line in part.read_text().splitlines()]
        assert rows[2]["labels"] == ["concern", "neuropsychiatric"]
    else:
        with part.open(newline="") as stream:
            assert [row["labels"] for row in csv.DictReader(stream)][2] == "concern;neuropsychiatric"


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path: Path) -> None:
    notes = [f"{first}HYPERLINK(1) is seen." for first in "=+-@"]
    run(write(tmp_path, notes), tmp_path / "silver", file_format="csv")
    with (tmp_path / "silver" / "sentences" / "part-00000.csv").open(newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)]
    assert texts == [f"'{note}" for note in notes]


def test_bad_rows_are_kept_aside_by_number_without_their_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(
        b'{"TEXT": "She forgets SECRETNAME."}\n{"TEXT": ""}\n{"TEXT": 5}\n{"TEXT": "\xff SECRETNAME"}\n'
        b'not json SECRETNAME\n["SECRETNAME"]\n{"OTHER": "SECRETNAME"}\n{"TEXT": "Half a pair \\ud800"}\n'
    )
    manifest = label_file(path, "TEXT", tmp_path / "silver", PACK)
    bad = (tmp_path / "silver" / "bad_rows.jsonl").read_text()
    assert "SECRETNAME" not in bad
    assert [(row["row"], row["reason"]) for row in map(json.loads, bad.splitlines())] == [
        (2, "empty text"),
        (3, "text is int, not a string"),
        (4, "not UTF-8"),
        (5, "not JSON"),
        (6, "a JSON list, not an object"),
        (7, "no key 'TEXT'"),
        (8, "not Unicode text"),
    ]
    assert (manifest["counts"]["notes"], manifest["counts"]["bad_rows"]) == (1, 7)


def test_a_bad_csv_row_does_not_end_the_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(
        b'TEXT,AGE\n"She forgets.\nShe falls.",80\n\xff\xfe,70\nonly one cell\n"He is confused.",75\n'
    )
    manifest = label_file(path, "TEXT", tmp_path / "silver", PACK)
    bad = [json.loads(line) for line in (tmp_path / "silver" / "bad_rows.jsonl").read_text().splitlines()]
    assert [(row["row"], row["reason"]) for row in bad] == [
        (2, "not UTF-8"),
        (3, "1 cells where the header has 2"),
    ]
    assert manifest["counts"]["sentences"] == 3


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("notes.csv", b"ID,NOTE\n1,x\n", "no column 'TEXT' - its columns are ID, NOTE"),
        ("notes.jsonl", b'{"NOTE": "x"}\n', "no column 'TEXT' - its columns are NOTE"),
        ("notes.csv", b"", "is empty"),
        ("notes.csv", b"TEXT\n", "holds no rows"),
        ("notes.csv", "TEXT\nx\n".encode("utf-16"), "is written in UTF-16 - save the file as UTF-8"),
        ("notes.csv", b"TEXT,\xff\nx,y\n", "the header is not UTF-8"),
        ("notes.csv", b"TEXT\n\xff\n", "none of its 1 rows can be labelled; row 1: not UTF-8"),
        ("notes.xlsx", b"x", "unknown kind of file"),
        ("notes.parquet", b"PAR1 cut short", "not a whole Parquet file"),
        ("notes.jsonl.gz", gzip.compress(b'{"TEXT": "x"}\n' * 99)[:-9], "damaged or cut short"),
        ("notes.jsonl.gz", b"not gzip", "damaged or cut short"),
    ],
)
def test_what_is_wrong_is_one_clear_line(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputDataError, match=complaint) as error:
        label_file(path, "TEXT", tmp_path / "silver", PACK)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_wrong_column_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputDataError):
        label_file(write(tmp_path, NOTES), "text", tmp_path / "silver", PACK)
    assert not (tmp_path / "silver").exists()


def test_missing_file_and_unwritable_folder(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="no such file"):
        run(tmp_path / "none.csv", tmp_path / "silver")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputDataError, match="cannot be written"):
        run(write(tmp_path, NOTES), tmp_path / "file" / "silver")
    with pytest.raises(InputDataError, match="is no format"):
        run(write(tmp_path, NOTES), tmp_path / "silver", file_format="xml")


class Counting:
    source = "rules"

    def __init__(self, stop_at: int = 10**9) -> None:
        self.inner = RulesAnnotator(PACK)
        self.notes = 0
        self.stop_at = stop_at

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        self.notes += 1
        if self.notes > self.stop_at:
            raise KeyboardInterrupt
        return self.inner.annotate(sentences, context)


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silver, "PART_ROWS", 2)
    path = write(tmp_path, [*NOTES, "", *NOTES, *NOTES])
    whole = run(path, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(path, tmp_path / "silver", annotator=Counting(stop_at=4))
    assert not (tmp_path / "silver" / "manifest.json").exists()
    second = Counting()
    assert run(path, tmp_path / "silver", annotator=second) == whole
    assert second.notes == 3, "the two parts that were whole are not labelled again"
    for part in sorted((tmp_path / "whole" / "sentences").iterdir()):
        assert part.read_bytes() == (tmp_path / "silver" / "sentences" / part.name).read_bytes()
    assert (tmp_path / "whole" / "bad_rows.jsonl").read_text() == (
        tmp_path / "silver" / "bad_rows.jsonl"
    ).read_text()
    third = Counting()
    assert run(path, tmp_path / "silver", annotator=third) == whole
    assert third.notes == 0


def test_other_labels_are_not_overwritten_unasked(tmp_path: Path) -> None:
    out = tmp_path / "silver"
    run(write(tmp_path, NOTES), out)
    path = write(tmp_path, NOTES[:1], "csv")
    with pytest.raises(InputDataError, match="of another file or of other options"):
        run(path, out)
    assert run(path, out, overwrite=True)["counts"]["notes"] == 1
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "work.txt").write_text("x")
    with pytest.raises(InputDataError, match="holds something else"):
        run(path, tmp_path / "precious", overwrite=True)
    assert (tmp_path / "precious" / "work.txt").read_text() == "x"


def test_progress_is_told_after_each_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silver, "PART_ROWS", 1)
    seen: list[tuple[int, int, int]] = []
    run(
        write(tmp_path, ["", *NOTES]),
        tmp_path / "silver",
        on_progress=lambda done: seen.append((done.rows, done.sentences, done.bad_rows)),
    )
    assert seen == [(1, 0, 1), (2, 2, 1), (3, 4, 1)]


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    path, out = write(tmp_path, NOTES), tmp_path / "out"

    def second(progress: Any) -> None:
        with pytest.raises(InputDataError, match="another run is writing there"):
            run(path, out, overwrite=True)

    manifest = run(path, out, on_progress=second)
    assert run(path, out) == manifest


@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "csv"])
def test_overwrite_leaves_no_old_part_also_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: Any
) -> None:
    monkeypatch.setattr(silver, "PART_ROWS", 1)
    out, disk = tmp_path / "out", tmp_path / "disk"
    run(write(tmp_path, NOTES * 2), out)
    (out / "sentences").rename(disk)
    (out / "sentences").symlink_to(disk)
    run(write(tmp_path, NOTES[:1]), out, overwrite=True, file_format=file_format)
    assert [each.name for each in disk.iterdir()] == [f"part-00000.{file_format}"]


def test_only_the_owner_may_read_real_text(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write(tmp_path, [*NOTES, ""]), out)
    for place in (out, out / "sentences"):
        assert place.stat().st_mode & 0o777 == 0o700
    for file in (out / "manifest.json", out / "bad_rows.jsonl", *(out / "sentences").iterdir()):
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_damaged_manifest_can_be_overwritten(tmp_path: Path, content: bytes) -> None:
    path, out = write(tmp_path, NOTES), tmp_path / "out"
    manifest = run(path, out)
    (out / "manifest.json").write_bytes(content)
    with pytest.raises(InputDataError, match=r"its manifest\.json is damaged") as caught:
        run(path, out)
    assert "--overwrite" in caught.value.remedy
    assert run(path, out, overwrite=True) == manifest


@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "csv"])
def test_a_part_that_changed_since_is_not_taken_for_done(tmp_path: Path, file_format: Any) -> None:
    path, out = write(tmp_path, NOTES), tmp_path / "out"
    manifest = run(path, out, file_format=file_format)
    part = out / "sentences" / f"part-00000.{file_format}"
    content = part.read_bytes()
    part.write_bytes(content[:30] + bytes([content[30] ^ 1]) + content[31:])
    with pytest.raises(InputDataError, match="was damaged or changed"):
        run(path, out, file_format=file_format)
    part.unlink()
    with pytest.raises(InputDataError, match="0 part files"):
        run(path, out, file_format=file_format)
    assert run(path, out, file_format=file_format, overwrite=True) == manifest


def test_a_part_damaged_between_two_runs_is_labelled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silver, "PART_ROWS", 1)
    path, out = write(tmp_path, NOTES), tmp_path / "out"

    class Killed(BaseException):
        pass

    def killed(progress: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        run(path, out, on_progress=killed)
    (out / "sentences" / "part-00000.parquet").write_bytes(b"PAR1 torn PAR1")
    run(path, out)
    whole = run(path, tmp_path / "other")
    assert json.loads((out / "manifest.json").read_text()) == whole


def test_what_is_to_be_replaced_stays_until_there_is_something_to_replace_it(tmp_path: Path) -> None:
    path, out = write(tmp_path, NOTES), tmp_path / "out"
    manifest = run(path, out)

    class Failing:
        source = "rules"

        def annotate(self, *_: Any) -> list[Annotation]:
            raise LabelError("the server is gone")

    with pytest.raises(LabelError, match="the server is gone"):
        run(path, out, annotator=Failing(), overwrite=True, id_column=None)
    assert run(path, out) == manifest


def test_ids_that_cannot_stand_for_a_note_are_replaced_or_refused_by_row(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    ids = ["n1", 2, 3.0, None, "", "NaN", "half \ud800", [1], True]
    path.write_text("".join(json.dumps({"NOTE_ID": each, "TEXT": "Well."}) + "\n" for each in ids))
    run(path, tmp_path / "silver")
    run(path, tmp_path / "silver")
    table = pq.read_table(tmp_path / "silver" / "sentences" / "part-00000.parquet", partitioning=None)
    assert table["note_id"].to_pylist() == ["n1", "2", "3", "row-4", "row-5", "row-6", "True"]
    bad = [json.loads(line) for line in (tmp_path / "silver" / "bad_rows.jsonl").read_text().splitlines()]
    assert [(row["row"], row["note_id"], row["reason"]) for row in bad] == [
        (7, "row-7", "not Unicode text"),
        (8, "row-8", "the id is neither text nor a number"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "n1,She forgets SECRETNAME,and more",
        "SECRETNAME forgets",
        '"He said "SECRETNAME" to me",x',
        '"SECRETNAME is lost", ',
    ],
)
def test_a_torn_row_puts_no_text_into_its_id(tmp_path: Path, line: str) -> None:
    path = tmp_path / "notes.csv"
    path.write_text(f"NOTE_ID,TEXT\nn0,Well.\n{line}\n")
    run(path, tmp_path / "silver")
    bad = (tmp_path / "silver" / "bad_rows.jsonl").read_text()
    assert json.loads(bad)["note_id"] == "row-2"
    assert "SECRETNAME" not in bad


def test_rows_that_an_open_quote_swallowed_are_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text('NOTE_ID,TEXT\n1,Well.\n2,"He is lost.\n3,He falls.\n4,"Ill."\n')
    with pytest.raises(InputDataError, match=r"line 3: a quote .* never closed"):
        run(path, tmp_path / "silver")
    assert not (tmp_path / "silver").exists()
