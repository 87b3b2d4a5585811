from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dualalign.errors import ProgressionError
from dualalign.progression.checks import check_folds, check_not_future, make_longitudinal
from tests.progression.planted import SCHEMA

PEOPLE = pa.table({"subject": ["a", "b"], "sex": ["F", "M"], "age": [70.0, 71.0]})
Row = tuple[str, float, str, str, float | None]
GOOD: list[Row] = [
    ("a", 0.0, "tests", "marker", 28.0),
    ("a", 1.0, "tests", "marker", 27.0),
    ("b", 0.0, "labs", "noise", 1.0),
]


def observations(rows: list[Row]) -> pa.Table:
    names = ("subject", "time", "modality", "feature", "value")
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})


def events(*rows: tuple[str, float, str]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(("subject", "time", "event"), row, strict=True)) for row in rows])


def test_good_data_pass() -> None:
    data = make_longitudinal(SCHEMA, PEOPLE, observations(GOOD), events(("a", 1.0, "onset")))
    assert data.ids == ("a", "b")
    assert data.groups == ("a", "b")
    assert data.event_times[0] == 1.0
    assert np.isnan(data.event_times[1])
    assert data.end_times.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([GOOD[1], GOOD[0]], "unsorted times"),
        ([GOOD[2], GOOD[0]], "not so in the table of subjects"),
        ([GOOD[0], GOOD[0]], "duplicate visit"),
        ([("a", 0.0, "tests", "marker", 45.0)], "marker 45 lies outside 0 to 30 points"),
        ([("a", 0.0, "tests", "marker", None)], "marker has no number"),
        ([("a", 0.0, "labs", "report", None)], "report has no text"),
        ([("a", 0.0, "labs", "marker", 3.0)], "no feature 'marker' of modality 'labs'"),
        ([("a", -1.0, "tests", "marker", 3.0)], "time -1"),
        ([("a", float("nan"), "tests", "marker", 3.0)], "time nan"),
        ([("c", 0.0, "tests", "marker", 3.0)], "'c' is not in the table of subjects"),
    ],
)
def test_each_slip_is_named(rows: list[Row], words: str) -> None:
    with pytest.raises(ProgressionError, match=words):
        make_longitudinal(SCHEMA, PEOPLE, observations(rows))


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ({"subject": ["a", "a"], "sex": ["F", "M"], "age": [70.0, 71.0]}, "'a' stands twice"),
        ({"subject": ["a", "b"], "sex": ["F", "X"], "age": [70.0, 71.0]}, "sex 'X'"),
        ({"subject": ["a", "b"], "sex": ["F", "M"], "age": [70.0, 710.0]}, "age 710 lies outside"),
        ({"subject": ["a", "b"], "sex": ["F", "M"]}, "no column 'age'"),
        (
            {"subject": ["a", "b"], "sex": ["F", "M"], "age": [1.0, 1.0], "hat": [1, 2]},
            "unknown column 'hat'",
        ),
    ],
)
def test_slips_among_subjects_are_named(people: dict[str, list[object]], words: str) -> None:
    with pytest.raises(ProgressionError, match=words):
        make_longitudinal(SCHEMA, pa.table(people), observations(GOOD))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("c", 1.0, "onset")], "unknown subject 'c'"),
        ([("a", 1.0, "onset"), ("a", 2.0, "onset")], "'onset' twice"),
        ([("a", 0.5, "death")], "after the end at 0.5"),
    ],
)
def test_slips_among_events_are_named(rows: list[tuple[str, float, str]], words: str) -> None:
    with pytest.raises(ProgressionError, match=words):
        make_longitudinal(SCHEMA, PEOPLE, observations(GOOD), events(*rows))


def test_a_subject_in_both_folds_is_refused() -> None:
    check_folds(["a"], ["b"])
    with pytest.raises(ProgressionError, match="both folds, for example 'b'"):
        check_folds(["a", "b"], ["b"])


def test_future_data_are_refused() -> None:
    times = np.array([0.0, 2.0])
    check_not_future(times, ["a", "b"], {"a": 0.0, "b": 2.0})
    with pytest.raises(
        ProgressionError, match="'b': an observation at 2 years lies after the prediction at 1"
    ):
        check_not_future(times, ["a", "b"], {"a": 0.0, "b": 1.0})
