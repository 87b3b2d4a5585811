import pytest

from dualalign.errors import MeasureError
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import Attack, Rate, attack_figure
from dualalign.measures.privacy.canaries import measure_canaries, plant_canaries


def test_canaries_come_back_from_a_copier_only(saw: NoteSet, independent: NoteSet) -> None:
    shown, canaries = plant_canaries(saw, 20)
    assert sum(text != before for text, before in zip(shown.texts, saw.texts, strict=True)) == 20
    assert len({*canaries.planted, *canaries.decoys}) == 40
    copied = measure_canaries(shown, canaries)
    assert copied.value == 1
    assert copied.baseline["control"] == 0
    clean = measure_canaries(independent, canaries)
    assert clean.value == 0
    assert "no proof" in clean.note
    half = shown.take(range(1, len(shown), 2))
    assert 0 < measure_canaries(half, canaries).value < 1


def test_more_canaries_than_notes_are_refused(saw: NoteSet) -> None:
    with pytest.raises(MeasureError, match="100 canaries in 2 copies for 150 notes"):
        plant_canaries(saw, 100, copies=2)


def test_risk_is_what_exceeds_the_control_as_a_share_of_what_can_be_won() -> None:
    found = attack_figure(Attack(Rate(60, 100), Rate(10, 100), Rate(20, 100)))
    assert found.value == pytest.approx(0.5)
    assert found.interval is not None
    assert found.interval[0] < 0.5 < found.interval[1]
    assert found.baseline == {"naive guess": 0.1, "control": 0.2}
    few = attack_figure(Attack(Rate(60, 100, 10), Rate(10, 100), Rate(20, 100)))
    assert few.interval is not None
    assert few.interval[0] < found.interval[0]


def test_an_attack_below_its_naive_guess_says_so() -> None:
    weak = attack_figure(Attack(Rate(5, 100), Rate(10, 100), Rate(5, 100)))
    assert weak.value == 0
    assert "no proof" in weak.note
    assert "no proof" not in attack_figure(Attack(Rate(15, 100), Rate(10, 100), Rate(5, 100))).note
