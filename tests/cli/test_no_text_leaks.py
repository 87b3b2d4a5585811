"""No note text is ever printed: planted text stands in no stream, log, journal or report, whatever goes wrong.

Each case writes files with the planted word in everything that could be a patient's, runs one command on them, and looks
for the word in what was printed and in all files that came to be, but for those that hold text on purpose.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from dualalign.cohort import generate_cohort
from tests.progression.planted import SCHEMA
from tests.progression.test_records import FHIR, OMOP

TOY = Path(__file__).parents[1] / "packs" / "toy"
WORD = "Quillfeather"
KEY = "sk-quillfeather-4471"
NOTE = f"Mrs {WORD} forgets names at home. Gait is steady."
MEANT_TO_HOLD_TEXT = ("silver/sentences", "silver/journal.", "errors.")
"""Parts of paths of files that hold text on purpose, but never a key."""


@dataclass(frozen=True)
class Case:
    """Files to write, and a command to run beside them; `{url}` stands for a server that answers as `says`."""

    words: str
    files: dict[str, str | bytes]
    says: tuple[int, str] | None = None


def _rows(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


GOLD = _rows(
    *({"text": f"{NOTE} {n}", "labels": ["cognitive"] if n % 2 else [], "group": n, "fold": ["train", "test"][n % 3 == 0]}
      for n in range(24))
)  # fmt: skip
NOTES = "".join(f'"{NOTE} {n} {" ".join(f"w{n}x{k}" for k in range(14))}.",p{n}\n' for n in range(30))
OTHER_NOTES = NOTES.replace("forgets", "recalls").replace("w", "v")
PEOPLE = "sex,age_at_index,name\n" + "".join(f"woman,{60 + n},{WORD} {n}\n" for n in range(30))
OTHERS = "sex,age_at_index,name\n" + "".join(f"man,{70 + n},{WORD} {n}\n" for n in range(30))
DEEP = "[" * 100_000

LABEL = f"label {{}} -t TEXT -o silver -p {TOY}"
FILES = {
    "a CSV file": ("notes.csv", f'TEXT\n"{NOTE}"\n'),
    "a CSV file without a header": ("notes.csv", f'"{NOTE}",1\n"{NOTE}",2\n'),
    "a row with extra cells": ("notes.csv", f"ID,TEXT\n1,{NOTE}, and, more {WORD}\n2,{NOTE}\n"),
    "a row with too few cells": ("notes.csv", f"ID,TEXT,MORE\n1,{NOTE}\n{NOTE}\n"),
    "a quote that stays open": ("notes.csv", f'ID,TEXT\n1,"{NOTE}\n2,{NOTE}\n3,"{NOTE}"\n'),
    "a quote in the middle": ("notes.csv", f'TEXT\n"{NOTE}" {WORD}\n{NOTE} "x" {WORD}\n'),
    "a zero byte": ("notes.csv", f"TEXT\n{NOTE}\0{WORD}\n"),
    "Latin-1": ("notes.csv", f"TEXT\nMüller {NOTE}\n".encode("latin-1")),
    "a cell of two million characters": ("notes.csv", f'TEXT\n"{NOTE * 40_000}"\n'),
    "a broken gzip file": ("notes.csv.gz", gzip.compress(f"TEXT\n{NOTE}\n".encode())[:-9]),
    "text in place of gzip": ("notes.csv.gz", f"TEXT\n{NOTE}\n"),
    "JSON lines": ("notes.jsonl", _rows({"TEXT": NOTE})),
    "a broken JSON line": ("notes.jsonl", _rows({"TEXT": NOTE}) + f'{{"TEXT": "{NOTE}\n'),
    "a JSON line that is text": ("notes.jsonl", _rows(NOTE, [NOTE], {"TEXT": NOTE})),
    "a JSON line of another kind": ("notes.jsonl", _rows({"TEXT": {"said": NOTE}}, {"TEXT": [NOTE]})),
    "text as a key": ("notes.jsonl", _rows({NOTE: 1})),
    "JSON nested too deeply": ("notes.jsonl", f'{{"TEXT": "{NOTE}", "x": {DEEP}\n'),
    "half a surrogate": ("notes.jsonl", f'{{"TEXT": "{NOTE} \\ud83d"}}\n'),
    "a Parquet file": ("notes.parquet", _parquet(pa.table({"TEXT": [NOTE]}))),
    "a Parquet file with another column": ("notes.parquet", _parquet(pa.table({"NOTE": [NOTE]}))),
    "a Parquet file of lists": ("notes.parquet", _parquet(pa.table({"TEXT": [[NOTE]]}))),
    "a cut Parquet file": ("notes.parquet", _parquet(pa.table({"TEXT": [NOTE] * 9}))[:-20]),
    "text in place of Parquet": ("notes.parquet", NOTE * 9),
}  # fmt: skip

GOLD_FILES = {
    "gold": ("gold.jsonl", GOLD),
    "gold with texts for labels": ("gold.jsonl", _rows({"text": "cognitive", "labels": [NOTE], "group": 1, "fold": "test"})),
    "gold with text for labels": ("gold.jsonl", _rows({"text": NOTE, "labels": NOTE, "group": 1, "fold": "test"})),
    "gold with text for a fold": ("gold.jsonl", _rows({"text": NOTE, "labels": [], "group": 1, "fold": NOTE})),
    "gold with text for a group": ("gold.jsonl", _rows({"text": NOTE, "labels": [], "group": {"x": NOTE}, "fold": "test"})),
    "gold with one group in two folds": ("gold.jsonl", _rows(*({"text": NOTE, "labels": [], "group": NOTE, "fold": f} for f in ("train", "test")))),
    "gold that is broken": ("gold.jsonl", GOLD + f'{{"text": "{NOTE}\n'),
    "gold without a header": ("gold.csv", f'"{NOTE}",cognitive,1,train\n' * 3),
    "gold with a torn row": ("gold.csv", f'text,labels,group,fold\n"{NOTE}",cognitive,1,train\n{NOTE},x,{WORD},y,z\n'),
    "gold with an open quote": ("gold.csv", f'text,labels,group,fold\n"{NOTE},cognitive,1,train\n{NOTE},,2,test\n'),
    "gold as a cut Parquet file": ("gold.parquet", _parquet(pa.table({"text": [NOTE] * 9}))[:-20]),
    "gold without labels": ("gold.parquet", _parquet(pa.table({"text": [NOTE], "group": [NOTE]}))),
}  # fmt: skip

SERVER_SAYS = {
    "an error that quotes the request": (422, json.dumps({"detail": [{"msg": "not valid", "input": f"SENTENCES\ns1: {NOTE}"}]})),
    "an error in plain words": (400, f"cannot read: {NOTE}"),
    "an error about the key": (401, json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})),
    "an error as a page": (404, f"<html><h1>Not found</h1><p>{NOTE}</p></html>"),
    "a refusal": (403, json.dumps({"error": {"message": f"flagged: '{NOTE}'", "code": "content_filter"}})),
    "an error inside a 200": (200, json.dumps({"error": {"message": f"bad prompt: {NOTE}"}})),
    "no JSON": (200, f"{NOTE} {KEY}"),
    "an answer of text": (200, json.dumps({"choices": [{"message": {"content": f"{NOTE} is cognitive."}, "finish_reason": "stop"}], "usage": {}})),
    "an answer with text for labels": (200, json.dumps({"choices": [{"message": {"content": json.dumps({"s1": [NOTE], NOTE: []})}, "finish_reason": "stop"}]})),
    "usage in words": (200, json.dumps({"choices": [{"message": {"content": "{}"}}], "usage": {"prompt_tokens": NOTE}})),
}  # fmt: skip

WIDE = {
    "schema": "schema.yaml",
    "layout": "wide",
    "subject": "ID",
    "time": {"column": "When", "unit": "date"},
    "missing": [""],
    "static": {"sex": "Sex", "age": "Age"},
    "observations": [{"column": "Marker", "feature": "marker"}, {"column": "Report", "feature": "report"}],
    "events": [{"event": "onset", "column": "Onset"}],
}
SCHEMA_FILE = yaml.safe_dump(SCHEMA.model_dump(mode="json", exclude_defaults=True))
MAPPED = "ID,When,Sex,Age,Marker,Report,Onset\n"
DATA = {
    "a mapped file without a header": f'"{NOTE}",2020-01-01,F,70,25,"{NOTE}",\n' * 3,
    "text for a number": MAPPED + f'a,2020-01-01,F,70,"{NOTE}","{NOTE}",\n',
    "text for a date": MAPPED + f'a,"{NOTE}",F,70,25,"{NOTE}",\n',
    "text for a level": MAPPED + f'a,2020-01-01,"{NOTE}",70,25,"{NOTE}",\n',
    "text for an age": MAPPED + f'a,2020-01-01,F,"{NOTE}",25,"{NOTE}",\n',
    "text for an event": MAPPED + f'a,2020-01-01,F,70,25,"{NOTE}","{NOTE}"\n',
    "a torn row of data": MAPPED + f"a,2020-01-01,F,70,25,{NOTE}, and {WORD},,\n",
    "an open quote in data": MAPPED + f'a,2020-01-01,F,70,25,"{NOTE},\nb,2020-01-01,F,70,25,"{NOTE}",\n',
}  # fmt: skip


def _fhir(**more: object) -> str:
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-01-01"}
    note = {
        "resourceType": "DocumentReference", "status": "current", "subject": {"reference": "Patient/p1"}, "date": "2020-01-01",
        "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(NOTE.encode()).decode()}}],
    }  # fmt: skip
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient}, {"resource": note | more}]})


PERSON = "person_id\tgender_concept_id\tyear_of_birth\n1\t8507\t1950\n"
OMOP_NOTE = "note_id\tperson_id\tnote_date\tnote_text\n"
RECORDS = {
    "a bundle": ("fhir", {"data/b.json": _fhir()}),
    "a broken bundle": ("fhir", {"data/b.json": _fhir()[:-4]}),
    "text for a date in a bundle": ("fhir", {"data/b.json": _fhir(date=NOTE)}),
    "text for a subject in a bundle": ("fhir", {"data/b.json": _fhir(subject={"reference": NOTE})}),
    "text in place of base64": ("fhir", {"data/b.json": _fhir(content=[{"attachment": {"contentType": "text/plain", "data": NOTE}}])}),
    "a note in Latin-1": ("fhir", {"data/b.json": _fhir(content=[{"attachment": {"contentType": "text/plain", "data": base64.b64encode(f"Müller {NOTE}".encode("latin-1")).decode()}}])}),
    "tables": ("omop", {"data/person.csv": PERSON, "data/note.csv": OMOP_NOTE + f"1\t1\t2020-01-01\t{NOTE}\n"}),
    "text for a date in a table": ("omop", {"data/person.csv": PERSON, "data/note.csv": OMOP_NOTE + f"1\t1\t{NOTE}\t{NOTE}\n"}),
    "text for a person in a table": ("omop", {"data/person.csv": PERSON, "data/note.csv": OMOP_NOTE + f"1\t{NOTE}\t2020-01-01\t{NOTE}\n"}),
    "a torn row in a table": ("omop", {"data/person.csv": PERSON, "data/note.csv": OMOP_NOTE + f"1\t1\t2020-01-01\t{NOTE}\t{WORD}\n"}),
    "a table without a header": ("omop", {"data/person.csv": PERSON, "data/note.csv": f"1\t1\t2020-01-01\t{NOTE}\n"}),
}  # fmt: skip

TABLES = {
    "people": PEOPLE,
    "people without a header": PEOPLE.split("\n", 1)[1],
    "people in a torn table": PEOPLE + f"woman,70,{WORD},{WORD},{NOTE}\n",
    "people with an open quote": PEOPLE + f'woman,70,"{WORD}\nman,71,x\n',
    "people with text for numbers": PEOPLE.replace("woman,60", f"woman,{WORD} 60"),
}


def _cases() -> Iterator[tuple[str, Case]]:
    for name, (file, content) in FILES.items():
        yield f"label: {name}", Case(LABEL.format(file), {file: content})
        if "row" in name or "header" in name or "cut" in name:
            yield f"label -i: {name}", Case(LABEL.format(file) + " -i ID", {file: content})
            yield (
                f"measure: {name} as reference",
                Case(
                    f"measure cohort --pack {TOY} --only realism --reference {file} --text-column TEXT --json out.json",
                    {file: content},
                ),
            )
    yield "label: to CSV", Case(LABEL.format("n.jsonl") + " --format csv", {"n.jsonl": _rows({"TEXT": NOTE})})
    yield (
        "label: text in the pack's place",
        Case(LABEL.format("n.jsonl") + " -p ./n.jsonl", {"n.jsonl": NOTE}),
    )
    for name, says in SERVER_SAYS.items():
        yield (
            f"label by a server: {name}",
            Case(
                LABEL.format("n.jsonl") + " --annotator llm --base-url {url} --model m --timeout 5",
                {"n.jsonl": _rows({"TEXT": NOTE})},
                says,
            ),
        )
    yield (
        "label by replay: text for a table",
        Case(
            LABEL.format("n.jsonl") + " --annotator replay --replay r.jsonl --model m",
            {"n.jsonl": _rows({"TEXT": NOTE}), "r.jsonl": f"{NOTE}\n{_rows(NOTE, {'reply': NOTE})}"},
        ),
    )
    yield (
        "label: a dry run",
        Case(
            LABEL.format("n.jsonl") + " --annotator llm --base-url http://127.0.0.1:9/v1 --model m --dry-run",
            {"n.jsonl": _rows({"TEXT": NOTE})},
        ),
    )
    for name, (file, content) in GOLD_FILES.items():
        yield (
            f"experiment: {name}",
            Case(
                f"experiment --pack {TOY} --gold {file} --seeds 1 --gold-fraction 1 --out run -q",
                {file: content},
            ),
        )
        yield (
            f"measure: {name}",
            Case(f"measure cohort --pack {TOY} --only labels --gold {file} --json out.json", {file: content}),
        )
    for name, content in TABLES.items():
        for command in (
            "measure cohort --pack {TOY} --only privacy --json out.json",
            "report cohort --pack {TOY} -o page.html",
        ):
            yield (
                f"{command.split()[0]}: {name}",
                Case(
                    f"{command} --saw-people saw.csv --held-out-people held.csv",
                    {"saw.csv": content, "held.csv": OTHERS},
                ),
            )
    notes = {"saw.csv": f"TEXT,WHO\n{NOTES}", "held.csv": f"TEXT,WHO\n{OTHER_NOTES}"}
    for more in (
        "",
        " --group-column WHO",
        " --group-column TEXT",
        " --year-column WHO",
        " --year-column TEXT",
    ):
        held = "--saw saw.csv --held-out held.csv --reference held.csv --text-column TEXT" + more
        yield (
            f"measure: notes{more}",
            Case(
                f"measure cohort --pack {TOY} --only privacy,realism --breakdown --json out.json {held}",
                notes,
            ),
        )
    yield (
        "report: notes",
        Case(
            "report cohort --pack {TOY} -o page.html --saw saw.csv --held-out held.csv --reference held.csv --text-column TEXT",
            notes,
        ),
    )
    yield (
        "measure: the same notes seen and unseen",
        Case(
            "measure cohort --pack {TOY} --only privacy --saw saw.csv --held-out saw.csv --text-column TEXT",
            notes,
        ),
    )
    yield (
        "measure: text for canaries",
        Case("measure cohort --pack {TOY} --only privacy --canaries c.json", {"c.json": f'["{NOTE}"]'}),
    )
    schema = {"schema.yaml": SCHEMA_FILE, "wide.yaml": yaml.safe_dump(WIDE), "fhir.yaml": yaml.safe_dump(FHIR), "omop.yaml": yaml.safe_dump(OMOP)}  # fmt: skip
    for name, content in DATA.items():
        yield (
            f"progress: {name}",
            Case("progress fit data.csv -m wide.yaml -o model", {**schema, "data.csv": content}),
        )
    for name, (kind, files) in RECORDS.items():
        yield (
            f"progress: {name}",
            Case(f"progress evaluate data -m {kind}.yaml --folds 2 --repeats 1", {**schema, **files}),
        )


CASES = dict(_cases())


@contextmanager
def server(says: tuple[int, str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = says[1].encode()
            self.send_response(says[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_port}/v1"
        finally:
            made.shutdown()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_cohort(TOY, tmp_path_factory.mktemp("made") / "cohort", 24, seed=1)


def leaks(folder: Path, given: set[Path]) -> list[str]:
    """Return the new files below a folder that hold the planted word, or the key if they are meant to hold text."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path in given or not path.is_file():
            continue
        secret = KEY if any(each in str(path) for each in MEANT_TO_HOLD_TEXT) else WORD
        if secret.lower().encode() in path.read_bytes().lower():
            found.append(str(path.relative_to(folder)))
    return found


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n.startswith("label") else [pytest.mark.slow]) for n in CASES]
)
def test_planted_text_is_nowhere(
    name: str,
    tmp_path: Path,
    cohort: Path,
    run: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case = CASES[name]
    if "progress" in case.words:
        pytest.importorskip("torch", reason="the progression extra is not installed")
    if case.says or "replay" in case.words or "dry-run" in case.words:
        pytest.importorskip("json_repair", reason="the llm extra is not installed")
    for file, content in case.files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "cohort").symlink_to(cohort)
    given = {tmp_path / file for file in case.files}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    with server(case.says or (200, "")) as url:
        code, out, err = run(*case.words.replace("{url}", url).replace("{TOY}", str(TOY)).split())
    assert WORD.lower() not in (out + err + caplog.text).lower(), (out + err)[-2000:]
    assert "Traceback" not in err, err[-2000:]
    assert code in (0, 2), err[-500:]
    assert leaks(tmp_path, given) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(f"x {WORD.upper()} y")
    (tmp_path / "given.csv").write_text(NOTE)
    (tmp_path / "errors.csv").write_text(NOTE)
    (tmp_path / "errors.html").write_text(KEY)
    assert leaks(tmp_path, {tmp_path / "given.csv"}) == ["errors.html", "report.html"]
