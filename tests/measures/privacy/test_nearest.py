import pytest

from dualalign.measures.measure import TooLittleData
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.nearest import nearness


def test_members_of_a_copier_are_found_and_of_an_independent_writer_are_not(
    independent: NoteSet, cheat: NoteSet, edited: NoteSet, saw: NoteSet, held_out: NoteSet
) -> None:
    for generator in (cheat, edited):
        membership, _ = nearness(generator, saw, held_out)
        assert membership.value > 0.7
        assert membership.breakdown["seen notes found at 5% false alarms"] > 0.4
    membership, nearer = nearness(independent, saw, held_out)
    for each in (membership, nearer):
        assert each.interval is not None
        assert each.interval[0] < 0.5 < each.interval[1]
    assert abs(membership.baseline["control"] - 0.5) < 0.15


def test_a_writer_who_copies_lies_nearer_to_what_it_saw(
    cheat: NoteSet, saw: NoteSet, held_out: NoteSet
) -> None:
    _, nearer = nearness(cheat, saw, held_out)
    assert nearer.value > nearer.baseline["control"]
    assert nearer.interval is not None
    assert nearer.interval[0] > 0.5
    assert nearer.baseline["naive guess"] == 0.5


def test_one_note_copied_for_everybody_is_found(saw: NoteSet, held_out: NoteSet) -> None:
    ours = NoteSet((saw.texts[3],) * 200, tuple(map(str, range(200))), (None,) * 200)
    _, nearer = nearness(ours, saw, held_out)
    assert nearer.value == 1
    few = NoteSet(held_out.texts[:2], ("a", "b"), (None, None))
    membership, _ = nearness(ours, saw.take([3, 5]), few)
    assert membership.breakdown["seen notes found at 5% false alarms"] >= 0.5


def test_notes_without_telling_words_are_too_little(saw: NoteSet) -> None:
    blank = NoteSet(("...", "---"), ("a", "b"), (None, None))
    with pytest.raises(TooLittleData):
        nearness(blank, blank, blank)
