"""`dualalign plant` from the command line."""

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from dualalign.cli.app import application
from dualalign.cohort import generate_cohort
from dualalign.measures.planting import PLANTED


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return generate_cohort("alzheimers", tmp_path_factory.mktemp("plant") / "cohort", 2)


def run(*arguments: object):
    return CliRunner().invoke(application(), ["plant", *map(str, arguments)])


def test_faults_are_planted_and_counted(cohort, tmp_path) -> None:
    done = run(cohort, "--out", tmp_path / "out", "--kinds", "age_disagrees,header_date", "--per-kind", "3")
    assert done.exit_code == 0
    assert "6 faults of 2 kinds" in " ".join(done.output.split())
    assert pq.read_table(tmp_path / "out" / "faults.parquet").num_rows == 6


def test_kinds_can_be_listed_without_a_cohort() -> None:
    done = run("--list")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == list(PLANTED)


def test_an_unknown_kind_is_refused(cohort, tmp_path) -> None:
    done = run(cohort, "--out", tmp_path / "out", "--kinds", "nonsense")
    assert done.exit_code != 0
    assert "'nonsense' cannot be planted" in str(done.exception)
