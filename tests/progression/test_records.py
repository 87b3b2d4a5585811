"""FHIR bundles and OMOP tables, on tiny records written by hand."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualalign.cli.progress_data import open_any
from dualalign.errors import ProgressionError
from dualalign.progression.readers import open_data, read_fhir, read_omop
from tests.progression.planted import SCHEMA

FHIR = {
    "schema": "schema.yaml",
    "static": {"sex": {"codes": ["gender"], "values": {"female": "F", "male": "M"}}, "age": "MEDS_BIRTH"},
    "features": {"marker": "http://loinc.org|0001", "noise": "0002", "report": "note"},
    "events": {"onset": "http://snomed.info/sct|42"},
    "units": {"{score}": "points"},
}
OMOP = {
    "schema": "schema.yaml",
    "static": {
        "sex": {"codes": ["gender_concept_id"], "values": {"8507": "M", "8532": "F"}},
        "age": "MEDS_BIRTH",
    },
    "features": {"marker": 11, "noise": 12, "report": "note"},
    "events": {"onset": 42},
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


def document(text: str, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(text.encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "date": "2020-06-01",
        "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
    } | more


def test_documents_that_are_not_so_any_more_are_not_read(folder: Path) -> None:
    path = bundle(
        folder,
        observation("0001", "2020-01-01", 28, "points"),
        document("Another's.", status="entered-in-error"),
        document("Old.", status="superseded"),
        document("Withdrawn.", docStatus="entered-in-error"),
        document("Right."),
        document("A picture.", content=[{"attachment": {"contentType": "image/png", "url": "x"}}]),
    )
    data = read_fhir(path, folder / "fhir.yaml")
    assert [text for text in data.observations["text"].to_pylist() if text] == ["Right."]
    assert data.left_out == ("1 documents without plain text in them",)


def test_a_bound_is_no_value(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bound = observation("0001", "2020-02-01", 1, "points", valueQuantity={"value": 28, "comparator": "<"})
    data = read_fhir(
        bundle(folder, observation("0001", "2020-01-01", 20, "points"), bound), folder / "fhir.yaml"
    )
    assert data.observations["value"].to_pylist() == [20.0]
    assert data.left_out == ("1 values that are bounds (< or >)",)
    measured = (
        "person_id,measurement_concept_id,measurement_date,value_as_number,operator_concept_id\n"
        "1,11,2020-01-01,20,4172703\n1,11,2020-02-01,28,4171756\n"
    )
    data = open_any(omop(folder, measurement=measured), str(folder / "omop.yaml"))
    assert data.observations["value"].to_pylist() == [20.0]
    assert "left out: 1 values that are bounds (< or >)" in capsys.readouterr().err


@pytest.mark.parametrize("packed", [False, True])
def test_a_bulk_export(folder: Path, packed: bool) -> None:
    place = folder / "export"
    place.mkdir()
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-01-01"}
    for name, resource in {
        "Patient.000": patient,
        "Observation.000": observation("0001", "2020-01-01", 28, "points"),
    }.items():
        content = (json.dumps(resource) + "\n").encode()
        ending = ".NDJSON.gz" if packed else ".ndjson"
        (place / f"{name}{ending}").write_bytes(gzip.compress(content) if packed else content)
    data = open_data(place, folder / "fhir.yaml")
    assert (data.ids, data.observations["value"].to_pylist()) == (("p1",), [28.0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"resourceType": "Bundle", "entry": null}', "no subjects with an observation"),
        ('{"resourceType": "Bundle", "x": ' + "[" * 5000, "nests too deeply"),
        (
            json.dumps(
                {
                    "resourceType": "Bundle",
                    "entry": [{"resource": observation("0001", "2020-01-01", "twenty", "points")}],
                }
            ),
            r"entry 0: http://loinc.org.0001: 'twenty' is no number",
        ),  # type: ignore[arg-type]
        (
            json.dumps(
                {
                    "resourceType": "Bundle",
                    "entry": [{"resource": observation("0001", "2020", 1, "x") | {"code": [1]}}],
                }
            ),
            "entry 0: Observation without what R4 asks for",
        ),
    ],
)
def test_slips_of_fhir_are_named(folder: Path, content: str, words: str) -> None:
    (folder / "bundle.json").write_text(content)
    with pytest.raises(ProgressionError, match=words):
        read_fhir(folder / "bundle.json", folder / "fhir.yaml")


def test_omop_knows_no_case_and_reads_decimals_as_ids(folder: Path) -> None:
    place = omop(
        folder,
        PERSON="PERSON_ID,GENDER_CONCEPT_ID,YEAR_OF_BIRTH,MONTH_OF_BIRTH,DAY_OF_BIRTH\n1.0,8532.0,1950.0,,\n",
        MEASUREMENT=MEASURED.upper().replace("1,11,", "1,11.0,").replace("8636", "8636.0"),
    )
    (place / "person.csv").unlink()
    data = open_data(place, folder / "omop.yaml")
    assert data.ids == ("1",)
    assert data.observations["value"].to_pylist() == [28.0, 5.0, 24.0]
    assert data.subjects["sex"].to_pylist() == ["F"]


def test_notes_with_line_breaks_beyond_a_megabyte(folder: Path) -> None:
    note = '1,2020-06-{:02d},"First.\n' + "more words " * 70 + '\nLast."\n'
    notes = "person_id,note_date,note_text\n" + "".join(note.format(1 + row % 28) for row in range(1500))
    data = open_data(omop(folder, measurement=MEASURED, note=notes), folder / "omop.yaml")
    assert sum(text is not None for text in data.observations["text"].to_pylist()) == 1500


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("person", "1,8532,1950,2,30", "person.csv: row 1: year_of_birth, month and day make no date"),
        ("person", "1,8532,,1,1", "person.csv: row 1: year_of_birth: is empty"),
        ("person", ",8532,1950,1,1", "person.csv: row 1: person_id: is empty"),
        (
            "measurement",
            "1,11,2020-01-01,twenty,",
            "measurement.csv: row 1: value_as_number: 'twenty' is no number",
        ),
        ("measurement", "1,11,soon,20,", "measurement.csv: row 1: measurement_date: 'soon' is no date"),
        ("note", "1,,Zebulon forgets.", "note.csv: row 1: note_date: .* is no date"),
        ("note", "1,2020-01-01,caf\xe9 Zebulon", "note.csv: row 1: not UTF-8"),
        ("note", "1,2020-01-01,Zebulon, again", "note.csv: row 1: 4 cells where the header has 3"),
    ],
)
def test_slips_of_omop_are_named_by_table_and_row(folder: Path, table: str, line: str, words: str) -> None:
    heads = {
        "person": "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth",
        "measurement": MEASURED.split("\n")[0],
        "note": "person_id,note_date,note_text",
    }
    place = omop(folder, measurement=MEASURED)
    (place / f"{table}.csv").write_bytes(f"{heads[table]}\n{line}\n".encode("latin-1"))
    with pytest.raises(ProgressionError, match=words) as error:
        open_data(place, folder / "omop.yaml")
    assert "Zebulon" not in str(error.value)
