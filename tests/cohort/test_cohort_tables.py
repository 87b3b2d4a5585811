from dataclasses import asdict
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualalign.charts import PatientSimulator
from dualalign.cohort import open_cohort
from dualalign.cohort.parts import read_parquet_part, write_parquet
from dualalign.cohort.tables import (
    MENTIONS,
    NOTES,
    SENTENCES,
    VISITS,
    add_note,
    add_sentences,
    empty_columns,
    to_table,
)
from dualalign.notes import PassageWriter
from dualalign.notes.note import Note, SentenceSpan
from dualalign.packs import load_pack
from dualalign.personas import sample_personas
from dualalign.trajectories.plan import NotePlan, Style

from .conftest import PARTED, TABLES


def test_every_file_says_that_it_is_synthetic(made: Path) -> None:
    files = list(made.rglob("*.parquet"))
    assert len(files) == (TABLES - PARTED) + PARTED * 4
    for path in files:
        assert pq.read_schema(path).metadata[b"synthetic"] == b"true", path


def test_rows_say_what_the_simulator_and_the_writer_said(real: Path, asked: dict) -> None:
    pack = load_pack("alzheimers")
    persona = list(sample_personas(pack, asked["patients"], asked["seed"], pack.profiles.default))[1]
    trajectory = PatientSimulator(pack, pack.profiles.default).simulate(persona, asked["seed"])
    plans = trajectory.plans
    written = PassageWriter(pack).write_patient(trajectory, asked["seed"])
    cohort = open_cohort(real)
    rows = {
        name: [row for row in cohort.table(name).to_pylist() if row["patient_id"] == persona.patient_id]
        for name in ("personas", "visits", "mentions", "notes", "sentences")
    }

    assert len(rows["personas"]) == 1
    person = rows["personas"][0]
    assert {key.removeprefix("factor_"): v for key, v in person.items() if key.startswith("factor_")} == (
        persona.factors
    )
    assert (person["birth_date"], person["index_date"]) == (persona.birth_date, persona.index_date)
    assert person["informants"] == [asdict(informant) for informant in persona.informants]

    assert [row["date"] for row in rows["visits"]] == [plan.date for plan in plans]
    assert [row["scores"] for row in rows["visits"]] == [[asdict(s) for s in plan.scores] for plan in plans]
    assert [row["medicines"] for row in rows["visits"]] == [
        [asdict(medicine) for medicine in plan.medicines] for plan in plans
    ]
    assert [row["text"] for row in rows["notes"]] == [note.text for note in written]
    assert [(row["note_id"], row["text"], tuple(row["labels"])) for row in rows["sentences"]] == [
        (f"{persona.patient_id}-{plan.visit:04d}", note.text[s.start : s.end], tuple(s.labels))
        for plan, note in zip(plans, written, strict=True)
        for s in note.sentences
    ]
    assert [(row["term"], row["polarity"], row["severity"]) for row in rows["mentions"]] == [
        (mention.term, mention.polarity.value, mention.severity)
        for plan in plans
        for mention in plan.mentions
    ]


def test_tables_hang_together(real: Path) -> None:
    cohort = open_cohort(real)
    texts = {row["note_id"]: row["text"] for row in cohort.table("notes").to_pylist()}
    assert [row["note_id"] for row in cohort.table("visits").to_pylist()] == list(texts)
    for row in cohort.table("sentences").to_pylist():
        assert texts[row["note_id"]][row["start"] : row["end"]] == row["text"]
    spans = {
        (r["note_id"], r["sentence"]): (r["start"], r["end"]) for r in cohort.table("sentences").to_pylist()
    }
    said = [row for row in cohort.table("mentions").to_pylist() if row["sentence"] is not None]
    assert said
    for row in said:
        start, end = spans[row["note_id"], row["sentence"]]
        assert start <= row["start"] < row["end"] <= end


def test_controls_name_their_case(made: Path) -> None:
    people = {row["patient_id"]: row for row in open_cohort(made).table("personas").to_pylist()}
    assert [row["is_case"] for row in people.values()] == [True, True, True, False]
    control = people["C000000"]
    case = people[control["matched_to"]]
    assert case["is_case"]
    assert control["sex"] == case["sex"]


@pytest.mark.parametrize("schema", [VISITS, MENTIONS, NOTES, SENTENCES])
def test_no_row_is_a_table_too(schema, tmp_path: Path) -> None:
    write_parquet(to_table(empty_columns(schema), schema), tmp_path / "part.parquet")
    table = read_parquet_part(tmp_path / "part.parquet")
    assert table.num_rows == 0
    assert table.schema.equals(schema)
    assert table.schema.metadata == {b"synthetic": b"true"}


@settings(max_examples=25, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80),
    st.lists(st.sampled_from(["memory", "mood", "a,b", "é"]), max_size=3, unique=True),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
)
def test_any_text_comes_back_as_it_went_in(tmp_path_factory, text: str, labels: list[str], day: date) -> None:
    style = Style("narrative", 20)
    plan = NotePlan("P000000", 3, day, 1.5, 1, 80, "office", "mild", 0.5, None, style, (), (), ())
    note = Note(text, [SentenceSpan(0, len(text), "plan", tuple(labels))], [], "passages")
    notes, sentences = empty_columns(NOTES), empty_columns(SENTENCES)
    add_note(notes, plan, note)
    add_sentences(sentences, plan, note)
    folder = tmp_path_factory.mktemp("t")
    write_parquet(to_table(notes, NOTES), folder / "n.parquet")
    write_parquet(to_table(sentences, SENTENCES), folder / "s.parquet")
    [note_row] = read_parquet_part(folder / "n.parquet").to_pylist()
    [sentence_row] = read_parquet_part(folder / "s.parquet").to_pylist()
    assert (note_row["text"], note_row["date"]) == (text, day)
    assert (sentence_row["text"], sentence_row["labels"]) == (text, labels)
