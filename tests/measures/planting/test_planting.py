"""Faults planted in a small cohort: typed, located, with spans that stay exact."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import MeasureError
from dualalign.measures.contradictions import KINDS
from dualalign.measures.planting import PLANTED, plant_faults, recall_of
from dualalign.packs import load_pack

PER_KIND = 2


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    return generate_cohort("alzheimers", tmp_path_factory.mktemp("clean") / "cohort", 8)


@pytest.fixture(scope="module")
def planted(clean, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("planted") / "cohort"
    plant_faults(open_cohort(clean), out, load_pack("alzheimers"), per_kind=PER_KIND)
    return out


def rows(folder: Path, table: str) -> list[dict]:
    return open_cohort(folder).table(table).to_pylist()


@pytest.fixture(scope="module")
def faults(planted) -> list[dict]:
    return pq.read_table(planted / "faults.parquet").to_pylist()


def test_every_kind_is_a_kind_of_contradiction_in_its_order() -> None:
    assert [kind for kind in KINDS if kind in PLANTED] == list(PLANTED)
    assert len(PLANTED) >= 12


def test_at_most_one_fault_a_note_and_as_many_as_asked_for(faults) -> None:
    assert len({row["note_id"] for row in faults}) == len(faults)
    kinds = [row["kind"] for row in faults]
    assert len(set(kinds)) > 0.8 * len(PLANTED)
    assert max(map(kinds.count, kinds)) <= PER_KIND


def test_a_fault_stands_where_the_list_says_and_nothing_else_changed(clean, planted, faults) -> None:
    before = {row["note_id"]: row["text"] for row in rows(clean, "notes")}
    now = {row["note_id"]: row["text"] for row in rows(planted, "notes")}
    changed = {row["note_id"] for row in faults}
    assert {note for note in before if before[note] != now[note]} == changed
    for row in faults:
        text = now[row["note_id"]]
        assert text[row["start"] : row["end"]] == row["after"]
        old = before[row["note_id"]]
        assert old.startswith(text[: row["start"]].rstrip("\n "))
        assert old.endswith(text[row["end"] :])


def test_spans_of_sentences_and_mentions_stay_exact(clean, planted) -> None:
    text = {row["note_id"]: row["text"] for row in rows(planted, "notes")}
    sentences = rows(planted, "sentences")
    assert all(row["text"] == text[row["note_id"]][row["start"] : row["end"]] for row in sentences)
    spans = {(row["note_id"], row["sentence"]): (row["start"], row["end"]) for row in sentences}
    assert len(spans) == len(sentences)
    old = {row["note_id"]: row["text"] for row in rows(clean, "notes")}
    said_before = [row for row in rows(clean, "mentions") if row["start"] is not None]
    said = [row for row in rows(planted, "mentions") if row["start"] is not None]
    assert len(said) == len(said_before)
    moved = 0
    for row, was in zip(said, said_before, strict=True):
        start, end = spans[row["note_id"], row["sentence"]]
        assert start <= row["start"] < row["end"] <= end
        same = (
            text[row["note_id"]][row["start"] : row["end"]] == old[was["note_id"]][was["start"] : was["end"]]
        )
        moved += not same
    assert moved <= 0.001 * len(said)


def test_a_sentence_put_in_has_no_labels_and_says_whence_it_is(planted, faults) -> None:
    added = [row for row in rows(planted, "sentences") if row["label_source"] == "planted"]
    assert added
    assert all(row["labels"] == [] for row in added)
    assert {row["note_id"] for row in added} <= {row["note_id"] for row in faults}


def test_a_planted_cohort_is_a_cohort_and_no_run_takes_it_for_its_own(clean, planted) -> None:
    one, other = open_cohort(clean), open_cohort(planted)
    other.check()
    assert other.manifest["planted"] == {"kinds": list(PLANTED), "per_kind": PER_KIND, "seed": 0}
    assert other.manifest["fingerprint"] != one.manifest["fingerprint"]


def test_the_checker_finds_what_was_planted(planted) -> None:
    faults = pq.read_table(planted / "faults.parquet")
    found = recall_of(open_cohort(planted), faults)
    assert sum(each.found for each in found) >= 0.95 * len(faults)
    assert sum(each.planted for each in found) == len(faults)


def test_nothing_is_found_of_a_fault_that_is_not_there(clean, planted) -> None:
    """Recall counts contradictions at the place of the fault, not any that the note holds anyway."""
    faults = pq.read_table(planted / "faults.parquet")
    found = recall_of(open_cohort(clean), faults)
    assert sum(each.found for each in found) <= 0.1 * len(faults)


def test_the_same_seed_plants_the_same(clean, planted, tmp_path) -> None:
    again = plant_faults(open_cohort(clean), tmp_path / "again", load_pack("alzheimers"), per_kind=PER_KIND)
    other = plant_faults(
        open_cohort(clean), tmp_path / "other", load_pack("alzheimers"), ["age_disagrees"], PER_KIND, seed=1
    )
    first = pq.read_table(planted / "faults.parquet")
    assert again.equals(first)
    assert set(other.column("kind").to_pylist()) == {"age_disagrees"}


@pytest.mark.parametrize(
    ("kinds", "per_kind", "said"), [(["nonsense"], 1, "cannot be planted"), (["wrong_sex"], 0, "at least 1")]
)
def test_what_cannot_be_planted_is_refused(clean, tmp_path, kinds, per_kind, said) -> None:
    with pytest.raises(MeasureError, match=said):
        plant_faults(open_cohort(clean), tmp_path / "out", load_pack("alzheimers"), kinds, per_kind)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(clean, tmp_path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(MeasureError, match="is not empty"):
        plant_faults(open_cohort(clean), tmp_path, load_pack("alzheimers"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
