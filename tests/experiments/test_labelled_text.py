import json
from pathlib import Path

import pytest

from dualalign.errors import InputDataError
from dualalign.experiments import read_labelled
from dualalign.packs import load_pack

SCHEME = load_pack("alzheimers").labels.scheme()


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
