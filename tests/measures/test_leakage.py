import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.leakage import measure_keyword_leakage, measure_leakage
from dualalign.measures.measure import Measure
from dualalign.packs import load_pack


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("leaky") / "cohort"
    generate_cohort("alzheimers", folder, 24, 24, None, 2, 1)
    return open_cohort(folder)


def test_late_notes_give_more_away_than_early_ones(cohort: Cohort) -> None:
    measure = measure_leakage(cohort, load_pack("alzheimers"), (0, 9))
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
    marked = measure_leakage(open_cohort(folder), pack, (8,))
    clean = measure_leakage(cohort, pack, (8,))
    assert marked.breakdown["AUC 8 years before"] > clean.breakdown["AUC 8 years before"] + 0.1


def test_keywords_count_whatever_is_said_of_them(cohort: Cohort, tmp_path: Path) -> None:
    """Mentions of cases turned into denials change nothing; mentions of cases taken away tell them apart."""
    pack = load_pack("alzheimers")
    measure = measure_keyword_leakage(cohort, pack, (0, 5))
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
    return measure_keyword_leakage(open_cohort(folder), load_pack("alzheimers"), (0, 5))


def test_too_few_controls_are_refused(tmp_path: Path) -> None:
    generate_cohort("alzheimers", tmp_path / "few", 3, 2, None, 2, 1)
    with pytest.raises(MeasureError, match="3 cases and 2 controls"):
        measure_leakage(open_cohort(tmp_path / "few"), load_pack("alzheimers"))
