from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import InputDataError
from dualalign.measures.privacy.persona_attacks import measure_persona_attacks, singling_out
from dualalign.measures.privacy.persona_tables import PersonaSets, read_persona_sets

COLUMNS = tuple(f"c{number}" for number in range(10))


def _people(n: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    people = random.integers(0, 6, (n, len(COLUMNS)))
    people[:, 1] = np.where(random.random(n) < 0.7, people[:, 0], people[:, 1])
    return people


def test_a_model_that_repeats_its_people_is_flagged_by_every_attack() -> None:
    saw = _people(300, 1)
    found = measure_persona_attacks(PersonaSets(COLUMNS, saw.copy(), saw, _people(300, 2)), 200)
    assert [each.name for each in found] == ["singling_out", "linkability", "inference"]
    for each in found:
        assert each.value > 0.4, each.name
        assert each.interval is not None
        assert each.interval[0] > 0.2, each.name


def test_a_model_of_the_population_alone_is_not() -> None:
    found = measure_persona_attacks(
        PersonaSets(COLUMNS, _people(300, 3), _people(300, 1), _people(300, 2)), 200
    )
    for each in found:
        assert each.interval is not None
        assert each.interval[0] == 0, each.name
        assert each.value < 0.12, each.name


def test_predicates_that_fit_one_person_are_found_though_rare() -> None:
    random = np.random.default_rng(1)
    people = [(random.random((1500, 30)) < 0.3).astype(int) for _ in range(3)]
    for each in people:
        each[:, 0] = random.integers(0, 60, 1500)
    found = singling_out(PersonaSets(tuple(map(str, range(30))), *people), 200, random)
    assert found.attack.tries == found.control.tries == 200


@pytest.mark.parametrize(("saw", "held_out"), [(1000, 120), (120, 1000)])
def test_a_held_out_set_of_another_size_is_no_risk(saw: int, held_out: int) -> None:
    random = np.random.default_rng(5)
    excess = []
    for seed in range(4):
        sets = PersonaSets(
            COLUMNS, _people(1000, seed), _people(saw, seed + 10), _people(held_out, seed + 20)
        )
        found = singling_out(sets, 300, random)
        excess.append(found.attack.value - found.control.value)
    assert abs(np.mean(excess)) < 0.06


def test_what_the_population_teaches_is_in_the_control() -> None:
    *_, inference = measure_persona_attacks(
        PersonaSets(COLUMNS, _people(600, 3), _people(300, 1), _people(300, 2)), 200
    )
    assert inference.baseline["control"] > inference.baseline["naive guess"]


def test_tables_are_read_on_the_columns_they_share(tmp_path: Path) -> None:
    cohort = open_cohort(generate_cohort("alzheimers", tmp_path / "c", 24, seed=1))
    personas = cohort.table("personas", ["patient_id", "sex", "age_at_index", "factor_race"])
    other = personas.rename_columns(["patient_id", "sex", "age_at_index", "race"])
    for name in ("saw", "held"):
        pa.csv.write_csv(other, tmp_path / f"{name}.csv")
    sets = read_persona_sets(cohort, tmp_path / "saw.csv", tmp_path / "held.csv")
    assert sets.columns == ("sex", "age_at_index", "race")
    assert np.array_equal(sets.synthetic, sets.saw)
    assert len(np.unique(sets.saw[:, 1])) <= 8
    pa.csv.write_csv(other.slice(0, 5), tmp_path / "few.csv")
    with pytest.raises(InputDataError, match="5 people"):
        read_persona_sets(cohort, tmp_path / "saw.csv", tmp_path / "few.csv")
    pa.csv.write_csv(other.select(["race"]), tmp_path / "narrow.csv")
    with pytest.raises(InputDataError, match="fewer than two columns"):
        read_persona_sets(cohort, tmp_path / "narrow.csv", tmp_path / "held.csv")
