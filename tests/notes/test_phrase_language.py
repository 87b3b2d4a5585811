import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.notes.inflection import FORMS, Verbs
from dualalign.notes.phrase_language import PhraseSyntaxError, expand, parse, slots
from dualalign.packs.schema.verbs import IrregularVerbs

VERBS = Verbs(
    IrregularVerbs(
        irregular={"leave": ("left", "left"), "forget": ("forgot", "forgotten")},
        full={"be": ("is", "was", "being", "been")},
        doubling=["forget"],
    )
)


def say(phrase: str, form: str = "past", seed: int = 0, **context: object) -> str:
    out: list[str] = []
    expand(parse(phrase, VERBS), out, context, random.Random(seed).random, FORMS[form])
    return "".join(out)


def test_plain_text_is_itself() -> None:
    assert say("left the stove on") == "left the stove on"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("base", "leave the stove on and forget it"),
        ("s", "leaves the stove on and forgets it"),
        ("past", "left the stove on and forgot it"),
        ("ing", "leaving the stove on and forgetting it"),
        ("pp", "left the stove on and forgotten it"),
    ],
)
def test_every_marked_verb_takes_the_form(form: str, expected: str) -> None:
    assert say("<leave> the stove on and <forget> it", form) == expected


def test_alternatives_nest_and_may_be_empty() -> None:
    found = {say("[a|b[1|2]|]c", seed=seed) for seed in range(200)}
    assert found == {"ac", "b1c", "b2c", "c"}


def test_a_verb_inside_an_alternative_is_inflected() -> None:
    assert say("[<be>] lost", "ing") == "being lost"


def test_slots_take_text_lists_and_functions() -> None:
    assert say("{his} {tool}", his="her", tool=("wrench",)) == "her wrench"
    assert say("{event:ing}", event=lambda form: f"<{form}>") == "<ing>"


def test_slots_are_found_inside_alternatives() -> None:
    assert slots(parse("{he} [lost {his} [{tool}|keys]|]", VERBS)) == {"he", "his", "tool"}


@pytest.mark.parametrize("phrase", ["[a|b", "a]b", "a|b", "{}", "{open", "<>", "<go", "[a|{b]", "}x"])
def test_a_broken_phrase_names_its_column(phrase: str) -> None:
    with pytest.raises(PhraseSyntaxError, match="column"):
        parse(phrase, VERBS)


@given(st.text(alphabet="abc []{}<>|:", max_size=30))
def test_any_text_parses_or_is_refused(phrase: str) -> None:
    try:
        parts = parse(phrase, VERBS)
    except PhraseSyntaxError:
        return
    context = dict.fromkeys(slots(parts), "x")
    out: list[str] = []
    expand(parts, out, context, random.Random(0).random)
    assert not any(mark in "".join(out) for mark in "[]{}<>|")
