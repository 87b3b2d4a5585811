import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.measures import measure_cohort
from dualalign.measures.measure import Measure
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.report import write_report


@pytest.fixture(scope="package")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="package")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("told") / "cohort"
    return open_cohort(generate_cohort("alzheimers", folder, 4, 3, seed=4, part_patients=3))


@pytest.fixture(scope="package")
def measures(cohort: Cohort, pack: Pack) -> dict[str, list[Measure]]:
    return measure_cohort(cohort, pack)


@pytest.fixture(scope="package")
def page(
    cohort: Cohort, pack: Pack, measures: dict[str, list[Measure]], tmp_path_factory: pytest.TempPathFactory
) -> str:
    out = tmp_path_factory.mktemp("page") / "report.html"
    skipped = [("realism", "needs notes to compare with (--reference)")]
    return write_report(cohort, pack, measures, out, skipped=skipped).read_text(encoding="utf-8")
