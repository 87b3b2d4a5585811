import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.notes.sentence import split_marks, tidy


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("he  forgets , often", "He forgets, often."),
        ("uses a old cane", "Uses an old cane."),
        ("a one-week stay and a unit of blood", "A one-week stay and a unit of blood."),
        ("a European trip for a hour or a 80-year-old", "A European trip for an hour or an 80-year-old."),
        ("hepatitis A in 1985 or type a or b", "Hepatitis A in 1985 or type a or b."),
        ("A unusual rash", "An unusual rash."),
        ("1. memory loss", "1. Memory loss."),
        ("was he there?", "Was he there?"),
        ("twice a week,", "Twice a week."),
        ("worse,, now", "Worse, now."),
    ],
)
def test_tidy(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


def test_marks_give_exact_spans() -> None:
    text, spans = split_marks(tidy("denies \x01memory  loss\x02 or \x01falls\x02"))
    assert text == "Denies memory loss or falls."
    assert [text[start:end] for start, end in spans] == ["memory loss", "falls"]


@given(
    st.lists(
        st.tuples(st.text(alphabet="ab c.,", max_size=8), st.text(alphabet="xyz", min_size=1)), max_size=5
    )
)
def test_marked_text_survives(pieces: list[tuple[str, str]]) -> None:
    marked = "".join(f"{before}\x01{said}\x02" for before, said in pieces)
    text, spans = split_marks(marked)
    assert [text[start:end] for start, end in spans] == [said for _, said in pieces]
    assert "\x01" not in text
