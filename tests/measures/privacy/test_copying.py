import numpy as np
import pytest

from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy import measure_copying
from dualalign.measures.privacy.copying import closest
from dualalign.measures.privacy.word_runs import RunTable


def test_runs_are_found_wherever_they_stand_and_never_across_texts() -> None:
    words: dict[str, int] = {}
    mine = RunTable(["one two three four", "five six", ""], words)
    theirs = RunTable(["zero ONE two, three", "four five six seven"], words)
    assert mine.shared(theirs, 3).tolist() == [0.5, 0.0, 0.0]
    assert mine.shared(theirs, 2).tolist() == pytest.approx([2 / 3, 1.0, 0.0])
    assert mine.shared(RunTable([], words), 2).tolist() == [0.0, 0.0, 0.0]


def test_hashes_agree_with_comparing_words() -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(list("abcd"), 30)) for _ in range(40)]
    words: dict[str, int] = {}
    first, second = RunTable(texts[:20], words), RunTable(texts[20:], words)
    theirs = {tuple(t.split()[i : i + 4]) for t in texts[20:] for i in range(27)}
    expected = [np.mean([tuple(t.split()[i : i + 4]) in theirs for i in range(27)]) for t in texts[:20]]
    assert first.shared(second, 4) == pytest.approx(expected)


def test_a_copier_is_flagged_and_an_independent_writer_is_not(
    independent: NoteSet, cheat: NoteSet, saw: NoteSet, held_out: NoteSet
) -> None:
    exact, near = measure_copying(cheat, saw, held_out)
    assert exact.value == pytest.approx(0.5, abs=0.01)
    assert near.value > 0.4
    for each in (exact, near):
        assert each.interval is not None
        assert each.interval[0] > 0.3
        assert each.baseline["control"] < 0.1
    for each in measure_copying(independent, saw, held_out):
        assert each.interval is not None
        assert each.value < 0.03
        assert each.interval[0] == 0


def test_a_copier_that_changes_words_is_found_by_near_sentences(
    edited: NoteSet, saw: NoteSet, held_out: NoteSet
) -> None:
    exact, near = measure_copying(edited, saw, held_out)
    assert exact.value == 0
    assert near.value > 0.3


def test_what_all_real_notes_share_is_no_copying(saw: NoteSet, held_out: NoteSet) -> None:
    phrase = " ".join(f"set{letter}" for letter in "abcdefghijklmno")

    def with_phrase(notes: NoteSet) -> NoteSet:
        return NoteSet(tuple(f"{text} {phrase}." for text in notes.texts), notes.groups, notes.years)

    ours = NoteSet((phrase,), ("x",), (None,))
    exact, near = measure_copying(ours, with_phrase(saw), with_phrase(held_out))
    assert exact.breakdown["attack"] == exact.baseline["control"] == 1
    assert exact.value == near.value == 0


def test_closest_counts_pairs_of_words() -> None:
    found = closest(["she walks to the shop alone", "nothing of it"], ["he walks to the shop alone", "alone"])
    assert found.tolist() == pytest.approx([4 / 6, 0.0])
