import numpy as np
import pytest

from dualalign.measures.measure import Measure
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.copying import closest, copied_nearly, copied_runs, without_shared
from dualalign.measures.privacy.word_runs import RunTable, words_of


def _copied(notes: NoteSet, saw: NoteSet, held_out: NoteSet) -> tuple[Measure, Measure]:
    return copied_runs(notes, saw, held_out), copied_nearly(notes, saw, held_out)


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
    exact, near = _copied(cheat, saw, held_out)
    assert exact.value == pytest.approx(0.5, abs=0.01)
    assert near.value > 0.4
    for each in (exact, near):
        assert each.interval is not None
        assert each.interval[0] > 0.3
        assert each.baseline["control"] < 0.1
    for each in _copied(independent, saw, held_out):
        assert each.interval is not None
        assert each.value < 0.03
        assert each.interval[0] == 0


def test_a_copier_that_changes_words_is_found_by_near_sentences(
    edited: NoteSet, saw: NoteSet, held_out: NoteSet
) -> None:
    exact, near = _copied(edited, saw, held_out)
    assert exact.value == 0
    assert near.value > 0.3


def test_what_all_real_notes_share_is_no_copying(saw: NoteSet, held_out: NoteSet) -> None:
    phrase = " ".join(f"set{letter}" for letter in "abcdefghijklmno")

    def with_phrase(notes: NoteSet) -> NoteSet:
        return NoteSet(tuple(f"{text} {phrase}." for text in notes.texts), notes.groups, notes.years)

    ours = NoteSet((phrase,), ("x",), (None,))
    exact, near = _copied(ours, with_phrase(saw), with_phrase(held_out))
    assert exact.breakdown["attack"] == exact.baseline["control"] == 1
    assert exact.value == near.value == 0


def test_closest_counts_pairs_of_words() -> None:
    found = closest(["she walks to the shop alone", "nothing of it"], ["he walks to the shop alone", "alone"])
    assert found.tolist() == pytest.approx([4 / 6, 0.0])


def _notes(*texts: str) -> NoteSet:
    return NoteSet(texts, tuple(map(str, range(len(texts)))), (None,) * len(texts))


def test_accents_and_letters_are_one_however_they_are_encoded() -> None:
    assert words_of("Mu\u0308ller STRASSE \ufb01ne") == words_of("M\u00fcller stra\u00dfe fine")


def test_notes_too_short_to_be_found_are_not_counted_as_safe() -> None:
    long = "the patient walked from the old mill to the red barn with both of his dogs today"
    saw = _notes("Walks well.", "Sleeps.", long)
    exact, near = _copied(saw, saw, _notes(" ".join(f"word{n}" for n in range(20))))
    assert exact.value == near.value == 1
    assert "2 of 3 seen notes have fewer than 12 words: not looked for" in exact.caution
    assert "2 of 3 seen notes" in near.caution


def test_sentences_without_words_are_no_trouble() -> None:
    lines = _notes("- - - - - - - - - - -", "* * * * * * * * * * *")
    exact, near = _copied(lines, lines, lines)
    assert "nothing to try" in exact.caution
    assert near.breakdown["attack"] == 0


def test_unseen_notes_that_were_seen_are_left_out() -> None:
    held_out, shared = without_shared(_notes("She walks.", "He knits."), _notes("she  walks", "It rains."))
    assert (held_out.texts, shared) == (("He knits.",), 1)
    assert len(without_shared(_notes("She walks."), _notes("She walks."))[0]) == 0
