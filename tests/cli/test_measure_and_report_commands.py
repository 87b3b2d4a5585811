import json
import subprocess
import sys
from pathlib import Path

from dualalign.cohort import generate_cohort


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from dualalign.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=900, check=False
    )


def test_figures_go_to_the_screen_and_to_a_file(tmp_path: Path) -> None:
    generate_cohort("alzheimers", tmp_path / "cohort", 4, 0, None, 1, 1)
    done = _run("measure", str(tmp_path / "cohort"), "--json", str(tmp_path / "figures.json"))
    assert done.returncode == 0, done.stderr
    assert "visits_error" in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert {each["name"] for each in figures["alignment"]} >= {"visits_error", "mentions_error"}
    done = _run("report", str(tmp_path / "cohort"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cohort" / "report.html").stat().st_size > 50_000


def test_what_is_no_cohort_is_refused_in_one_line(tmp_path: Path) -> None:
    for command in ("measure", "report"):
        done = _run(command, str(tmp_path))
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr
