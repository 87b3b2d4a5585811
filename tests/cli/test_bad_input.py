"""What a new user gets wrong: exit code 2 and one line that helps."""

import gzip
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cli import main
from dualalign.cohort import generate_cohort

TOY = Path(__file__).parents[1] / "packs" / "toy"


def in_a_process(folder: Path, *words: str) -> tuple[int, str, str]:
    """Run the command as a user does; return its exit code, output and errors."""
    command = [sys.executable, "-c", "from dualalign.cli import main; main()", *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with what the commands below are pointed at; none of them may change it."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "a_file").write_text("x")
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("years of work")
    copytree(TOY, folder / "toy")
    generate_cohort(folder / "toy", folder / "cohort", patients=1)
    broken = copytree(TOY, folder / "broken")
    (broken / "visits.yaml").write_text("a: 1\n  b: 2\n")
    (folder / "notes.csv").write_text("NOTE\nShe forgets SECRETNAME.\n")
    (folder / "empty.csv").write_text("")
    (folder / "header.csv").write_text("TEXT\n")
    (folder / "blank.csv").write_text('TEXT\n""\n" "\n')
    (folder / "latin1.csv").write_bytes("TEXT\nMüller forgets SECRETNAME.\n".encode("latin-1"))
    (folder / "latin1.jsonl").write_bytes('{"TEXT": "Müller SECRETNAME"}\n'.encode("latin-1"))
    (folder / "cut.csv.gz").write_bytes(gzip.compress(b"TEXT\n" + os.urandom(5000))[:2000])
    pq.write_table(pa.table({"TEXT": ["She forgets SECRETNAME."] * 50}), folder / "notes.parquet")
    (folder / "cut.parquet").write_bytes((folder / "notes.parquet").read_bytes()[:-30])
    return folder


BAD = {
    "a name nearly right": ("generate alzheimer", "did you mean 'alzheimers'?"),
    "a name far off": ("generate diabetes", "no pack is named 'diabetes' - `dualalign packs list` shows"),
    "a pack's folder that is not there": ("generate ./nowhere", "nowhere: no such folder"),
    "a folder that is no pack": ("generate ./mine", "holds no pack.yaml"),
    "a pack that is no YAML": ("generate ./broken", "visits.yaml:2: not valid YAML"),
    "no patients": ("generate alzheimers -n 0", "patients is 0 - give a whole number of at least 1"),
    "negative patients": ("generate alzheimers -n -1", "patients is -1 - give a whole number of at least 1"),
    "too many patients": ("generate alzheimers -n 99999999999", "ask for at most 1,000,000"),
    "negative controls": ("generate alzheimers --controls -1", "controls is -1"),
    "negative seed": ("generate alzheimers --seed -1", "seed is -1"),
    "no workers": ("generate alzheimers --workers 0", "workers is 0"),
    "an unknown profile": ("generate alzheimers --profile papr", "choose one of clinical, paper"),
    "a folder under a file": ("generate alzheimers -n 1 -o a_file/c", "cannot be written (Not a directory)"),
    "a file for a folder": ("generate alzheimers -n 1 -o a_file", "a_file: is a file"),
    "somebody's folder": ("generate alzheimers -n 1 -o mine --overwrite", "is not empty and holds no cohort"),
    "another cohort": ("generate ./toy -n 2 -o cohort", "patients 1 instead of 2"),
    "a cohort of another pack": ("generate alzheimers -n 1 -o cohort", "pack toy instead of alzheimers"),
    "compose: an unknown pack": ("compose alzheimer", "did you mean 'alzheimers'?"),
    "compose: no sentences": ("compose ./toy --per-label 0", "ask for at least 1"),
    "compose: negative seed": ("compose ./toy --seed -1", "seed is -1"),
    "compose: a folder under a file": ("compose ./toy -o a_file/b", "cannot be written (Not a directory)"),
    "compose: a cohort's folder": ("compose ./toy -o cohort --overwrite", "holds no bronze set"),
    "label: no such file": ("label absent.csv -t TEXT", "absent.csv: no such file"),
    "label: no such column": ("label notes.csv -t TEXT", "no column 'TEXT' - its columns are NOTE"),
    "label: an empty file": ("label empty.csv -t TEXT", "empty.csv"),
    "label: a header alone": ("label header.csv -t TEXT", "holds no rows"),
    "label: empty notes": ("label blank.csv -t TEXT", "none of its 2 rows can be labelled"),
    "label: Latin-1": ("label latin1.csv -t TEXT", "UTF-8"),
    "label: Latin-1 JSONL": ("label latin1.jsonl -t TEXT", "UTF-8"),
    "label: truncated Parquet": ("label cut.parquet -t TEXT", "cut.parquet"),
    "label: truncated gzip": ("label cut.csv.gz -t TEXT", "cut.csv.gz"),
    "label: a kind of file it cannot read": ("label a_file -t TEXT", "a_file"),
    "label: an unknown format": ("label notes.csv -t NOTE --format xlsx", "use one of parquet, jsonl, csv"),
}  # fmt: skip


IN_A_PROCESS = (
    "a name nearly right",
    "negative patients",
    "a folder under a file",
    "a cohort of another pack",
    "label: no such column",
    "label: empty notes",
    "label: Latin-1",
    "label: truncated Parquet",
)
"""Also through a process of their own, which costs half a second each."""


def is_one_line(code: int, out: str, err: str, said: str) -> None:
    assert code == 2, err
    assert out == ""
    assert "Traceback" not in err
    assert err.count("\n") == 1, err
    assert err.startswith("dualalign: ")
    assert said in err
    assert " - " in err, "no remedy"
    assert "SECRETNAME" not in err


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("case", BAD)
def test_one_line_and_exit_code_2(case: str, place: Path, monkeypatch, capsys) -> None:
    words, said = BAD[case]
    before = files(place)
    monkeypatch.chdir(place)
    monkeypatch.setattr("sys.argv", ["dualalign", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    is_one_line(ended.value.code, *capsys.readouterr(), said)
    assert files(place) == before, "it left something behind"


@pytest.mark.parametrize("case", IN_A_PROCESS)
def test_one_line_and_exit_code_2_from_the_shell(case: str, place: Path) -> None:
    words, said = BAD[case]
    is_one_line(*in_a_process(place, *words.split()), said)


@pytest.mark.parametrize("words", ["generate toys", "compose toys", "generate ./toy -n 0 -o new"])
def test_no_blank_line_before_it(words: str, place: Path, monkeypatch, capsys) -> None:
    """A progress bar that starts and ends without a terminal leaves one."""
    monkeypatch.chdir(place)
    monkeypatch.setattr("sys.argv", ["dualalign", *words.split()])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith("dualalign: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate"], "Missing argument"),
        (["generate", "alzheimers", "-n", "many"], "valid integer"),
        (["generate", "alzheimers", "--patiens", "3"], "--patients"),
        (["generate", "alzheimers", "cohort"], "unexpected extra argument"),
        (["generte", "alzheimers"], "Did you mean 'generate'"),
        (["label", "notes.csv"], "--text-column"),
    ],
)
def test_wrong_usage_is_exit_code_2_too(words: list[str], said: str, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["dualalign", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


def test_wrong_usage_is_exit_code_2_from_the_shell(place: Path) -> None:
    code, _, err = in_a_process(place, "generate", "alzheimers", "-n", "many")
    assert code == 2
    assert "Traceback" not in err
