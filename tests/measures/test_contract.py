"""Every measure keeps the contract, and one more is a function and a line."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from dualalign.errors import MeasureError
from dualalign.measures import (
    STEPS,
    Context,
    Figure,
    Measure,
    NoteSet,
    TooLittleData,
    lower,
    measure_notes,
    measured,
    metrics_of,
    neither,
)
from dualalign.measures.coherence import BY_DATE, IN_TEXT, contradictions_in_text
from dualalign.measures.contradictions import KINDS
from dualalign.measures.measure import grouped_interval
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from tests.measures.made_up_notes import made_up

DOCS = Path(__file__).parents[2] / "docs" / "measures.md"
METRICS = [metric for step in STEPS for metric in metrics_of(step)]
NAMES = [name for metric in METRICS for name in metric.contracts]


def test_names_are_unique_and_each_is_in_the_docs() -> None:
    assert len(NAMES) == len(set(NAMES))
    documented = DOCS.read_text(encoding="utf-8")
    lacking = [name for name in NAMES if f"`{name}" not in documented]
    assert not lacking


def test_what_a_measure_needs_is_known_or_has_a_default() -> None:
    from inspect import Parameter, signature

    for metric in METRICS:
        parameters = signature(metric.function).parameters.values()
        for each in parameters:
            assert hasattr(Context, each.name) or each.default is not Parameter.empty, metric.contracts
        for condition in metric.needs[: -len(parameters)]:
            assert hasattr(Context, condition), condition


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture
def words() -> ModuleType:
    """A module of a new measure, as somebody would add it."""

    @measured(words_a_note=lower())
    def words_a_note(notes: NoteSet) -> Measure:
        """Return the mean number of words."""
        return Figure(float(np.mean([len(text.split()) for text in notes.texts])), unit="words")

    module = ModuleType("dualalign.measures.words")
    words_a_note.__module__ = module.__name__
    module.words_a_note = words_a_note  # type: ignore[attr-defined]
    return module


def test_a_new_measure_is_a_function_and_a_line(words: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, words.__name__, words)
    monkeypatch.setitem(STEPS, "diversity", ("words",))
    found = measure_notes(made_up(30, 1, words=7), only=["diversity"])["diversity"]
    assert [each.name for each in found] == ["words_a_note"]
    assert found[0].goal == "min"
    assert str(found[0]) == "words_a_note 7 words"


def test_a_value_outside_the_contract_s_bounds_is_refused() -> None:
    @measured(share=neither(0, 1))
    def share(value: float) -> Measure:
        return Figure(value)

    assert share(0.5).goal == "none"

    with pytest.raises(MeasureError, match="'share': value 1\\.5 outside"):
        share(1.5)


def test_notes_alone_are_measured_as_far_as_text_allows() -> None:
    said: list[str] = []
    notes = made_up(60, 1)
    found = measure_notes(notes, on_skip=lambda step, reason: said.append(f"{step}: {reason}"))
    names = {each.name for step in found.values() for each in step}
    assert names == {
        "distinct_4", "self_bleu_4", "compression_ratio", "semantic_spread", "identifiers",
    }  # fmt: skip
    assert "alignment: needs the tables of a cohort, and these are notes alone" in said
    assert any("(--pack)" in each for each in said)
    assert any("(--case-column)" in each for each in said)
    assert len(said) == len(set(said))


def test_sentences_without_labels_are_held_against_those_of_the_reference() -> None:
    from dualalign.measures import Sources

    found = measure_notes(made_up(60, 1), sources=Sources(reference=made_up(60, 2)), only=["diversity"])
    for each in found["diversity"]:
        assert any("reference" in name for name in each.baseline), each.name
        assert "real notes" not in each.baseline


def test_an_input_that_is_missing_is_told_once_and_other_measures_are_made() -> None:
    context = Context(notes=made_up(5, 1))
    (metric,) = (each for each in METRICS if "note_form" in each.contracts)
    assert metric.lacking(context) == "needs notes to compare with (--reference)"
    with pytest.raises(MeasureError, match="--reference"):
        metric.compute(context)


def test_the_shift_of_a_distance_is_what_resampling_adds() -> None:
    values = np.random.default_rng(3).normal(0.0, 1.0, (60, 30))
    groups = [f"g{row // 2}" for row in range(60)]
    seen: list[float] = []

    def distance(rows: np.ndarray) -> float:
        seen.append(float(np.abs(values[rows].mean(axis=0)).mean()))
        return seen[-1]

    plain = grouped_interval(groups, distance)
    added = float(np.mean(seen)) - distance(np.arange(60))
    shifted = grouped_interval(groups, distance, shifted=True)
    assert plain is not None
    assert shifted is not None
    assert added > 0.02
    assert shifted == pytest.approx((plain[0] - added, plain[1] - added))
    held = grouped_interval(groups, distance, shifted=True, bounds=(shifted[0] + 0.01, 1.0))
    assert held == pytest.approx((shifted[0] + 0.01, shifted[1]))


def test_too_little_data_is_no_failure() -> None:
    said: list[str] = []
    failed: list[str] = []
    measure_notes(
        made_up(1, 1, words=1),
        only=["diversity"],
        on_skip=lambda step, reason: said.append(reason),
        on_fail=lambda step, error: failed.append(str(error)),
    )
    assert len(said) == 2
    assert not failed
    assert issubclass(TooLittleData, MeasureError)


@pytest.mark.parametrize(
    ("kind", "first", "then"),
    [
        ("device_disagrees", "She walks with a walker.", "She walks unaided."),
        ("fact_changed", "She is right-handed.", "She is left-handed."),
        ("function_regained", "No longer drives.", "Still drives."),
        ("living_changed", "Lives in a nursing home.", "Lives alone."),
        ("operation_changed", "Appendectomy 1990.", "Appendectomy 1972."),
        ("schooling_changed", "She has 12 years of education.", "She has 16 years of education."),
        ("weight_leaps", "Weight 180 lb.", "Weight 120 lb."),
        ("drug_too_early", "Sleeps well.", "Started on lecanemab."),
        ("name_too_early", "Sleeps well.", "Amyloid PET was negative."),
    ],
)
def test_contradictions_are_read_in_text_alone(kind: str, first: str, then: str, pack: Pack) -> None:
    """The other patient's note speaks of a stage and a diagnosis, of which nothing is known."""
    other = "Alzheimer's disease was diagnosed today. MMSE 12/30."
    days = (date(1990, 2, 1), date(1990, 1, 1), date(1990, 1, 1))
    notes = NoteSet((then, first, other), ("a", "a", "b"), (None,) * 3, days)
    found = contradictions_in_text(notes, pack)
    assert [name for name, count in found.breakdown.items() if count] == [kind]
    assert found.value == pytest.approx(1000 * found.breakdown[kind] / 3)
    assert "3 notes of 2 patients" in found.note
    assert "--date-column" not in found.note
    same = contradictions_in_text(replace(notes, texts=(first, first, other)), pack)
    assert same.value == 0
    undated = contradictions_in_text(replace(notes, dates=()), pack)
    assert undated.breakdown.keys() == IN_TEXT
    assert "--date-column" in undated.note


def test_kinds_of_text_are_kinds() -> None:
    assert KINDS.keys() > IN_TEXT | BY_DATE
