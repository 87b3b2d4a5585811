import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

TOY = Path(__file__).parents[1] / "packs" / "toy"


def test_any_pack_gets_a_page_of_its_own(
    toy: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    page = tmp_path / "page.html"
    code, out, err = run("report", toy, "--pack", TOY, "--out", page)
    assert (code, out) == (0, "")
    assert str(page) in err
    text = page.read_text(encoding="utf-8")
    assert "3 synthetic patients and 1 without the disease" in text
    assert "lzheimer" not in text


def test_the_page_goes_into_the_cohort_if_no_file_is_named(
    toy: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = run("report", toy, "--pack", TOY, "--quiet")
    assert (code, out, err) == (0, "", "")
    first = (toy / "report.html").read_bytes()
    run("report", toy, "--pack", TOY, "--quiet")
    assert (toy / "report.html").read_bytes() == first


@pytest.mark.parametrize("where", ["", "nowhere/page.html"])
def test_a_page_that_cannot_be_written_is_refused_before_any_work(
    where: str,
    toy: Path,
    tmp_path: Path,
    run: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dualalign.measures.measure_any", None)
    code, out, err = run("report", toy, "--pack", TOY, "--out", tmp_path / where)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "--out" in err


def test_a_pack_that_is_not_installed_is_asked_for(
    toy: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, err = run("report", toy)
    assert code == 2
    assert "made with pack 'toy', which is not installed - give its folder with --pack" in err


def test_what_fails_is_left_out_and_told_with_exit_code_2(
    toy: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(*_: object, **__: object) -> None:
        raise KeyError("P000001")

    monkeypatch.setattr("dualalign.report.chapters.pictures", torn)
    monkeypatch.setattr("dualalign.report.page.example_note", torn)
    page = tmp_path / "page.html"
    code, _, err = run("report", toy, "--pack", TOY, "--out", page, "--only", "alignment", "--quiet")
    assert code == 2
    assert "dualalign: the chapter on course: not measured: failed with KeyError" in err
    assert "P000001" not in err
    assert "the example: not measured" in err
    text = page.read_text(encoding="utf-8")
    assert "What notes are written" in text
    assert "One note, sentence by sentence" not in text
    assert "the chapter on course" in text


def test_dollars_and_brackets_in_a_pack_s_names_are_text(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    pack = copytree(TOY, tmp_path / "toy")
    for file in ("factors.yaml", "labels.yaml", "visits.yaml", "pack.yaml"):
        text = (pack / file).read_text(encoding="utf-8")
        named = re.sub(r"(\bname: )([^\n,}\[\"]+)", r'\1"\2 $5_x $ [/b]"', text)
        assert named != text
        (pack / file).write_text(named, encoding="utf-8")
    cohort = tmp_path / "cohort"
    assert run("generate", pack, "-n", "2", "-o", cohort, "-q")[0] == 0
    assert run("packs", "show", pack)[0] == 0
    code, _, err = run("report", cohort, "--pack", pack, "--quiet")
    assert (code, err) == (0, "")
    assert "$5_x $ [/b]</text>" in (cohort / "report.html").read_text(encoding="utf-8")


def test_the_command_in_the_limits_works(
    toy: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    page = tmp_path / "page.html"
    run("report", toy, "--pack", TOY, "--out", page, "--only", "alignment")
    text = page.read_text(encoding="utf-8")
    assert "`" not in re.sub(r"(?s)<style>.*?</style>", "", text)
    (words,) = re.findall(r"The command dualalign (.*?) lists the placeholders", text)
    assert words == "packs show FOLDER --unverified"
    code, out, _ = run(*words.replace("FOLDER", str(TOY)).split())
    assert code == 0
    assert "source" in out


def test_notes_from_elsewhere_get_a_page(tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    folder = tmp_path / "notes" / "somebody"
    folder.mkdir(parents=True)
    for number in range(30):
        text = f"Seen on day {number}. Walks {number} miles and sleeps well. Eats <b>bread</b>."
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    code, out, err = run("report", tmp_path / "notes")
    assert (code, out) == (0, "")
    assert "alignment: not measured: needs the tables of a cohort, and these are notes alone" in err
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>notes: 30 synthetic notes</title>" in text
    assert "30 notes of 1 patient" in text
    assert "distinct_4" in text
    assert "nothing is known of how they were made" in text
    assert "<b>bread" not in text
