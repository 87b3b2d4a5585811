from collections.abc import Callable
from pathlib import Path

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
    monkeypatch.setattr("dualalign.measures.measure_cohort", None)
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
