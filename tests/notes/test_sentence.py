import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.notes.sentence import (
    CLOSE,
    OPEN,
    clipped,
    joined,
    mark,
    shortened,
    split_marks,
    tidy,
    with_also,
)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("he walks  slowly", "He walks slowly."),
        ("1. memory loss, stable", "1. Memory loss, stable."),
        ("a unsteady gait", "An unsteady gait."),
        ("a 80-year-old man", "An 80-year-old man."),
        ("a 70-year-old man", "A 70-year-old man."),
        ("no pain , fever", "No pain, fever."),
        ("stop, , now", "Stop, now."),
        ("is it so?", "Is it so?"),
        ("a uniform decline", "A uniform decline."),
    ],
)
def test_a_sentence_gets_its_capital_its_article_and_its_period(raw: str, said: str) -> None:
    assert tidy(raw) == said


def test_a_mark_keeps_its_place_through_tidying() -> None:
    text, spans = split_marks(tidy(f"she says that {mark('she forgets  names')} and {mark('loses keys')}"))
    assert [text[start:end] for start, end in spans] == ["she forgets names", "loses keys"]


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=6), max_size=4))
def test_marks_are_split_exactly(parts: list[str]) -> None:
    text, spans = split_marks(" - ".join(mark(part) for part in parts))
    assert [text[start:end] for start, end in spans] == parts
    assert OPEN not in text
    assert CLOSE not in text


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("he has trouble finding words", "trouble finding words"),
        ("she is forgetful", "forgetful"),
        ("the patient has been losing weight", "losing weight"),
        ("he has to be reminded", "has to be reminded"),
        ("his memory has gone down", "memory has gone down"),
        ("she repeats questions", "repeats questions"),
        ("no chest pain", "no chest pain"),
    ],
)
def test_lists_leave_out_the_subject_and_the_weak_verb(clause: str, said: str) -> None:
    assert clipped(clause) == said


def test_also_stands_where_it_belongs() -> None:
    assert with_also("he forgets names") == "he also forgets names"
    assert with_also("she is forgetful") == "she is also forgetful"
    assert with_also("memory is poor") == "memory is poor"


def test_only_a_subject_of_the_patient_is_left_out() -> None:
    assert shortened("he forgets names") == "forgets names"
    assert shortened("she is unsteady") == "unsteady"
    assert shortened("his memory is poor") == "his memory is poor"


def test_items_that_hold_the_joining_word_are_parted_by_a_comma() -> None:
    assert joined(["a", "b", "c"], "or") == "a, b or c"
    assert joined(["a", "b or c"], "or") == "a, or b or c"
    assert joined(["a"]) == "a"
