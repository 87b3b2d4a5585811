"""What the page says is what the cohort holds."""

import re
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.cohort import open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.measures.measure import Measure
from dualalign.packs.pack import Pack
from dualalign.report import write_report
from dualalign.report.description import describe_cohort
from dualalign.report.example import example_note
from dualalign.report.measure_row import measure_row
from dualalign.report.one_patient import patient_line

Found = dict[str, list[Measure]]


def test_people_without_the_disease_are_not_called_patients(page: str) -> None:
    assert "<title>Alzheimer&#39;s disease: 4 synthetic patients and 3 without the disease</title>" in page


def test_counts_are_the_cohorts(cohort: Cohort, pack: Pack) -> None:
    said = describe_cohort(cohort, pack)["summary"]
    sentences = cohort.table("sentences", ["labels"])["labels"].to_pylist()
    assert f"{cohort.table('notes', ['note_id']).num_rows:,} notes" in said
    assert f"Of {len(sentences):,} sentences {sum(map(bool, sentences)):,} carry" in said
    for label in pack.labels.scheme().labels:
        count = sum(label.id in labels for labels in sentences)
        assert f"{label.name.lower()} {count:,}" in said


def test_every_measure_is_there_under_its_name_and_in_plain_words(page: str, measures: Found) -> None:
    for step in measures.values():
        for each in step:
            assert f">{each.name} · " in page
            assert f"<strong>{each.name.replace('_', ' ')}</strong>" not in page, "no plain words for it"


def test_a_distance_beyond_chance_is_called_so(measures: Found) -> None:
    for each in measures["alignment"]:
        limit = each.baseline["noise, 1 in 20"]
        assert measure_row(replace(each, value=0.99 * limit))["verdict"] == "no more than chance"
        assert (
            measure_row(replace(each, value=min(each.bounds[1], 1.01 * limit)))["verdict"]
            == "more than chance"
        )
    for each in measures["diversity"]:
        assert measure_row(each)["verdict"] == ""


def test_the_example_is_the_note_cut_at_its_sentences(cohort: Cohort, pack: Pack) -> None:
    example = example_note(cohort, pack)
    identity = example.text.split()[1].rstrip(",")
    notes = cohort.table("notes", ["note_id", "text"]).to_pylist()
    assert "".join(piece.text for piece in example.pieces) == next(
        row["text"] for row in notes if row["note_id"] == identity
    )
    own = [row for row in cohort.table("sentences").to_pylist() if row["note_id"] == identity]
    marked = [piece for piece in example.pieces if piece.colour]
    assert [piece.text for piece in marked] == [row["text"] for row in own if row["labels"]]
    names = {label.id: label.name for label in pack.labels.scheme().labels}
    assert [piece.labels for piece in marked] == [
        ", ".join(names[label] for label in row["labels"]) for row in own if row["labels"]
    ]


def test_the_timeline_is_of_one_patient(cohort: Cohort, pack: Pack) -> None:
    line = patient_line(cohort, pack)
    chosen = line.title.split()[1].rstrip(",")
    visits = [row for row in cohort.table("visits").to_pylist() if row["patient_id"] == chosen]
    assert len(line.visits) == len(visits)
    assert sum(map(len, line.scores.values())) == sum(len(row["scores"]) for row in visits)
    when = {row["note_id"]: row["years_before"] for row in visits}
    told = [
        row
        for row in cohort.table("mentions").to_pylist()
        if row["patient_id"] == chosen and row["polarity"] == "affirmed"
    ]
    assert len(line.onsets) == len({row["term"] for row in told})
    assert max(years for years, _ in line.onsets) == max(when[row["note_id"]] for row in told)


def test_text_of_the_cohort_cannot_become_markup(
    cohort: Cohort, pack: Pack, measures: Found, tmp_path: Path
) -> None:
    folder = copytree(cohort.folder, tmp_path / "<b>cohort")
    part = folder / "notes" / "part-00000.parquet"
    notes = pq.read_table(part)
    texts = [text[:-30] + "<script>alert('&')</script>   " for text in notes["text"].to_pylist()]
    place = notes.schema.get_field_index("text")
    pq.write_table(notes.set_column(place, "text", pa.array(texts)), part)
    page = write_report(open_cohort(folder), pack, measures, tmp_path / "page.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>cohort" not in page


def test_every_colour_used_is_defined_for_light_and_dark(page: str) -> None:
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", page)) - {"--label"}
    light, dark = page.split("@media (prefers-color-scheme: dark)")[:2]
    assert used <= set(re.findall(r"(--[a-z0-9-]+):", light))
    assert used <= set(re.findall(r"(--[a-z0-9-]+):", dark[:900]))
