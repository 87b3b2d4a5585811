import pytest

from dualalign.errors import MeasureError
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.giveaways import FEWEST_GROUPS, giveaway_words
from dualalign.measures.realism.two_sample import two_sample_notes, two_sample_sentences
from tests.measures.made_up_notes import made_up


def test_text_of_one_kind_is_not_told_apart_and_of_two_kinds_is() -> None:
    reference = made_up(160, 1)
    same = two_sample_notes(made_up(160, 2), reference)
    strange = made_up(160, 3, tilt=3)
    other, sentences = two_sample_notes(strange, reference), two_sample_sentences(strange, reference)
    assert same.interval is not None
    assert same.interval[0] < 0.5 < same.interval[1] + 0.02
    assert other.value > 0.9
    assert 0.6 < sentences.value < other.value
    assert other.baseline["reference against itself"] == pytest.approx(0.5, abs=0.1)


def test_length_alone_is_given_beside_it() -> None:
    found = two_sample_notes(made_up(60, 1, words=60), made_up(60, 2, words=30))
    assert found.baseline["length alone"] == 1.0


def _letters(group: str) -> str:
    return "".join(chr(ord("a") + int(digit)) * 3 for digit in group[1:].zfill(2))


def test_patients_whose_notes_repeat_a_word_are_not_learned_by_heart() -> None:
    def marked(notes: NoteSet) -> NoteSet:
        texts = tuple(f"{t} {_letters(g)}" for t, g in zip(notes.texts, notes.groups, strict=True))
        return NoteSet(texts, notes.groups, notes.years)

    found = two_sample_notes(marked(made_up(120, 1, patients=6)), made_up(120, 2, patients=40))
    assert found.value < 0.65


def _with(notes: NoteSet, word: str, times: int) -> NoteSet:
    texts = [f"{text} {word}" if row < times else text for row, text in enumerate(notes.texts)]
    return NoteSet(tuple(texts), notes.groups, notes.years)


def test_giveaways_name_the_words_of_either_kind() -> None:
    shown = giveaway_words(_with(made_up(40, 1), "qim quon", 30), _with(made_up(40, 2), "xand", 30))
    assert shown["qim"] > 1
    assert shown["qim quon"] > 1
    assert shown["xand"] < -1


def test_words_of_a_few_reference_notes_are_never_shown() -> None:
    few = FEWEST_GROUPS - 1
    assert "xand" not in giveaway_words(made_up(40, 1), _with(made_up(40, 2), "xand", few))
    assert "xand" in giveaway_words(made_up(40, 1), _with(made_up(40, 2), "xand", FEWEST_GROUPS))
    # A generator that copied it widely does not make it safe.
    ours = _with(made_up(40, 1), "xand", 40)
    assert "xand" not in giveaway_words(ours, _with(made_up(40, 2), "xand", few))
    assert "xand" in giveaway_words(ours, made_up(40, 2))


def test_a_word_of_many_notes_of_few_patients_and_a_name_are_not_shown() -> None:
    assert "xand" not in giveaway_words(made_up(40, 1), _with(made_up(40, 2, patients=5), "xand", 40))
    assert "xand" not in giveaway_words(made_up(40, 1), _with(made_up(40, 2), "Xand", 40))


def test_a_handful_of_notes_is_refused() -> None:
    with pytest.raises(MeasureError, match="too few"):
        two_sample_notes(made_up(40, 1), made_up(10, 2))
