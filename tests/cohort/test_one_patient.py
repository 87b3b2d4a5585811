"""One patient of a cohort: found by id, read whole, and simulated again as `generate` did."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cohort import open_cohort
from dualalign.cohort.folder import PARTED, WHOLE
from dualalign.cohort.one_patient import find_patient, simulate_again
from dualalign.cohort.parts import read_patient
from dualalign.errors import CohortError
from dualalign.packs import load_pack


@pytest.mark.parametrize("name", [*WHOLE, *PARTED])
def test_the_rows_of_all_patients_make_up_the_table(made: Path, name: str) -> None:
    cohort = open_cohort(made)
    patients = cohort.personas["patient_id"].to_pylist()
    rows = [row for patient in patients for row in cohort.patient_rows(name, patient)]
    assert rows == cohort.table(name).to_pylist()


def test_row_groups_that_cannot_hold_the_patient_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    table = pa.table({"patient_id": ["A", "A", "B", "C"], "visit": [1, 2, 3, 4]})
    pq.write_table(table, path, row_group_size=2)
    assert [rows.to_pylist() for rows in read_patient(path, "A")] == [table.slice(0, 2).to_pylist()]
    assert [rows.to_pylist() for rows in read_patient(path, "C")] == [[{"patient_id": "C", "visit": 4}]]
    assert list(read_patient(path, "D")) == []


def test_an_id_names_a_patient_or_a_note(made: Path) -> None:
    cohort = open_cohort(made)
    assert find_patient(cohort, "P000001") == ("P000001", None)
    assert find_patient(cohort, "C000000") == ("C000000", None)
    assert find_patient(cohort, "P000001-0002") == ("P000001", "P000001-0002")


@pytest.mark.parametrize(
    ("identity", "meant"),
    [
        ("p1", "did you mean P000001?"),
        ("P00002", "did you mean P000002?"),
        ("P000001-2", "patient P000001 has no note 'P000001-2' - did you mean P000001-0002?"),
        ("P1-0002", "did you mean P000001-0002?"),
        ("P000001-9999", "patient P000001 has no note 'P000001-9999'"),
        ("nobody", "no patient or note is called 'nobody' - `dualalign show"),
        ("", "no patient or note is called ''"),
    ],
)
def test_an_unknown_id_is_told_with_those_like_it(made: Path, identity: str, meant: str) -> None:
    with pytest.raises(CohortError) as caught:
        find_patient(open_cohort(made), identity)
    assert meant in str(caught.value)


@pytest.mark.parametrize("patient", ["P000002", "C000000"])
def test_a_patient_simulated_again_is_the_same(made: Path, toy: Path, patient: str) -> None:
    cohort = open_cohort(made)
    trajectory = simulate_again(cohort, load_pack(toy), patient)
    rows = cohort.patient_rows("mentions", patient)
    planned = [mention.term for plan in trajectory.plans for mention in plan.mentions]
    assert planned == [row["term"] for row in rows]
    assert all(plan.agenda is not None for plan in trajectory.plans)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("pack_fingerprint", "another", "the pack has changed"),
        ("software", "0.0.0", "the software has changed"),
        ("seed", 6, "the software has changed"),
    ],
)
def test_a_patient_who_would_differ_is_not_simulated(
    made: Path, toy: Path, option: str, value: object, said: str
) -> None:
    cohort = open_cohort(made)
    cohort.manifest["options"][option] = value
    with pytest.raises(CohortError, match=said):
        simulate_again(cohort, load_pack(toy), "P000001")
