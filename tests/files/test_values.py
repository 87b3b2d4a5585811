"""Ids, numbers and what is missing, however a file writes them."""

from __future__ import annotations

from typing import Any

import pytest

from dualalign.files import identity, is_missing, number, person, shown, whole


@pytest.mark.parametrize(
    "value", [None, "", "  ", "nan", "NaN", "NA", "N/A", "null", "None", "\\N", float("nan")]
)
def test_missing_is_missing_in_every_spelling(value: Any) -> None:
    assert is_missing(value)
    assert person(value) is None


def test_a_person_has_one_id_however_it_is_written() -> None:
    assert {person(each) for each in (1, 1.0, "1", "1.0", " 1 ", "1.00")} == {"1"}
    assert person("3589912774911670296") == person(3589912774911670296) == "3589912774911670296"
    assert [person(each) for each in ("007", "1.5", "P-1.0a", 0)] == ["007", "1.5", "P-1.0a", "0"]
    assert identity("1.0") == "1.0", "the id of a note stays as its file writes it"


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, float("inf"), "a\ud800", b"\xff", pytest.param(10**5000, id="huge")]
)
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"not an id|surrogates|digits|decode"):
        person(value)


@pytest.mark.parametrize(
    "value", [None, True, "", "x", "inf", "1e999", float("nan"), 10**400, "1_0", [1], "9" * 5000]
)
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not a"):
        number(value)


def test_numbers() -> None:
    assert (number(" 1.5 "), number(2), whole("11.0"), whole(11.0), whole(2**60 + 1)) == (
        1.5,
        2,
        11,
        11,
        2**60 + 1,
    )
    with pytest.raises(ValueError, match="whole"):
        whole(1.5)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2020-02-30", "'2020-02-30'"),
        ("twenty", "'twenty'"),
        (12, "'12'"),
        ("Zebulon", "(a text of 7 characters)"),
        ("he forgets", "(a text of 10 characters)"),
        ([1], "(list)"),
    ],
)
def test_an_error_shows_values_but_no_words_of_a_note(value: Any, words: str) -> None:
    assert shown(value) == words
