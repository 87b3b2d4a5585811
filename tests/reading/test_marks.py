import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.reading.marks import AFFIRMS, DENIES_AFTER, DENIES_BEFORE, read_marks

SIGNS = {AFFIRMS: "+", DENIES_BEFORE: "<", DENIES_AFTER: ">"}


def shown(text: str) -> str:
    """Return the text with signs that are easy to type, and single blanks."""
    return " ".join("".join(SIGNS.get(character, character) for character in read_marks(text)).split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tremor: n", "tremor: <"),
        ("tremor? y", "tremor: +"),
        ("tremor? n ataxia? y", "tremor: < ataxia: +"),
        ("tremor?\nno\nataxia?\nyes", "tremor: < ataxia: +"),
        ("tremor - none", "tremor - <"),
        ("tremor (y/n): n", "tremor : <"),
        ("tremor y/n", "tremor <"),
        ("tremor: no change", "tremor: no change"),
        ("tremor: no. ataxia: yes", "tremor: < . ataxia: +"),
        ("| tremor | no |", "| tremor | < |"),
        ("tremor (-), ataxia (+)", "tremor < , ataxia +"),
        ("(-) tremor, (+) ataxia", "no tremor, + ataxia"),
        ("-tremor +ataxia", ">tremor +ataxia"),
        ("- tremor", "- tremor"),
        ("- tremor - ataxia", "- tremor - ataxia"),
        ("[ ] tremor [x] ataxia", "ataxia"),
        ("gait: ☐ steady ☒ ataxic", "gait: ataxic"),
        ("tremor: [x] no [ ] yes", "tremor: <"),
        ("tremor: yes ☐ no ☒", "tremor: <"),
        ("tremor ☑ yes ☐ no", "tremor +"),
        ("tremor ✗", "tremor <"),
        ("born [**2150-3-1**], seen n/v", "born [**2150-3-1**], seen n/v"),
    ],
)
def test_marks_become_signs(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(st.text(alphabet="ab ny:?|[]x()+-☐☒✗⊖⊕⊘\t\n/.=,", max_size=60))
def test_every_character_keeps_its_place(text: str) -> None:
    read = read_marks(text)
    assert len(read) == len(text)
    kept = set("ab,.")
    assert (
        all(new in (old, " ") or old not in kept for old, new in zip(text, read, strict=True)) or "[" in text
    )
