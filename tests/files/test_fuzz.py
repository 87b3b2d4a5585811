"""Whatever a user's file holds, a reader reads it or refuses it in one line that quotes no note."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualalign.errors import DualAlignError
from dualalign.files.tables import read_table
from dualalign.labels import label_file, read_gold
from dualalign.labels.annotation import Annotation
from dualalign.measures.note_sets import NoteColumns, read_note_set
from dualalign.measures.privacy.canaries import read_canaries
from dualalign.packs import load_pack
from dualalign.progression.mapping import load_mapping
from dualalign.progression.meds import SCHEMA_FILE, read_meds, stream_meds
from dualalign.progression.readers import open_data, read_mapped_csv
from tests.progression.planted import SCHEMA
from tests.progression.test_mapped_csv import LONG, WIDE
from tests.progression.test_records import FHIR, OMOP

QUICK = 12
THOROUGH = 100_000
PACK = load_pack("alzheimers")
GOLD = PACK.labels.scheme("five")
PATIENT = "Zebulon"
NOTE = f"{PATIENT} forgets, and falls.\nHe is well."


class Nothing:
    source = "rules"

    def annotate(self, sentences: list[str], context: str = "") -> list[Annotation]:
        return [Annotation((), 1.0, "rules") for _ in sentences]


ODD_TEXTS = st.sampled_from(
    [
        *("", " ", "NA", "nan", "None", "1.0", "1", "-1", "1e999", "inf", "9" * 500, "1_0", "<28"),
        *("2020-02-30", "2020-01-01", "0001-01-01", "[", "[" * 3000, "{", '"', '""', "a\ud800", "\x00"),
        *("\u2028", "é", "[/x]", NOTE, PATIENT + " walks"),
    ]
)
TEXTS = st.one_of(ODD_TEXTS, st.text(max_size=8))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3000),
    st.sampled_from([10**30, 8532, 11, 42, 11.0, 1e300]),
    st.floats(),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
RAW = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [b"[" * 5000, b"9" * 5000, b'{"a":' * 2000, b"PAR1PAR1", b"\xff\xfea\x00", b"\x1f\x8b\x08"]
    ),
    st.text('",\n\r;a1 \ufeff\x00', max_size=40).map(lambda text: text.encode("utf-8")),
)


@st.composite
def _spoiled(draw: st.DrawFn, content: bytes) -> bytes:
    """Return a file as it is, compressed, cut short, or with some bytes changed."""
    how = draw(st.sampled_from(["whole", "whole", "whole", "packed", "cut", "flipped", "raw"]))
    if how == "packed":
        return gzip.compress(content)
    if how == "cut":
        return content[: draw(st.integers(0, len(content)))]
    if how == "flipped" and content:
        place = draw(st.integers(0, len(content) - 1))
        return content[:place] + draw(RAW)[:3] + content[place + 1 :]
    return draw(RAW) if how == "raw" else content


@st.composite
def csv_files(draw: st.DrawFn, columns: dict[str, st.SearchStrategy[Any]]) -> bytes:
    names = [name.upper() if draw(st.integers(0, 20)) == 0 else name for name in columns]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if draw(st.integers(0, 9)):
        writer.writerow(names)
    for _ in range(draw(st.integers(0, 3))):
        row = [draw(_often(each)) for each in columns.values()]
        if draw(st.integers(0, 9)) == 0:
            row = row[: draw(st.integers(0, len(row)))] + [draw(TEXTS)] * draw(st.integers(0, 2))
        writer.writerow(row)
    return draw(_spoiled(out.getvalue().encode("utf-8", "surrogatepass")))


@st.composite
def jsonl_files(draw: st.DrawFn, columns: dict[str, st.SearchStrategy[Any]]) -> bytes:
    lines = []
    for _ in range(draw(st.integers(0, 3))):
        row = {name: draw(_often(each)) for name, each in columns.items() if draw(st.integers(0, 9))}
        lines.append(json.dumps(row).encode() if draw(st.integers(0, 9)) else draw(RAW))
    return draw(_spoiled(b"\n".join(lines)))


@st.composite
def parquet_files(draw: st.DrawFn, columns: dict[str, st.SearchStrategy[Any]]) -> bytes:
    count = draw(st.integers(0, 3))
    table: dict[str, pa.Array] = {}
    kinds = [
        pa.string(),
        pa.int64(),
        pa.float64(),
        pa.list_(pa.string()),
        pa.binary(),
        pa.timestamp("ns"),
        pa.bool_(),
    ]
    for name, each in columns.items():
        cells = [draw(_often(each)) for _ in range(count)]
        for kind in [None, *draw(st.permutations(kinds))]:
            try:
                table[name] = pa.array(cells, kind)
                break
            except (pa.ArrowException, TypeError, ValueError, OverflowError):
                table[name] = pa.nulls(count)
    out = io.BytesIO()
    try:
        parquet.write_table(pa.table(table), out)
    except pa.ArrowNotImplementedError:
        return b"PAR1"
    return draw(_spoiled(out.getvalue()))


def _often(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 4).flatmap(lambda which: VALUES if which == 0 else usual)


IDS = st.sampled_from(["1", "2", 1, 1.0, "1.0"])
NOTES = st.sampled_from([NOTE, "She forgets.", 'He said "no".'])
DATES = st.sampled_from(["2020-01-01", "2021-06-30", "2022-02"])
NUMBERS = st.sampled_from([28, 27.5, "24", 0.5])
OF_NOTES = {"id": IDS, "text": NOTES, "year": NUMBERS}
OF_GOLD = {
    "text": NOTES,
    "labels": st.sampled_from(["cognitive", "cognitive;concern", '["concern"]', ""]),
    "group": IDS,
    "fold": st.sampled_from(["train", "test", None]),
}
OF_WIDE = {
    "ID": IDS,
    "When": DATES,
    "Sex": st.sampled_from("MF"),
    "Age": NUMBERS,
    "Marker": NUMBERS,
    "Lab": NUMBERS,
    "Report": NOTES,
    "Onset": DATES,
}
OF_LONG = {
    "ID": IDS,
    "Months": NUMBERS,
    "What": st.sampled_from(["MRK", "N", "other"]),
    "Value": NUMBERS,
    "Unit": st.just("points"),
}
OF_MEDS = {
    "subject_id": st.integers(-3, 3000),
    "time": st.datetimes(),
    "code": st.sampled_from(["marker", "noise", "report", "sex", "age", "event//onset", "other"]),
    "numeric_value": st.floats(),
    "text_value": NOTES,
}
OF_OMOP = {
    "person": {
        "person_id": IDS,
        "gender_concept_id": st.sampled_from([8532, "8507", 8532.0]),
        "year_of_birth": st.sampled_from([1950, "1940"]),
        "month_of_birth": st.sampled_from([1, "", 2]),
        "day_of_birth": st.sampled_from([1, "", 30]),
    },
    "measurement": {
        "person_id": IDS,
        "measurement_concept_id": st.sampled_from([11, 11.0, "12"]),
        "measurement_date": DATES,
        "value_as_number": NUMBERS,
        "unit_concept_id": st.sampled_from([0, "8636", ""]),
        "operator_concept_id": st.sampled_from([4171756, ""]),
    },
    "note": {"person_id": IDS, "note_date": DATES, "note_text": NOTES},
}
CODE = st.fixed_dictionaries({"coding": _often(st.just([{"system": "http://loinc.org", "code": "0001"}]))})
SUBJECT = st.fixed_dictionaries({"reference": _often(st.just("Patient/1"))})
DATA = st.just(base64.b64encode(NOTE.encode()).decode())
RESOURCES = st.one_of(
    st.fixed_dictionaries(
        {
            "resourceType": st.just("Patient"),
            "id": _often(IDS),
            "birthDate": _often(DATES),
            "gender": _often(st.just("female")),
        }
    ),
    st.fixed_dictionaries(
        {
            "resourceType": st.just("Observation"),
            "status": _often(st.just("final")),
            "code": _often(CODE),
            "subject": _often(SUBJECT),
            "effectiveDateTime": _often(DATES),
            "valueQuantity": _often(
                st.fixed_dictionaries(
                    {"value": _often(NUMBERS), "unit": _often(st.just("{score}"))},
                    optional={"comparator": st.just("<")},
                )
            ),
        },
        optional={"component": VALUES},
    ),
    st.fixed_dictionaries(
        {
            "resourceType": st.just("DocumentReference"),
            "status": _often(st.just("current")),
            "subject": _often(SUBJECT),
            "date": _often(DATES),
            "content": _often(
                st.lists(
                    st.fixed_dictionaries(
                        {
                            "attachment": _often(
                                st.fixed_dictionaries(
                                    {"contentType": st.just("text/plain"), "data": _often(DATA)}
                                )
                            )
                        }
                    ),
                    max_size=2,
                )
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "resourceType": st.just("Condition"),
            "code": _often(CODE),
            "subject": _often(SUBJECT),
            "onsetDateTime": _often(DATES),
            "verificationStatus": VALUES,
        }
    ),
    VALUES,
)


@st.composite
def bundles(draw: st.DrawFn) -> bytes:
    entries = draw(_often(st.lists(st.fixed_dictionaries({"resource": RESOURCES}), max_size=4)))
    return draw(_spoiled(json.dumps({"resourceType": "Bundle", "entry": entries}).encode()))


@st.composite
def bulk_exports(draw: st.DrawFn) -> bytes:
    return draw(
        _spoiled(b"\n".join(json.dumps(each).encode() for each in draw(st.lists(RESOURCES, max_size=4))))
    )


@cache
def mappings() -> dict[str, str]:
    content = SCHEMA.model_dump(mode="json", exclude_defaults=True)
    files = {"schema": content, "fhir": FHIR, "omop": OMOP, "wide": WIDE, "long": LONG}
    return {name: yaml.safe_dump(each) for name, each in files.items()}


def _with_mappings(folder: Path) -> Path:
    place = folder / "mappings"
    place.mkdir(exist_ok=True)
    for name, text in mappings().items():
        (place / f"{name}.yaml").write_text(text)
    return place


def _label(file: Path, folder: Path) -> None:
    label_file(file, "text", folder / "silver", PACK, annotator=Nothing(), id_column="id", overwrite=True)


def _notes(file: Path, folder: Path) -> None:
    read_note_set(file, NoteColumns(group="id", year="year"))


def _longitudinal(file: Path, folder: Path) -> None:
    (folder / SCHEMA_FILE).write_text(mappings()["schema"])
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "0.parquet").write_bytes(file.read_bytes())
    for read in (lambda: read_meds(folder), lambda: list(stream_meds(folder, None, SCHEMA, 1))):
        _refused(read)


def _refused(read: Callable[[], Any]) -> None:
    """Run a reader: what it says may be one line without a note, and nothing else may come of it."""
    try:
        read()
    except DualAlignError as error:
        said = str(error)
        assert "\n" not in said
        assert PATIENT not in said


Files = dict[str, st.SearchStrategy[bytes]]
Reader = Callable[[Path, Path], Any]


def _tables(of: dict[str, st.SearchStrategy[Any]], name: str = "data") -> Iterator[Files]:
    yield {f"{name}.csv": csv_files(of)}
    yield {f"{name}.JSONL": jsonl_files(of)}
    yield {f"{name}.parquet": parquet_files(of)}


def _cases() -> Iterator[tuple[str, Files, Reader]]:
    """Yield a name, files by name, and what reads the first file or the folder of them."""
    for files in _tables(OF_NOTES):
        yield "label", files, _label
        yield "note set", files, _notes
    for files in _tables(OF_GOLD):
        yield "gold", files, lambda file, folder: read_gold(file, GOLD)
        yield "people", files, lambda file, folder: read_table(file, pa.schema([]))
    yield (
        "wide",
        {"data.csv": csv_files(OF_WIDE)},
        lambda f, d: read_mapped_csv(f, _with_mappings(d) / "wide.yaml"),
    )
    yield (
        "long",
        {"data.csv": csv_files(OF_LONG)},
        lambda f, d: read_mapped_csv(f, _with_mappings(d) / "long.yaml"),
    )
    for kind, make in (("csv", csv_files), ("parquet", parquet_files)):
        tables = {f"{name}.{kind}": make(of) for name, of in OF_OMOP.items()}
        yield "omop", tables, lambda f, d: open_data(d, _with_mappings(d) / "omop.yaml")
    yield "longitudinal", {"part.parquet": parquet_files(OF_MEDS)}, _longitudinal
    yield "fhir", {"bundle.json": bundles()}, lambda f, d: open_data(f, _with_mappings(d) / "fhir.yaml")
    yield "fhir", {"Some.ndjson": bulk_exports()}, lambda f, d: open_data(d, _with_mappings(d) / "fhir.yaml")
    yield (
        "canaries",
        {"canaries.json": jsonl_files({"planted": VALUES, "decoys": VALUES})},
        lambda f, d: read_canaries(f),
    )
    yield "mapping", {"mine.yaml": jsonl_files(dict.fromkeys(WIDE, VALUES))}, lambda f, d: load_mapping(f)


CASES = list(_cases())
NAMES = [f"{name} {'+'.join(files)}" for name, files, _ in CASES]


def _try(files: Files, reader: Reader, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(files))
    def reads_or_refuses(contents: dict[str, bytes]) -> None:
        with TemporaryDirectory() as place:
            folder = Path(place)
            for name, content in contents.items():
                (folder / name).write_bytes(content)
            _refused(lambda: reader(folder / next(iter(contents)), folder))

    reads_or_refuses()


@pytest.mark.parametrize(("name", "files", "reader"), CASES, ids=NAMES)
def test_no_input_ends_in_a_traceback(name: str, files: Files, reader: Reader) -> None:
    _try(files, reader, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "files", "reader"), CASES, ids=NAMES)
def test_none_of_100_000_inputs_ends_in_a_traceback(name: str, files: Files, reader: Reader) -> None:
    _try(files, reader, -(-THOROUGH // len(CASES)))
