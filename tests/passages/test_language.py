import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.passages import LineSyntaxError, expand, parse
from dualalign.passages.language import slots


def _all(text: str, **values: str) -> set[str]:
    rng = random.Random(0)
    parts = parse(text)
    return {expand(parts, values, rng.random) for _ in range(300)}


def test_every_branch_is_drawn_and_slots_are_filled() -> None:
    assert _all("{he} [walks|runs[ fast|]] home", he="she") == {
        "she walks home",
        "she runs home",
        "she runs fast home",
    }


def test_an_empty_branch_leaves_nothing() -> None:
    assert _all("[quite |]slow") == {"quite slow", "slow"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a [b|c", "column 3"),
        ("a b] c", "column 4"),
        ("a | b", "column 3"),
        ("a { } b", "column 3"),
        ("a {b c", "column 3"),
        ("a } b", "column 3"),
    ],
)
def test_a_line_that_cannot_be_parsed_names_the_column(text: str, said: str) -> None:
    with pytest.raises(LineSyntaxError, match=said):
        parse(text)


def test_slots_are_found_in_branches() -> None:
    assert set(slots(parse("{a} [b {c}|{d}[|{e}]]"))) == {"a", "c", "d", "e"}


@given(st.text(alphabet="ab []{}|", max_size=30))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parts = parse(text)
    except LineSyntaxError:
        return
    expand(parts, dict.fromkeys(slots(parts), "x"), random.Random(1).random)


@given(st.text(alphabet="abc, .", max_size=30))
def test_plain_text_stands_as_it_is(text: str) -> None:
    assert expand(parse(text), {}, random.Random(1).random) == text
