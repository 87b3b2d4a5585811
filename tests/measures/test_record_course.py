from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.record_course.persistence import symptom_persistence
from dualalign.measures.record_course.stages import score_stage_agreement, stage_time_error
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


def _cohort(folder: Path, visits: list[dict[str, Any]], mentions: list[dict[str, Any]]) -> Cohort:
    people = sorted({row["patient_id"] for row in [*visits, *mentions]})
    rows = [{"patient_id": each, "is_case": True} for each in people]
    for name, table in (("personas", rows), ("visits", visits), ("mentions", mentions)):
        if table:
            pq.write_table(pa.Table.from_pylist(table), folder / f"{name}.parquet")
    return Cohort(folder, {})


def _visit(patient: str, years: float, stage: str, value: float = 27) -> dict[str, Any]:
    score = {"instrument": "mmse", "value": value}
    return {"patient_id": patient, "years_before": years, "stage": stage, "scores": [score]}


def _told(pack: Pack, patient: str, told: str, course: str = "persistent") -> list[dict[str, Any]]:
    term = next(term.id for term in pack.lexicon.terms().values() if term.course == course)
    polarity = {"+": "affirmed", "-": "negated"}
    return [{"patient_id": patient, "term": term, "polarity": polarity[each]} for each in told]


def test_denials_before_the_first_affirmation_are_no_forgetting(tmp_path: Path, pack: Pack) -> None:
    rows = _told(pack, "a", "--++-+") + _told(pack, "b", "--") + _told(pack, "a", "+-", "episodic")
    found = symptom_persistence(_cohort(tmp_path, [], rows), pack)
    assert found.value == pytest.approx(2 / 3)
    assert list(found.breakdown.values()) == [pytest.approx(1 / 3)]
    assert "3 later mentions" in found.note


def test_a_record_that_remembers_is_told_from_one_that_forgets(tmp_path: Path, pack: Pack) -> None:
    rows = [row for number in range(30) for row in _told(pack, f"p{number}", "----++++")]
    found = symptom_persistence(_cohort(tmp_path, [], rows), pack)
    assert found.value == 1
    assert 0.3 < found.baseline["notes that forget"] < 0.7
    with pytest.raises(MeasureError, match="told again"):
        symptom_persistence(_cohort(tmp_path, [], _told(pack, "a", "+")), pack)


def test_scores_are_held_against_the_band_of_their_stage(tmp_path: Path, pack: Pack) -> None:
    low, high = pack.stages.stage("mild").scores["mmse"]
    right = [_visit("a", 3, "mild", (low + high) / 2), _visit("b", 9, "early_prodromal", 29)] * 10
    found = score_stage_agreement(_cohort(tmp_path, right, []), pack)
    assert found is not None
    assert found.value == 1
    assert found.baseline["scores dealt at random"] < 0.9
    wrong = [*right, *[_visit("c", 3, "mild", high + 2)] * 20]
    mixed = score_stage_agreement(_cohort(tmp_path, wrong, []), pack)
    assert mixed is not None
    assert mixed.value == mixed.breakdown["MMSE"] == 0.5
    assert (
        score_stage_agreement(_cohort(tmp_path, [_visit("a", 3, "mild") | {"scores": []}], []), pack) is None
    )


def test_years_in_a_stage_count_those_who_do_not_leave_it(tmp_path: Path, pack: Pack) -> None:
    visits = [
        *(
            _visit("a", years, stage)
            for years, stage in ((8, "mci"), (6, "mci"), (4, "mild"), (1, "moderate"))
        ),
        *(_visit("b", years, "mci") for years in (5, 3)),
    ]
    found = stage_time_error(_cohort(tmp_path, visits, []), pack)
    assert found is not None
    # Four years and one change of the first, two years and none of the second; three years of mild dementia.
    assert found.breakdown == {"mild cognitive impairment": 6.0, "mild dementia": 3.0}
    targets = pack.published_results.sojourn_years
    assert found.value == pytest.approx((6 / targets["mci"] - 1 + 3 / targets["mild"] - 1) / 2)
    assert found.baseline["target mild dementia"] == targets["mild"]


def test_a_squeezed_record_stays_below_the_target(tmp_path: Path, pack: Pack) -> None:
    visits = [
        _visit(f"p{number}", years, stage)
        for number in range(10)
        for years, stage in ((2.0, "mci"), (1.5, "mild"), (1.0, "moderate"))
    ]
    found = stage_time_error(_cohort(tmp_path, visits, []), pack)
    assert found is not None
    assert all(value == 0.5 for value in found.breakdown.values())
    assert found.value > 0.7
    assert found.interval == pytest.approx((found.value, found.value))
