"""A pack of another disease, in a few lines, gives labelled notes: nothing in the engine knows which disease it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualalign.charts import PatientSimulator
from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.labels import RulesAnnotator
from dualalign.notes import PassageWriter
from dualalign.notes.compose import compose_sentences
from dualalign.packs import Pack
from dualalign.packs.loader import read_pack
from dualalign.personas import sample_personas

TOY = Path(__file__).parent / "toy"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Two patients and one person without the disease."""
    return open_cohort(generate_cohort(TOY, tmp_path_factory.mktemp("toy") / "cohort", 2, 1, seed=4))


def test_two_patients_and_a_control_have_notes(cohort: Cohort) -> None:
    personas = cohort.table("personas").to_pylist()
    assert [each["is_case"] for each in personas] == [True, True, False]
    notes = cohort.table("notes").to_pylist()
    assert {each["patient_id"] for each in notes} == {each["patient_id"] for each in personas}
    assert cohort.pack_id == "toy"


def test_everything_told_is_of_the_pack(cohort: Cohort, toy: Pack) -> None:
    visits = cohort.table("visits").to_pylist()
    assert {each["note_type"] for each in visits} <= {kind.id for kind in toy.visits.types}
    assert {each["stage"] for each in visits} <= {stage.id for stage in toy.stages.stages}
    assert all(1 <= each["year_bin"] <= toy.pack.horizon_years for each in visits)
    mentions = cohort.table("mentions").to_pylist()
    assert {"tremor", "slowness"} <= {each["term"] for each in mentions} <= set(toy.lexicon.terms())
    labels = {label for each in cohort.table("sentences").to_pylist() for label in each["labels"]}
    assert {"motor", "function"} <= labels <= {label.id for label in toy.labels.scheme().labels}


def test_mentions_stand_where_the_cohort_says(cohort: Cohort, toy: Pack) -> None:
    """Every line of the pack is known, so what a span holds can be told by its words."""
    words = {
        "tremor": "shak|tremor|slow",
        "slowness": "slow|bradykinesia|longer|quicker|tremor",
        "buttons": "button|fastener|fine motor",
        "handwriting": "writ|micrographia|fine motor",
    }
    texts = {each["note_id"]: each["text"] for each in cohort.table("notes").to_pylist()}
    for mention in cohort.table("mentions").to_pylist():
        said = texts[mention["note_id"]][mention["start"] : mention["end"]].lower()
        assert any(word in said for word in words[mention["term"]].split("|")), (mention["term"], said)


def test_a_cohort_of_the_toy_is_the_same_bytes_again(cohort: Cohort, tmp_path: Path) -> None:
    again = open_cohort(generate_cohort(TOY, tmp_path / "again", 2, 1, seed=4))
    assert again.table("notes").equals(cohort.table("notes"))
    other = open_cohort(generate_cohort(TOY, tmp_path / "other", 2, 1, seed=5))
    assert not other.table("notes").equals(cohort.table("notes"))


def test_a_pack_without_illnesses_medicines_and_complaints_has_notes_too(
    toy_copy: Path, tmp_path: Path
) -> None:
    for name in ("conditions.yaml", "medicines.yaml", "complaints/primary_care.yaml"):
        (toy_copy / name).unlink()
    bare = open_cohort(generate_cohort(toy_copy, tmp_path / "bare", 2, seed=4))
    assert bare.table("notes").num_rows > 10
    assert bare.table("conditions").num_rows == 0
    assert bare.table("medications").num_rows == 0


def test_a_complaint_of_the_pack_is_told_from_story_to_plan(toy: Pack) -> None:
    simulator = PatientSimulator(toy, "plain")
    writer = PassageWriter(toy, simulator.book)
    for persona in sample_personas(toy, 12, 4):
        trajectory = simulator.simulate(persona, 4)
        for plan, note in zip(trajectory.plans, writer.write_patient(trajectory, 4), strict=True):
            if plan.agenda is not None and plan.agenda.items and plan.agenda.items[0].id == "wrist_sprain":
                side = plan.agenda.items[0].side
                assert note.text.lower().count(f"{side} wrist") >= 3
                assert "500 mg every six hours as needed" in note.text
                return
    raise AssertionError("nobody came for the complaint")


def test_the_pack_s_fingerprint_is_kept_with_the_cohort(cohort: Cohort) -> None:
    assert cohort.manifest["options"]["pack_fingerprint"] == read_pack(TOY).fingerprint


def test_the_rules_label_by_the_pack_s_own_patterns(toy: Pack) -> None:
    rules = RulesAnnotator(toy, toy.labels.default)
    sentences = [
        "Resting tremor of the right hand.",
        "Denies tremor.",
        "His wife reports that he has trouble with buttons.",
        "Reduced arm swing on the left.",
        "Memory loss and confusion.",
    ]
    labels = [annotation.labels for annotation in rules.annotate(sentences)]
    assert labels == [("motor",), (), ("function", "noticed"), ("motor",), ()]


def test_unaligned_sentences_are_written_for_every_label(toy: Pack) -> None:
    sentences = list(compose_sentences(toy, 5, 0))
    assert [each.written_for for each in sentences] == ["motor"] * 5 + ["function"] * 5 + ["noticed"] * 5
    assert all(each.written_for in each.labels for each in sentences)
