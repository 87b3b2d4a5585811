import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.errors import PackError
from dualalign.reading.pattern import PatternSet, keys_of, normalise

CLASSES = {"trouble": ["trouble", "hard time"]}


def found(pattern: str, text: str) -> list[str]:
    normal = normalise(text)
    return [
        normal[m.start : m.end] for m in PatternSet([(pattern, 0)], CLASSES).find(normal, keys_of(normal))
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("memory loss", "Memory loss, short-term memory/loss", ["memory loss", "memory/loss"]),
        ("memory loss", "memory lossy", []),
        ("forget*", "She forgets; he is forgetful", ["forgets", "forgetful"]),
        ("memory loss|decline", "memory decline", ["memory decline"]),
        ("very? forgetful", "very forgetful and forgetful", ["very forgetful", "forgetful"]),
        ("denied for?", "denied for, denied", ["denied for", "denied"]),
        ("<trouble> ..2 memory", "hard time with her memory", ["hard time with her memory"]),
        ("trouble ..1 memory", "trouble with her own memory", []),
        ("trouble ..3 memory", "trouble, memory", []),
        ("trouble ,,3 memory", "trouble with gait, memory", ["trouble with gait, memory"]),
        ("wife ,,0 who says", "wife, who says", ["wife, who says"]),
        ("hard_of hearing", "hard-of-hearing", ["hard-of-hearing"]),
        ("can't hear", "She can’t hear", ["can't hear"]),
        ("re:20/[4-9]\\d @20", "vision 20/80", ["20/80"]),
    ],
)
def test_language(pattern: str, text: str, expected: list[str]) -> None:
    assert found(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("<nothing> memory", "no word class 'nothing'"),
        ("..2 memory", "begins or ends with a gap"),
        ("memory ..2", "begins or ends with a gap"),
        ("a* b*", "no word of at least"),
        ("re:memory", "names no words"),
        ("re:( @memory", "unterminated"),
    ],
)
def test_a_bad_pattern_is_refused_with_its_text(pattern: str, complaint: str) -> None:
    with pytest.raises(PackError, match=re.escape(complaint)) as error:
        PatternSet([(pattern, 0)], CLASSES)
    assert pattern in str(error.value)


@given(st.text(max_size=80))
def test_normalising_keeps_every_position(text: str) -> None:
    assert len(normalise(text)) == len(text)


@given(
    st.lists(
        st.sampled_from(["no", "memory", "loss", "fall", "fell", "forgets", ",", "short-term"]), max_size=12
    )
)
def test_the_index_never_hides_a_match(words: list[str]) -> None:
    text = normalise(" ".join(words))
    for pattern in ("memory loss", "fall|fell", "forget*", "no memory|loss", "short term memory"):
        alone = PatternSet([(pattern, 0)])
        (regex, _, _) = alone._compiled[0]
        expected = [match.span() for match in regex.finditer(text)]
        assert [(match.start, match.end) for match in alone.find(text, keys_of(text))] == expected
