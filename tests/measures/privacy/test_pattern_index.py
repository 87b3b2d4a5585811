"""An indexed pattern finds what `finditer` finds."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dualalign.measures.privacy.finder import _rules
from dualalign.measures.privacy.pattern_index import PatternIndex

PIECES = (
    "Dr. Marlowe", "MRN: 123-45-6789", "in New York", "J.Doe@mail.org", "www.a.org", "[**Name**]", "3/14/1991", "May 2, 2019", "Élodie Kovač",
    "(555) 010-4477", "ſerial no 12345", "visit on 3/4", "aged 93", "12 Oak Street", "x", "of", "-", "\n", " ", "A", "9", "_", "'s", "…", "K",
)  # fmt: skip
PATTERNS = [
    r"\b(?i:serial|s/n|no)\b ?(?P<value>\d{2,3})",
    r"(?<![\w.])(?P<value>[A-Z]\w+ [A-Z]\w+)",
    r"(?P<value>\[\*\*[^\]]*\*\*\])",
    r"(?P<value>(?:ab){2,3}c?)",
    r"(?<![\w-])(?P<value>\+?\d{3}-\d{2})",
    r"\b(?P<value>x?y?z)\b",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["", " ", "\n"]))
def test_the_rules_find_the_same_with_and_without_an_index(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    index = _rules().index
    found = index.matches(text)
    for pattern, matches in zip(index.patterns, found, strict=True):
        assert [each.span() for each in matches] == [each.span() for each in pattern.finditer(text)]


@settings(max_examples=200, deadline=None)
@given(st.text("aAbBcxyzZ 019-.+[*]S/NnoOé", max_size=30))
def test_any_pattern_of_any_beginning_is_found(text: str) -> None:
    patterns = [re.compile(each) for each in PATTERNS]
    for pattern, matches in zip(patterns, PatternIndex(patterns).matches(text), strict=True):
        assert [each.span() for each in matches] == [each.span() for each in pattern.finditer(text)]


def test_a_pattern_left_out_finds_nothing_and_hides_nothing() -> None:
    index = PatternIndex([re.compile(r"\bone\b"), re.compile(r"\bon\w+\b")])
    assert [[each[0] for each in found] for found in index.matches("one", [0])] == [[], ["one"]]


def test_what_stands_under_with_is_in_whatever_its_pattern_finds() -> None:
    text = "a.b@c.org x [at] y [dot] org, see www.d.com or e.co.uk and f (at) g.edu"
    rules = _rules()
    for number, needed in rules.only_with.items():
        for match in rules.index.patterns[number].finditer(text):
            assert needed.search(match[0]), match[0]
