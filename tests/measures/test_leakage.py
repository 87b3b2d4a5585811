import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.leakage import (
    Readings,
    leakage_excess,
    leakage_excess_keywords,
    read_cohort,
    read_notes,
)
from dualalign.measures.measure import Measure
from dualalign.measures.note_sets import NoteSet
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("leaky") / "cohort"
    generate_cohort("alzheimers", folder, 24, 24, None, 2, 1)
    return open_cohort(folder)


def test_late_notes_give_more_away_than_early_ones(cohort: Cohort) -> None:
    measure = leakage_excess(read_cohort(cohort), load_pack("alzheimers"), (0, 9))
    assert measure.breakdown["AUC 0 years before"] > 0.85
    assert measure.breakdown["AUC 9 years before"] < 0.8
    assert measure.baseline["real notes 0 years before"] == pytest.approx(0.861)
    assert measure.baseline["real notes 9 years before"] == pytest.approx(0.6054, abs=1e-3)


def test_a_mark_in_early_notes_is_found(cohort: Cohort, tmp_path: Path) -> None:
    folder = tmp_path / "marked"
    shutil.copytree(cohort.folder, folder)
    cases = {
        row["patient_id"]
        for row in cohort.table("personas", ["patient_id", "is_case"]).to_pylist()
        if row["is_case"]
    }
    for part in sorted((folder / "notes").glob("*.parquet")):
        table = pq.read_table(part)
        text = [
            f"{note} zzleak" if patient in cases else note
            for note, patient in zip(table["text"].to_pylist(), table["patient_id"].to_pylist(), strict=True)
        ]
        place = table.schema.get_field_index("text")
        pq.write_table(table.set_column(place, "text", pa.array(text)), part)
    pack = load_pack("alzheimers")
    marked = leakage_excess(read_cohort(open_cohort(folder)), pack, (8,))
    clean = leakage_excess(read_cohort(cohort), pack, (8,))
    assert marked.breakdown["AUC 8 years before"] > clean.breakdown["AUC 8 years before"] + 0.05


def test_keywords_count_whatever_is_said_of_them(cohort: Cohort, tmp_path: Path) -> None:
    """Mentions of cases turned into denials change nothing; mentions of cases taken away tell them apart."""
    pack = load_pack("alzheimers")
    measure = leakage_excess_keywords(read_cohort(cohort), cohort, pack, (0, 5))
    assert measure.name == "leakage_excess_keywords"
    assert measure.breakdown["AUC 0 years before"] > measure.breakdown["AUC 5 years before"]
    mentions = pq.read_table(cohort.folder / "mentions.parquet")
    place = mentions.schema.get_field_index("polarity")
    denied = pa.array(["negated"] * len(mentions), mentions.schema.field(place).type)
    assert (
        _with_mentions(cohort, tmp_path / "denied", mentions.set_column(place, "polarity", denied)) == measure
    )

    old = cohort.table("visits", ["patient_id", "visit", "year_bin"]).to_pylist()
    early = {(row["patient_id"], row["visit"]) for row in old if row["year_bin"] > 5}
    cases = {row["patient_id"] for row in cohort.table("personas").to_pylist() if row["is_case"]}
    kept = [
        not (patient in cases and (patient, visit) in early)
        for patient, visit in zip(
            mentions["patient_id"].to_pylist(), mentions["visit"].to_pylist(), strict=True
        )
    ]
    silent = _with_mentions(cohort, tmp_path / "silent", mentions.filter(pa.array(kept)))
    assert silent.breakdown["AUC 5 years before"] > 0.95


def _with_mentions(cohort: Cohort, folder: Path, mentions: pa.Table) -> Measure:
    shutil.copytree(cohort.folder, folder)
    pq.write_table(mentions, folder / "mentions.parquet")
    changed = open_cohort(folder)
    return leakage_excess_keywords(read_cohort(changed), changed, load_pack("alzheimers"), (0, 5))


def test_too_few_controls_are_refused(tmp_path: Path) -> None:
    generate_cohort("alzheimers", tmp_path / "few", 3, 2, None, 2, 1)
    with pytest.raises(MeasureError, match="3 cases and 2 controls"):
        leakage_excess(read_cohort(open_cohort(tmp_path / "few")), load_pack("alzheimers"))


def test_notes_of_exactly_so_many_years_before_are_not_more_than_so_many(pack: Pack) -> None:
    """The strict comparison: words of the year k itself tell at k - 1 and are silent at k."""
    marks = ("lost", "well")
    people = range(60)
    notes = [(row, 3, f"walks {marks[row % 2]}") for row in people]
    notes += [(row, 9, "walks in the park") for row in people]
    names = tuple(map(str, people))
    readings = Readings(names, np.array([row % 2 == 0 for row in people]), names, tuple(notes))
    found = leakage_excess(readings, pack, (2, 3)).breakdown
    assert found["AUC 2 years before"] == 1.0
    assert found["AUC 3 years before"] < 0.7


def test_notes_without_years_are_read_all_together(pack: Pack) -> None:
    notes = NoteSet(
        tuple(f"walks {'lost' if row % 2 else 'well'}" for row in range(60)),
        tuple(map(str, range(60))),
        (None,) * 60,
        cases=tuple(bool(row % 2) for row in range(60)),
    )
    found = leakage_excess(read_notes(notes), pack)
    assert found.breakdown == {"AUC 0 years before": 1.0}
    assert "years are not known" in found.note


def test_years_of_notes_count_the_last_one_as_0(pack: Pack) -> None:
    notes = NoteSet(("a", "b", "c"), ("x", "x", "y"), (0, 4, 0), cases=(True, True, False))
    readings = read_notes(notes)
    assert readings.notes == ((0, 1, "a"), (0, 5, "b"), (1, 1, "c"))
    assert readings.cases.tolist() == [True, False]
