import json
from pathlib import Path

import pytest

from dualalign.errors import InputDataError
from dualalign.experiments import read_labelled
from dualalign.labels.gold import read_gold
from dualalign.labels.silver import label_file
from dualalign.packs import load_pack

PACK = load_pack("alzheimers")
SCHEME = PACK.labels.scheme()


def test_sentences_that_come_again_are_kept_once(tmp_path: Path) -> None:
    rows = [
        {"text": "Forgets names.", "labels": ["cognitive"]},
        {"text": "forgets names.", "labels": ["cognitive"]},
        {"text": "Lungs clear.", "labels": []},
    ]
    file = tmp_path / "text.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    text = read_labelled(file, SCHEME)
    assert text.texts == ("Forgets names.", "Lungs clear.")
    assert text.marks[:, -1].tolist() == [True, False]


def test_a_folder_without_sentences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"no sentences/part"):
        read_labelled(tmp_path, SCHEME)


@pytest.fixture
def silver(tmp_path: Path) -> Path:
    notes = tmp_path / "notes.jsonl"
    notes.write_text(json.dumps({"text": "She forgets names.\nNo falls."}) + "\n")
    label_file(notes, "text", tmp_path / "s", PACK)
    return tmp_path / "s"


def test_a_finished_silver_set_is_read(silver: Path) -> None:
    assert read_labelled(silver, SCHEME).texts == ("She forgets names.", "No falls.")


@pytest.mark.parametrize("read", [read_labelled, read_gold])
def test_a_silver_set_that_was_not_finished_is_refused(read, silver: Path) -> None:
    (silver / "manifest.json").unlink()
    with pytest.raises(InputDataError, match="sentences are not all there"):
        read(silver, SCHEME)


def test_a_part_that_is_gone_or_changed_is_told(silver: Path) -> None:
    part = silver / "sentences" / "part-00000.parquet"
    content = bytearray(part.read_bytes())
    content[40] ^= 1
    part.write_bytes(content)
    with pytest.raises(InputDataError, match="was damaged or changed"):
        read_labelled(silver, SCHEME)
    (silver / "sentences" / "part-00001.parquet").write_bytes(content)
    with pytest.raises(InputDataError, match=r"2 part files where its manifest\.json counts 1"):
        read_labelled(silver, SCHEME)
