"""FHIR bundles and OMOP tables, on tiny records written by hand."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualalign.errors import ProgressionError
from dualalign.progression.readers import open_data, read_fhir, read_omop
from tests.progression.planted import SCHEMA

FHIR = {
    "schema": "schema.yaml",
    "static": {"sex": {"column": "gender", "values": {"female": "F", "male": "M"}}, "age": {"column": "age"}},
    "observations": {"http://loinc.org|0001": "marker", "0002": "noise"},
    "events": {"http://snomed.info/sct|42": "onset"},
    "notes": "report",
    "units": {"{score}": "points"},
}
OMOP = {
    "schema": "schema.yaml",
    "static": {
        "sex": {"column": "gender_concept_id", "values": {"8507": "M", "8532": "F"}},
        "age": {"column": "age"},
    },
    "observations": {"11": "marker", "12": "noise"},
    "events": {"42": "onset"},
    "notes": "report",
    "units": {"8840": "mg/dL", "8636": "g/L"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in (("fhir", FHIR), ("omop", OMOP)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    content = SCHEMA.model_dump(mode="json", exclude_defaults=True)
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


def observation(code: str, day: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": unit},
    } | more


def bundle(folder: Path, *resources: dict[str, Any]) -> Path:
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-01-01"}
    path = folder / "bundle.json"
    path.write_text(
        json.dumps(
            {"resourceType": "Bundle", "entry": [{"resource": each} for each in (patient, *resources)]}
        )
    )
    return path


def test_a_bundle(folder: Path) -> None:
    note = {
        "resourceType": "DocumentReference",
        "subject": {"reference": "urn:uuid:p1"},
        "date": "2020-06-01T10:00:00Z",
        "content": [
            {"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"Well today.").decode()}}
        ],
    }
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "42"}]},
        "onsetDateTime": "2021-01",
    }
    path = bundle(
        folder,
        observation("0001", "2021-01-01", 24, "{score}"),
        observation("0001", "2020-01-01", 28, "{score}"),
        observation("0002", "2020-01-01", 0.05, "g/L"),
        observation("0001", "2020-03-01", 3, "{score}", status="entered-in-error"),
        observation("9999", "2020-03-01", 3, "{score}"),
        note,
        condition,
        condition | {"onsetDateTime": "2020-02", "verificationStatus": {"coding": [{"code": "refuted"}]}},
    )
    data = open_data(path, folder / "fhir.yaml")
    assert data.observations["feature"].to_pylist() == ["marker", "noise", "report", "marker"]
    assert data.observations["value"].to_pylist() == [28.0, 5.0, None, 24.0]
    assert data.observations["text"].to_pylist()[2] == "Well today."
    assert data.event_times[0] == pytest.approx(366 / 365.25)
    assert data.subjects["age"].to_pylist() == [pytest.approx(70, abs=0.01)]
    assert data.subjects["sex"].to_pylist() == ["F"]


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (observation("0001", "2020-01-01", 28, "furlong"), "marker in 'furlong'"),
        (observation("0001", "soon", 28, "points"), "is no date"),
        (observation("0001", "2020-01-01", 45, "points"), "marker 45 lies outside"),
        (observation("0001", "2020-01-01", 28, "points", subject={}), "without what R4 asks for"),
        (
            observation("0001", "2020-01-01", 28, "points", subject={"reference": "Patient/p2"}),
            "no record as a person",
        ),
    ],
)
def test_bad_resources_are_named(folder: Path, resource: dict[str, Any], words: str) -> None:
    with pytest.raises(ProgressionError, match=words):
        read_fhir(bundle(folder, resource), folder / "fhir.yaml")


def test_what_is_no_bundle_is_refused(folder: Path) -> None:
    path = folder / "bundle.json"
    path.write_text("[]")
    with pytest.raises(ProgressionError, match="not a Bundle"):
        read_fhir(path, folder / "fhir.yaml")


def omop(folder: Path, **tables: str) -> Path:
    place = folder / "omop"
    place.mkdir()
    person = "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n1,8532,1950,1,\n2,8507,1940,,\n"
    for name, text in ({"person": person} | tables).items():
        (place / f"{name}.csv").write_text(text)
    return place


MEASURED = (
    "person_id,measurement_concept_id,measurement_date,value_as_number,unit_concept_id\n"
    "1,11,2020-01-01,28,0\n1,12,2020-01-01,0.05,8636\n1,11,2021-01-01,24,0\n2,99,2020-01-01,1,0\n2,11,2019-01-01,,0\n"
)


def test_omop_tables(folder: Path) -> None:
    place = omop(
        folder,
        measurement=MEASURED,
        condition_occurrence="person_id,condition_concept_id,condition_start_date\n1,42,2020-07-01\n1,42,2021-01-01\n",
        note='person_id,note_date,note_text\n1,2020-07-01,"Well, today."\n',
        death="person_id,death_date\n1,2022-01-01\n",
    )
    data = open_data(place, folder / "omop.yaml")
    assert data.ids == ("1",)
    assert data.observations["value"].to_pylist() == [28.0, 5.0, None, 24.0]
    assert data.event_times[0] == pytest.approx(182 / 365.25)
    assert data.end_times[0] == pytest.approx(731 / 365.25)
    assert data.subjects["sex"].to_pylist() == ["F"]


def test_lacking_tables_and_columns_are_named(folder: Path) -> None:
    place = omop(folder)
    with pytest.raises(ProgressionError, match="no measurement"):
        read_omop(place, folder / "omop.yaml")
    (place / "measurement.csv").write_text("person_id\n1\n")
    with pytest.raises(ProgressionError, match="no column 'measurement_concept_id'"):
        read_omop(place, folder / "omop.yaml")


def test_records_need_a_mapping(folder: Path) -> None:
    with pytest.raises(ProgressionError, match="--mapping"):
        open_data(omop(folder, measurement=MEASURED))
