import numpy as np
import pytest

from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.form import note_form, traits_of
from dualalign.measures.realism.note_map import map_notes
from dualalign.measures.realism.topics import shared_of_top, topic_overlap
from tests.measures.made_up_notes import WORDS, made_up


def test_traits_are_counted() -> None:
    text = "HISTORY: She denies pain. BP 120/80 today.\nPLAN: Return in 2 weeks."
    found = {name: values[0] for name, values in traits_of([text]).items()}
    assert found["words per note"] == 12
    assert found["sentences per note"] == 3
    assert found["sections per note"] == 2
    assert found["sentences with a negation, %"] == pytest.approx(100 / 3)
    assert found["numbers per 100 words"] == pytest.approx(100 * 2 / 12)


def test_notes_of_one_form_are_near_and_of_another_far() -> None:
    reference = made_up(100, 1)
    same, other = note_form(made_up(100, 2), reference), note_form(made_up(100, 2, words=30), reference)
    assert same.value < 0.1
    assert other.breakdown["apart: words per note"] == 1.0
    assert other.breakdown["words per note"] == 30
    assert other.baseline["target words per note"] == 60
    assert other.baseline["reference against itself"] < 0.2
    assert other.interval is not None
    assert other.interval[0] <= other.value <= other.interval[1]


def test_top_topics_shared_leave_unused_ones_out() -> None:
    first, second = np.zeros(60), np.zeros(60)
    first[:4] = 0.25
    second[2:6] = 0.25
    assert shared_of_top(first, second) == 0.5
    assert shared_of_top(first, first) == 1.0


def _of_themes(n: int, seed: int, themes: int, first: int) -> NoteSet:
    random = np.random.default_rng(seed)
    size = 4
    texts = []
    for row in range(n):
        theme = first + row % themes
        own = WORDS[theme * size : theme * size + size]
        texts.append(" ".join(random.choice(own, 40)) + ".")
    return NoteSet(tuple(texts), tuple(f"n{row}" for row in range(n)), tuple(1 + row % 2 for row in range(n)))


def test_topics_of_the_same_themes_are_shared_and_others_are_not() -> None:
    reference = _of_themes(120, 1, 12, 0)
    same = topic_overlap(_of_themes(120, 2, 12, 0), reference, {1: 0.95})
    other = topic_overlap(_of_themes(120, 3, 12, 12), reference)
    assert same.value > 0.85
    assert other.value < same.value - 0.4
    assert set(same.breakdown) == {"year 1", "year 2"}
    assert same.baseline["published year 1"] == 0.95
    assert same.baseline["chance"] == pytest.approx(20 / 60)
    assert same.interval is not None


def test_a_reference_without_years_is_held_against_whole() -> None:
    reference = _of_themes(120, 1, 6, 0)
    undated = NoteSet(reference.texts, reference.groups, (None,) * len(reference))
    assert "whole reference" in topic_overlap(_of_themes(120, 2, 6, 0), undated).note


def test_map_parts_what_differs() -> None:
    placed = map_notes(_of_themes(60, 1, 2, 0), _of_themes(60, 2, 2, 8))
    assert placed.synthetic.shape == placed.reference.shape == (60, 2)
    away = np.linalg.norm(placed.synthetic.mean(axis=0) - placed.reference.mean(axis=0))
    assert away > 1
