from pathlib import Path

import numpy as np
import pytest

from dualalign.cohort.parts import write_parquet
from dualalign.cohort.reader import Cohort
from dualalign.cohort.tables import personas_table
from dualalign.measures.alignment.joint import joint_error
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.personas import sample_personas


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


def _cohort(folder: Path, pack: Pack, patients: int, profile: str) -> Cohort:
    """A cohort of personas alone, which is all that the measure reads."""
    people = list(sample_personas(pack, patients, 5, profile))
    folder.mkdir()
    write_parquet(personas_table(people, pack.factors.ids()), folder / "personas.parquet")
    return Cohort(folder, {"options": {"pack": pack.id, "profile": profile, "seed": 5}})


def test_joint_personas_lie_within_noise_and_independent_ones_do_not(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dualalign.measures.alignment.joint._RESAMPLES", 20)
    joint = joint_error(_cohort(tmp_path / "joint", pack, 1500, "clinical"), pack)
    apart = joint_error(_cohort(tmp_path / "apart", pack, 1500, "paper"), pack)
    assert joint is not None
    assert apart is not None
    assert len(joint.breakdown) == 66
    assert joint.value < 1.3 * joint.baseline["sampling noise"]
    assert apart.value > 2 * apart.baseline["sampling noise"]
    assert joint.value == pytest.approx(np.sqrt(np.mean(np.square(list(joint.breakdown.values())))))


def test_too_few_patients_have_no_correlations(pack: Pack, tmp_path: Path) -> None:
    assert joint_error(_cohort(tmp_path / "few", pack, 199, "clinical"), pack) is None
