import hashlib
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from dualalign.cohort import generate_cohort
from dualalign.cohort.part_maker import PartMaker, PartRun

TOY = Path(__file__).parents[1] / "packs" / "toy"
TABLES = 10
"""Tables of a cohort, each of which is one file of a part."""
PARTED = 2
"""Tables that stay a file for each part in the end: notes and sentences."""


@pytest.fixture(scope="session")
def toy() -> Path:
    """A pack of another disease, fourteen times as fast as the shipped one."""
    return TOY


@pytest.fixture(scope="session")
def asked() -> dict:
    """What the small cohort was asked for."""
    return {"patients": 3, "controls": 1, "seed": 5, "part_patients": 1}


@pytest.fixture(scope="session")
def made(asked, tmp_path_factory) -> Path:
    """A small finished cohort of the toy pack; nobody may change it."""
    return generate_cohort(TOY, tmp_path_factory.mktemp("made") / "cohort", **asked)


@pytest.fixture(scope="session")
def real(asked, tmp_path_factory) -> Path:
    """A small finished cohort of the shipped pack; nobody may change it."""
    return generate_cohort("alzheimers", tmp_path_factory.mktemp("real") / "cohort", **asked)


@pytest.fixture
def cohort_folder(made, tmp_path) -> Path:
    """A copy of the small cohort that a test may break."""
    return copytree(made, tmp_path / "cohort")


@pytest.fixture(scope="session")
def digests() -> Callable[[Path], dict[str, str]]:
    """Return a function that hashes every file below a folder and names every folder."""

    def of(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else "folder"
            for path in sorted(folder.rglob("*"))
        }

    return of


@pytest.fixture
def warm_maker(monkeypatch):
    """Let runs share one loaded maker, so that a test can afford many of them."""
    kept: dict[tuple, PartMaker] = {}

    def maker(run: PartRun) -> PartMaker:
        key = (run.pack_folder, run.profile)
        if key not in kept:
            kept[key] = PartMaker(run)
        kept[key]._run = run
        return kept[key]

    monkeypatch.setattr("dualalign.cohort.part_maker.PartMaker", maker)
