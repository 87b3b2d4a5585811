import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.notes.decisions import decision_tree
from dualalign.notes.inflection import Verbs
from dualalign.notes.phrase_language import expand, parse
from dualalign.packs.schema.verbs import IrregularVerbs

VERBS = Verbs(IrregularVerbs(irregular={"forget": ("forgot", "forgotten")}, full={}, doubling=["forget"]))
SETTLED = {
    "he": "she",
    "year": ("1998", "2003", "2011"),
    "place": (parse("at [home|work]", VERBS), "abroad"),
}


def walk(tree: Any, draw: Callable[[], float]) -> Any:
    while type(tree) is tuple:
        tree = tree[int(draw() * len(tree))]
    return tree


@pytest.mark.parametrize(
    "phrase",
    [
        "no choice at all",
        "[one|two] and [three|four|five]",
        "[outer [inner|other]|plain] end",
        "{he} was seen in {year} [again|] {place}",
        "[{year}|{he} [a|b]]",
    ],
)
@given(seed=st.integers(0, 2**16))
def test_a_walk_takes_the_draws_and_gives_the_text_of_an_expansion(phrase: str, seed: int) -> None:
    parts = parse(phrase, VERBS)
    tree = decision_tree(parts, str.upper, SETTLED.get)
    expanding, walking = random.Random(seed), random.Random(seed)
    out: list[str] = []
    expand(parts, out, SETTLED, expanding.random)
    assert walk(tree, walking.random) == "".join(out).upper()
    assert walking.random() == expanding.random()


def test_a_phrase_that_a_visit_fills_or_that_becomes_too_many_texts_has_no_tree() -> None:
    assert decision_tree(parse("aged {age}", VERBS), str, SETTLED.get) is None
    assert decision_tree(parse("<forget> it", VERBS), str, SETTLED.get) is None
    many = parse("[a|b][a|b][a|b]", VERBS)
    assert decision_tree(many, str, SETTLED.get, limit=7) is None
    assert decision_tree(many, str, SETTLED.get, limit=8) is not None
