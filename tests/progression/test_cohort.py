from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dualalign.cohort import Cohort, generate_cohort, open_cohort
from dualalign.errors import ProgressionError
from dualalign.progression.readers import open_data, read_cohort
from dualalign.progression.visits import to_visits


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("progression") / "cohort"
    return open_cohort(generate_cohort("alzheimers", folder, 3, 3, None, 0, 1))


def test_counts_scores_and_events_are_the_cohorts(cohort: Cohort) -> None:
    data = read_cohort(cohort)
    people = cohort.table("personas").to_pylist()
    assert data.ids == tuple(each["patient_id"] for each in people)
    assert (~np.isnan(data.event_times)).tolist() == [each["is_case"] for each in people]
    assert data.groups == tuple(each["matched_to"] or each["patient_id"] for each in people)
    observed = data.observations.to_pylist()
    sentences = cohort.table("sentences", ["labels"])["labels"].to_pylist()
    for label in ("cognitive", "concern"):
        counted = sum(row["value"] for row in observed if row["feature"] == label)
        assert counted == sum(label in labels for labels in sentences)
    scores = [score for scores in cohort.table("visits")["scores"].to_pylist() for score in scores]
    given = [score["value"] for score in scores if score["instrument"] == "mmse"]
    read = [row["value"] for row in observed if row["feature"] == "mmse"]
    assert len(read) <= len(given)
    assert np.isin(read, np.add.outer(given, given) / 2).all()
    measured = cohort.table("measurements").to_pylist()
    assert sum(row["feature"] == "tsh" for row in observed) == len(
        {(row["patient_id"], row["date"]) for row in measured if row["measurement"] == "tsh"}
    )


def test_nothing_after_the_index_date_and_nothing_latent(cohort: Cohort) -> None:
    data = read_cohort(cohort)
    ends = dict(zip(data.ids, data.end_times.tolist(), strict=True))
    assert all(row["time"] <= ends[row["subject"]] for row in data.observations.to_pylist())
    assert not {"severity", "stage"} & {each.id for each in data.schema.features}


def test_labelled_sentences_come_along_when_asked_for(cohort: Cohort) -> None:
    data = open_data(cohort.folder, with_text=True)
    said = [row for row in data.observations.to_pylist() if row["feature"] == "cognitive" and row["value"]]
    assert said
    assert all(len(row["text"].split("\n")) >= row["value"] for row in said)


def test_people_whom_nobody_saw_are_left_out_and_strangers_refused(cohort: Cohort, tmp_path: Path) -> None:
    folder = tmp_path / "unseen"
    shutil.copytree(cohort.folder, folder)
    ids = cohort.table("personas", ["patient_id"])["patient_id"].to_pylist()
    visits = pq.read_table(folder / "visits.parquet")
    pq.write_table(visits.filter(pc.not_equal(visits["patient_id"], ids[0])), folder / "visits.parquet")
    assert read_cohort(folder, patients=ids).ids == tuple(ids[1:])
    with pytest.raises(ProgressionError, match="no patient 'nobody'"):
        read_cohort(folder, patients=[*ids, "nobody"])


def test_in_the_schema_of_a_real_data_set(cohort: Cohort) -> None:
    visits = to_visits(read_cohort(cohort, "alzheimers_as_oasis2"))
    assert not np.isnan(visits.column("mmse")).any()
    volumes = visits.column("nwbv")
    assert np.nanmin(volumes, initial=1.0) > 0.5
    assert np.nanmax(volumes, initial=0.0) < 0.95
