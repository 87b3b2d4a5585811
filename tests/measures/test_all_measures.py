import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.labels.gold import GoldSentences
from dualalign.measures import STEPS, NoteColumns, SourceFiles, Sources, measure_cohort, read_sources
from dualalign.measures.measure import Measure
from dualalign.measures.privacy.canaries import plant_canaries, write_canaries
from dualalign.measures.record_course.persistence import symptom_persistence
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from tests.measures.made_up_notes import made_up


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return open_cohort(generate_cohort("alzheimers", tmp_path_factory.mktemp("all") / "c", 3, seed=3))


def _skipped(
    cohort: Cohort, pack: Pack, only: list[str], sources: Sources | None = None
) -> tuple[set[str], str]:
    said: list[str] = []
    found = measure_cohort(
        cohort, pack, None, sources, only, lambda step, reason: said.append(f"{step}: {reason}")
    )
    return {each.name for step in found.values() for each in step}, "\n".join(said)


def test_what_is_not_at_hand_is_left_out_and_said(cohort: Cohort, pack: Pack) -> None:
    names, said = _skipped(cohort, pack, ["leakage", "realism", "privacy", "labels"])
    assert names == {"identifiers", "plan_against_rules"}
    for option in ("--controls", "--reference", "--saw", "--gold"):
        assert option in said


def test_a_cohort_in_which_nobody_was_seen_is_refused_by_every_step(cohort: Cohort, pack: Pack) -> None:
    counts = cohort.manifest["counts"] | {"notes": 0}
    silent = Cohort(cohort.folder, cohort.manifest | {"counts": counts})
    for step in STEPS:
        with pytest.raises(MeasureError, match="nobody in it has a note"):
            measure_cohort(silent, pack, only=[step])


def test_too_few_patients_leave_out_what_needs_more(cohort: Cohort, pack: Pack) -> None:
    names, said = _skipped(cohort, pack, ["fairness"])
    assert names == {"swap_changes"}
    assert "no groups of 10" in said
    assert "--classifier" in said


def test_sources_bring_their_measures(cohort: Cohort, pack: Pack) -> None:
    gold = GoldSentences(
        ("a", "b"),
        ("She forgets names.", "The sky is blue."),
        tuple(label.id for label in pack.labels.scheme().labels),
        np.array([[True, *[False] * 4], [False] * 5]),
        ("a", "b"),
        ("", ""),
    )
    notes = made_up(60, 1)
    shown, canaries = plant_canaries(notes, 5)
    sources = Sources(
        reference=notes,
        saw=shown,
        held_out=made_up(60, 2),
        canaries=canaries,
        gold=gold,
        others={"model": gold},
    )
    names, said = _skipped(cohort, pack, ["realism", "privacy", "labels"], sources)
    assert names >= {
        "two_sample_notes", "two_sample_sentences", "note_form", "mauve", "topic_overlap", "copied_runs", "copied_nearly",
        "membership_inference", "nearer_to_seen", "canaries", "label_error_rules", "label_error_model",
    }  # fmt: skip
    assert "--" in said  # what still needs data is told
    for option in ("--reference", "--saw, ", "--gold", "(--canaries)"):
        assert option not in said


def test_an_unknown_step_is_refused(cohort: Cohort, pack: Pack) -> None:
    with pytest.raises(MeasureError, match="no step 'beauty'"):
        measure_cohort(cohort, pack, only=["beauty"])


def test_sources_are_read_from_files(tmp_path: Path, pack: Pack) -> None:
    notes = tmp_path / "notes.jsonl"
    rows = [{"body": "A note.", "who": "a"}, {"body": "Another.", "who": "b"}]
    notes.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"text": "She forgets names.", "labels": ["cognitive"]}), encoding="utf-8")
    _, canaries = plant_canaries(made_up(10, 1), 3)
    files = SourceFiles(
        reference=notes,
        columns=NoteColumns("body", "who"),
        saw=notes,
        held_out=notes,
        canaries=write_canaries(canaries, tmp_path / "canaries.json"),
        gold=gold,
        others={"model": gold},
    )
    found = read_sources(files, pack)
    assert found.reference is not None
    assert found.reference.groups == ("a", "b")
    assert found.canaries == canaries
    assert found.gold is not None
    assert found.others["model"].texts == found.gold.texts


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (SourceFiles(saw=Path("x.jsonl")), "--saw without --held-out"),
        (SourceFiles(held_out_people=Path("x.csv")), "--held-out-people without --saw-people"),
        (SourceFiles(others={"model": Path("x.jsonl")}), "--labels without --gold"),
    ],
)
def test_what_needs_a_partner_is_refused_without_one(files: SourceFiles, message: str, pack: Pack) -> None:
    with pytest.raises(MeasureError, match=message):
        read_sources(files, pack)


def test_one_measure_s_failure_loses_no_other(
    cohort: Cohort, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measure_cohort(cohort, pack, only=["alignment", "coherence"])

    def torn(*_: object) -> None:
        raise KeyError("Mrs Canary forgets names")

    monkeypatch.setattr("dualalign.measures.alignment.counts.count_patients", torn)
    metric = symptom_persistence.metric  # type: ignore[attr-defined]
    spoilt = replace(metric, function=lambda cohort: _not_a_number())
    monkeypatch.setattr(symptom_persistence, "metric", spoilt)
    failed: list[tuple[str, str]] = []
    found = measure_cohort(
        cohort,
        pack,
        only=["alignment", "coherence"],
        on_fail=lambda step, error: failed.append((step, str(error))),
    )
    names = {step: [each.name for each in measures] for step, measures in found.items()}
    assert names["alignment"] == ["personas_total_variation"]
    lost = {each.name for each in whole["coherence"]} - set(names["coherence"])
    assert lost == {"symptom_persistence"}
    assert [step for step, _ in failed] == ["alignment", "coherence"]
    assert "failed with KeyError (test_all_measures.py, line" in failed[0][1]
    assert "Canary" not in failed[0][1]
    assert "outside its bounds" in failed[1][1]
    with pytest.raises(MeasureError, match="failed with KeyError"):
        measure_cohort(cohort, pack, only=["alignment"])


def _not_a_number() -> Measure:
    return Measure("nothing", "min", (0, 1), float("nan"))


def test_too_few_notes_to_compare_with_are_told_first(cohort: Cohort, pack: Pack) -> None:
    said: list[str] = []
    found = measure_cohort(
        cohort,
        pack,
        said.append,
        Sources(reference=made_up(2, 1)),
        ["coherence", "realism"],
        lambda step, reason: said.append(f"{step}: {reason}"),
    )
    assert list(found) == ["coherence"]
    assert said == [
        "realism: 2 notes to compare with are too few (--reference): give at least 20",
        "coherence",
    ]
