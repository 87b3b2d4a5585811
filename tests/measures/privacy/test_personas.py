from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import InputDataError
from dualalign.measures.privacy.persona_attacks import persona_attacks, singling_out
from dualalign.measures.privacy.persona_tables import PersonaSets, persona_sets, read_persona_sets

COLUMNS = tuple(f"c{number}" for number in range(10))


def _people(n: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    people = random.integers(0, 6, (n, len(COLUMNS)))
    people[:, 1] = np.where(random.random(n) < 0.7, people[:, 0], people[:, 1])
    return people


def test_a_model_that_repeats_its_people_is_flagged_by_every_attack() -> None:
    saw = _people(300, 1)
    found = persona_attacks(PersonaSets(COLUMNS, saw.copy(), saw, _people(300, 2)), 200)
    assert [each.name for each in found] == ["singling_out", "linkability", "inference"]
    for each in found:
        assert each.value > 0.4, each.name
        assert each.interval is not None
        assert each.interval[0] > 0.2, each.name


def test_a_model_of_the_population_alone_is_not() -> None:
    found = persona_attacks(PersonaSets(COLUMNS, _people(300, 3), _people(300, 1), _people(300, 2)), 200)
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
    *_, inference = persona_attacks(
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


def _table(n: int, seed: int) -> dict[str, list]:
    random = np.random.default_rng(seed)
    return {
        "age": random.integers(60, 95, n).tolist(),
        "years": random.integers(0, 20, n).tolist(),
        "smoker": random.choice([True, False], n).tolist(),
        "sex": random.choice(["woman", "man"], n).tolist(),
        "pulse": random.integers(50, 100, n).tolist(),
    }


SEEN, UNSEEN = _table(300, 1), _table(300, 2)


def _other_forms(table: dict[str, list], **written: object) -> pa.Table:
    return pa.table(
        {
            name: [written[name](v) for v in values] if name in written else values
            for name, values in table.items()
        }
    )


@pytest.mark.parametrize(
    "written",
    [
        {"age": float, "years": float},
        {"age": str, "pulse": lambda v: f" {v}.0 "},
        {"smoker": lambda v: str(v).lower()},
        {"smoker": lambda v: "Yes" if v else "No"},
        {"smoker": int},
        {"smoker": lambda v: float(v)},
        {"sex": str.upper},
        {"sex": lambda v: f" {v.title()}"},
        {"age": lambda v: Decimal(v)},
    ],
)
def test_a_copier_is_found_however_values_are_written(written: dict) -> None:
    tables = [pa.table(SEEN), _other_forms(SEEN, **written), _other_forms(UNSEEN, **written)]
    sets = persona_sets(tables, ("ours", "saw", "held"))
    assert np.array_equal(sets.synthetic, sets.saw)
    assert sets.caution == ""
    assert persona_attacks(sets)[0].value > 0.9


@pytest.mark.parametrize("missing", [None, float("nan"), "", "NA", "n/a", "<NA>"])
def test_one_missing_value_hides_nothing(missing: object) -> None:
    saw = {name: list(values) for name, values in SEEN.items()}
    for name in ("age", "years"):
        saw[name] = [str(missing) if isinstance(missing, str) else missing] + [
            str(float(v)) if isinstance(missing, str) else float(v) for v in saw[name][1:]
        ]
    sets = persona_sets([pa.table(SEEN), pa.table(saw), pa.table(UNSEEN)], ("ours", "saw", "held"))
    assert (sets.synthetic == sets.saw).mean() > 0.99
    assert persona_attacks(sets)[0].value > 0.9


@pytest.mark.parametrize(
    ("name", "written"),
    [("sex", lambda v: v[0]), ("age", lambda v: 2020 - v), ("smoker", lambda v: "current" if v else "never")],
)
def test_a_column_that_matches_nothing_is_left_out_and_said(name: str, written: object) -> None:
    tables = [pa.table(SEEN), _other_forms(SEEN, **{name: written}), _other_forms(UNSEEN, **{name: written})]
    sets = persona_sets(tables, ("ours", "saw", "held"))
    assert name not in sets.columns
    assert f"no value matches: {name}" in sets.caution
    for each in persona_attacks(sets, 50):
        assert name in each.caution
        assert name in each.note


def test_values_that_never_match_and_equal_sets_are_said() -> None:
    half = {"sex": lambda v: v if v == "man" else "F"}
    sets = persona_sets(
        [pa.table({**SEEN, "sex": ["man"] * 300}), pa.table(SEEN), _other_forms(UNSEEN, **half)],
        ("a", "b", "c"),
    )
    assert "many values never match, so check how they are written: sex" in sets.caution
    same = persona_sets([pa.table(SEEN), pa.table(SEEN), pa.table(SEEN)], ("a", "b", "c"))
    assert "are the same" in same.caution


def test_no_predicate_to_try_is_no_all_clear() -> None:
    same = np.zeros((40, 3), dtype=np.int64)
    found, *_ = persona_attacks(PersonaSets(("a", "b", "c"), same, same, same), 20)
    assert "nothing to try" in found.caution
