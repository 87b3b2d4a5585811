"""Contradictions planted in the tables and text of a generated cohort."""

from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.tables import SYNTHETIC
from dualalign.errors import CohortError
from dualalign.measures.contradictions import KINDS, UNLIKELY, count_contradictions, find_contradictions
from dualalign.measures.planting import PLANTED

QUIET = "Afebrile, comfortable."
"""A sentence that commits a note to nothing, so that no person is spoken of just before what is planted."""

HUSBAND = [{"relation": "husband", "name": "Frank", "is_professional": False}]
LOW = [{"instrument": "mmse", "name": "MMSE", "value": 4.0, "maximum": 30.0}]
HIGH = [{"instrument": "mmse", "name": "MMSE", "value": 30.0, "maximum": 30.0}]
MEMANTINE = [{"drug": "memantine", "action": "start"}]
LECANEMAB = [{"drug": "lecanemab", "action": "start"}]

SENTENCES = (
    ("loss_out_of_order", 0, "She needs help with dressing."),
    ("drug_too_early", 0, "We discussed lecanemab."),
    ("drug_off_stage", 0, "Start memantine 5 mg daily."),
    ("name_too_early", 0, "Amyloid PET was negative."),
    ("", 2, "She reports memory loss."),
    ("", 3, "New onset anosognosia."),
    ("", 4, "CDR-SB 17/18."),
    ("score_disagrees", 5, "MMSE 3/30."),
    ("score_off_stage", 6, "MoCA 2/30."),
    ("score_rise", 7, "CDR-SB 9/18."),
    ("drug_not_listed", 8, "Continue galantamine ER 8 mg daily."),
    ("new_twice", 9, "New onset anosognosia."),
    ("symptom_denied", 10, "She denies memory loss."),
    ("found_normal", 17, "Neuro: memory intact, strength 5/5."),
    ("outside_horizon", 11, "Taxes in arrears since 2049."),
    ("diagnosis_early", 12, "She has Alzheimer's disease."),
    ("sex_disagrees", 13, "Pleasant gentleman in no distress."),
    ("age_disagrees", 14, "This is a 20-year-old woman with a benign nodule."),
    ("wrong_sex", 15, "Prostate cancer, on surveillance."),
    ("informant_changed", 16, "Her wife drove."),
)
"""Kind it should be found as, if any; number of the visit; sentence put at the end of its note."""

ROWS = (
    ("drug_off_stage", 20, {"stage": "early_prodromal", "medicines": MEMANTINE}),
    ("score_off_stage", 21, {"stage": "early_prodromal", "scores": LOW}),
    ("score_rise", 22, {"scores": HIGH}),
    ("drug_too_early", 23, {"medicines": LECANEMAB}),
    ("age_disagrees", 24, {"age": 20}),
    ("informant_changed", 25, {"informant_relation": "pilot", "informant_name": "Zelda"}),
    ("outside_horizon", 26, {"date": date(2049, 1, 1)}),
)
"""Kind it should be found as; number of the visit; what its row of the visits table is changed to."""

HEAD = 27
"""Number of the visit whose note is dated 40 days late."""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A small cohort; nobody may change it."""
    return generate_cohort("alzheimers", tmp_path_factory.mktemp("coherent") / "cohort", 3, part_patients=2)


@pytest.fixture(scope="module")
def clean(made) -> list:
    return list(find_contradictions(open_cohort(made)))


@pytest.fixture(scope="module")
def woman(made) -> list[dict]:
    """The visits of a woman first seen before the newer tests and drugs."""
    cohort = open_cohort(made)
    women = [row["patient_id"] for row in cohort.table("personas").to_pylist() if row["sex"] == "female"]
    visits = cohort.table("visits").to_pylist()
    by_patient = [[visit for visit in visits if visit["patient_id"] == each] for each in women]
    return next(each for each in by_patient if each[0]["date"].year < 2012 and len(each) > 30)


def rewrite(path: Path, change) -> None:
    """Pass every row of a Parquet file through a function and write what it returns."""
    table = pq.read_table(path)
    kept = [row for old in table.to_pylist() for row in change(old)]
    pq.write_table(pa.Table.from_pylist(kept, schema=table.schema), path)


def rewrite_parts(folder: Path, change) -> None:
    for part in sorted(folder.glob("*.parquet")):
        rewrite(part, change)


def plant(folder: Path, said: dict[str, list[str]]) -> None:
    """Put sentences at the end of notes, in their text and in the sentences table."""
    last: dict[str, dict] = {}
    texts: dict[str, str] = {}

    def lengthen(row: dict) -> list[dict]:
        for sentence in said.get(row["note_id"], ()):
            row = {**row, "text": f"{row['text']}{QUIET} {QUIET} {sentence}\n"}
        texts[row["note_id"]] = row["text"]
        return [row]

    def remember(row: dict) -> list[dict]:
        last[row["note_id"]] = row
        return [row]

    def add(row: dict) -> list[dict]:
        added = [row]
        if row["note_id"] in said and row["sentence"] == last[row["note_id"]]["sentence"]:
            position = row["end"]
            for sentence in (each for one in said[row["note_id"]] for each in (QUIET, QUIET, one)):
                start = texts[row["note_id"]].index(sentence, position)
                position = start + len(sentence)
                number = added[-1]["sentence"] + 1
                added.append(
                    {
                        **row,
                        "sentence": number,
                        "text": sentence,
                        "start": start,
                        "end": position,
                        "labels": [],
                    }
                )
        return added

    rewrite_parts(folder / "notes", lengthen)
    rewrite_parts(folder / "sentences", remember)
    rewrite_parts(folder / "sentences", add)


@pytest.fixture(scope="module")
def spoiled(made, woman, tmp_path_factory) -> set[tuple[str, str, str]]:
    """(kind, note id, where) of everything found once all is planted."""
    folder = copytree(made, tmp_path_factory.mktemp("spoiled") / "cohort")
    notes = [visit["note_id"] for visit in woman]
    said: dict[str, list[str]] = {}
    for _, number, sentence in SENTENCES:
        said.setdefault(notes[number], []).append(sentence)
    plant(folder, said)
    # The first note is left with what is planted, so that no loss told there makes another one possible.
    rewrite_parts(
        folder / "sentences",
        lambda row: [row] if row["note_id"] != notes[0] or row["text"] in said[notes[0]] else [],
    )
    changes = {notes[number]: columns for _, number, columns in ROWS}
    changes[notes[0]] = {"stage": "early_prodromal"}
    rewrite(folder / "visits.parquet", lambda row: [{**row, **changes.get(row["note_id"], {})}])
    rewrite(folder / "mentions.parquet", lambda row: [row] if row["note_id"] != notes[0] else [])
    patient = woman[0]["patient_id"]
    rewrite(
        folder / "personas.parquet",
        lambda row: [{**row, "informants": HUSBAND} if row["patient_id"] == patient else row],
    )
    day = woman[HEAD]["date"]
    late = day + timedelta(days=40)
    redated = {f"{day:%m/%d/%Y}": f"{late:%m/%d/%Y}", day.isoformat(): late.isoformat()}

    def redate(row: dict) -> list[dict]:
        for old, new in redated.items():
            if row["note_id"] == notes[HEAD]:
                row = {**row, "text": row["text"].replace(old, new)}
        return [row]

    rewrite_parts(folder / "notes", redate)
    return {(c.kind, c.note_id, c.where) for c in find_contradictions(open_cohort(folder))}


@pytest.mark.parametrize(("kind", "number", "sentence"), [each for each in SENTENCES if each[0]])
def test_a_planted_sentence_is_found(spoiled, clean, woman, kind, number, sentence) -> None:
    note_id = woman[number]["note_id"]
    assert (kind, note_id, sentence) in spoiled
    assert all((each.note_id, each.where) != (note_id, sentence) for each in clean)


@pytest.mark.parametrize(("kind", "number"), [each[:2] for each in ROWS])
def test_a_planted_row_is_found(spoiled, clean, woman, kind, number) -> None:
    note_id = woman[number]["note_id"]
    column = {"age_disagrees": "age: 20", "outside_horizon": "date: 2049"}.get(kind, "")
    column = (
        column or {"drug": "medicines: ", "score": "scores: ", "informant": "informant: "}[kind.split("_")[0]]
    )
    assert any(each[:2] == (kind, note_id) and each[2].startswith(column) for each in spoiled)
    assert all(each.kind != kind for each in clean if each.note_id == note_id and ": " in each.where[:12])


def test_a_head_with_another_date_is_found(spoiled, clean, woman) -> None:
    found = {note_id for kind, note_id, _ in spoiled if kind == "header_date"}
    # The visit moved to 2049 has another date than its note's head, too.
    assert found == {woman[HEAD]["note_id"], woman[26]["note_id"]}
    assert all(each.kind != "header_date" for each in clean)


def test_every_kind_is_planted() -> None:
    by_hand = {"scores_apart", "order_without_result"}
    assert {each[0] for each in (*SENTENCES, *ROWS)} | {*PLANTED} | by_hand == {"", *KINDS}


def test_the_measure_counts_what_is_found(made, woman, tmp_path) -> None:
    folder = copytree(made, tmp_path / "cohort")
    said = {5: "MMSE 3/30.", 2: "She reports memory loss.", 17: "Neuro: memory intact, strength 5/5."}
    plant(folder, {woman[number]["note_id"]: [sentence] for number, sentence in said.items()})
    cohort = open_cohort(folder)
    measure = count_contradictions(cohort)
    found = list(find_contradictions(cohort))
    impossible = [each for each in found if each.kind not in UNLIKELY]
    assert 0 < len(impossible) < len(found)
    assert measure.value == pytest.approx(1000 * len(impossible) / cohort.manifest["counts"]["notes"])
    assert measure.goal == "min"
    assert list(measure.breakdown) == list(KINDS)
    assert sum(measure.breakdown.values()) == len(found)
    assert measure.interval is not None
    assert measure.interval[0] <= measure.value <= measure.interval[1]


def test_what_is_found_does_not_depend_on_parts(made, clean, tmp_path) -> None:
    folder = copytree(made, tmp_path / "cohort")
    parts = sorted((folder / "notes").glob("*.parquet"))
    whole = pa.concat_tables([pq.read_table(part) for part in parts])
    cuts = np.array_split(np.arange(whole.num_rows), [whole.num_rows // 7])
    for part, taken in zip(parts, cuts, strict=True):
        pq.write_table(whole.take(pa.array(taken)).replace_schema_metadata(SYNTHETIC), part)
    assert list(find_contradictions(open_cohort(folder))) == clean


def test_a_visit_without_its_note_is_refused(made, woman, tmp_path) -> None:
    folder = copytree(made, tmp_path / "cohort")
    gone = woman[4]["note_id"]
    rewrite_parts(folder / "notes", lambda row: [] if row["note_id"] == gone else [row])
    with pytest.raises(CohortError, match=gone):
        list(find_contradictions(open_cohort(folder)))
