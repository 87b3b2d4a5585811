import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack


@pytest.fixture(scope="package")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="package")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("fair") / "cohort"
    return open_cohort(generate_cohort("alzheimers", folder, 24, 2, seed=4))
