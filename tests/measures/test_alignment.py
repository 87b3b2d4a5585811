from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.alignment.counts import PatientCounts, count_patients
from dualalign.measures.alignment.course import course_error
from dualalign.measures.alignment.personas import marginal_shares, personas_total_variation
from dualalign.measures.alignment.tables import (
    domains_total_variation,
    mentions_error,
    notes_error,
    visits_error,
)
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("measured") / "cohort"
    generate_cohort("alzheimers", folder, 24, 6, "paper", 3, 1)
    return open_cohort(folder)


def test_counts_are_those_of_the_tables_without_controls(cohort: Cohort, pack: Pack) -> None:
    counts = count_patients(cohort, pack)
    personas = cohort.table("personas").to_pylist()
    cases = {row["patient_id"] for row in personas if row["is_case"]}
    visits = [row for row in cohort.table("visits").to_pylist() if row["patient_id"] in cases]
    mentions = [row for row in cohort.table("mentions").to_pylist() if row["patient_id"] in cases]
    assert counts.patients == 24
    assert counts.visits.sum() == len(visits)
    assert counts.mentions.sum() == counts.domains.sum() == len(mentions)
    last_year = {row["note_id"] for row in visits if row["year_bin"] == 1}
    assert counts.mentions[:, 0].sum() == sum(row["note_id"] in last_year for row in mentions)


def test_a_cohort_made_to_the_tables_lies_within_noise_of_them(cohort: Cohort, pack: Pack) -> None:
    profile = pack.profiles.profile("paper")
    counts = count_patients(cohort, pack)
    for measure in (
        visits_error(counts, pack, profile),
        mentions_error(counts, pack, profile),
        domains_total_variation(counts, pack),
        notes_error(counts, pack, profile),
    ):
        assert measure.interval is not None
        assert measure.interval[0] <= measure.value <= measure.interval[1], measure.name
        # Mentions that a note owes are told in later notes, so a year may be some per cent off beyond its noise.
        noise = 3 if measure.name == "mentions_error" else 2
        assert measure.value < noise * measure.baseline["noise, 1 in 20"], measure.name
    assert personas_total_variation(cohort, pack).value <= 1.5 / 24


def test_what_is_off_target_shows(cohort: Cohort, pack: Pack) -> None:
    profile = pack.profiles.profile("paper")
    counts = count_patients(cohort, pack)
    doubled = PatientCounts(counts.visits * 2, counts.mentions, counts.domains, counts.severity_sums)
    assert visits_error(doubled, pack, profile).value > 0.8
    assert mentions_error(doubled, pack, profile).value > 0.4
    skewed = counts.domains.copy()
    skewed[:, 0] += skewed.sum(axis=1)
    moved = PatientCounts(counts.visits, counts.mentions, skewed, counts.severity_sums)
    assert domains_total_variation(moved, pack).value > 0.3


def test_the_course_is_read_from_severity(cohort: Cohort, pack: Pack) -> None:
    years, types = pack.pack.horizon_years, len(pack.visits.types)
    visits = np.zeros((5, years, types))
    visits[:, :, 0] = 2
    flat = PatientCounts(visits, visits[:, :, 0], np.ones((5, 6)), visits[:, :, 0] * 0.2)
    measure = course_error(flat, pack)
    assert measure is not None
    best = pack.instruments.instrument(pack.stages.course.anchor).maximum
    worst = min(stage.scores[pack.stages.course.anchor][0] for stage in pack.stages.stages)
    for value in measure.breakdown.values():
        assert value == pytest.approx(best - 0.2 * (best - worst))


def test_marginal_shares_add_up(cohort: Cohort, pack: Pack) -> None:
    for levels in marginal_shares(cohort, pack).values():
        assert sum(found for found, _ in levels.values()) == pytest.approx(1)
        assert sum(target for _, target in levels.values()) == pytest.approx(1, abs=1e-6)


def test_a_cohort_without_patients_is_refused(cohort: Cohort, pack: Pack, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "controls"
    shutil.copytree(cohort.folder, folder)
    personas = pq.read_table(folder / "personas.parquet")
    column = personas.schema.get_field_index("is_case")
    none = pa.array([False] * personas.num_rows)
    pq.write_table(personas.set_column(column, "is_case", none), folder / "personas.parquet")
    with pytest.raises(MeasureError, match="no patient with the disease"):
        count_patients(open_cohort(folder), pack)


def test_what_the_pack_does_not_know_is_refused(cohort: Cohort, pack: Pack, tmp_path: Path) -> None:
    import shutil

    for file, column, value, said in (
        ("visits", "note_type", "dentistry", "holds a note type that pack 'alzheimers'"),
        ("visits", "year_bin", 11, "holds a year before diagnosis that"),
        ("mentions", "domain", "dreams", "holds a domain that"),
        ("personas", "factor_gender", "robot", "factor 'gender' holds 'robot'"),
    ):
        folder = tmp_path / f"{file}_{column}"
        shutil.copytree(cohort.folder, folder)
        table = pq.read_table(folder / f"{file}.parquet")
        place = table.schema.get_field_index(column)
        values = pa.array([value, *table[column].to_pylist()[1:]], type=table.schema.field(place).type)
        pq.write_table(table.set_column(place, column, values), folder / f"{file}.parquet")
        read = personas_total_variation if file == "personas" else count_patients
        with pytest.raises(MeasureError, match=said):
            read(open_cohort(folder), pack)


def test_a_year_without_notes_is_left_out(cohort: Cohort, pack: Pack) -> None:
    counts = count_patients(cohort, pack)
    visits, mentions = counts.visits.copy(), counts.mentions.copy()
    visits[:, 9] = mentions[:, 9] = 0
    early = PatientCounts(visits, mentions, counts.domains, counts.severity_sums)
    profile = pack.profiles.profile("paper")
    measure = mentions_error(early, pack, profile)
    assert list(measure.breakdown) == [f"year {year}" for year in range(9, 0, -1)]
    none = PatientCounts(0 * visits, 0 * mentions, counts.domains, counts.severity_sums)
    with pytest.raises(MeasureError, match="no notes"):
        mentions_error(none, pack, profile)
