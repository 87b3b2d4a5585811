"""`dualalign show`: patients, time lines and notes in the terminal."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualalign.cli.console import new_console
from dualalign.cli.show_note import mark, print_note
from dualalign.cohort import open_cohort

Run = Callable[..., tuple[int, str, str]]
TOY = Path(__file__).parents[1] / "packs" / "toy"


def test_patients_are_listed_without_an_id(toy: Path, run: Run) -> None:
    code, out, err = run("show", toy)
    counts = open_cohort(toy).manifest["counts"]
    assert (code, err) == (0, "")
    assert f"{counts['notes']:,} notes" in out
    for patient in ("P000000", "P000001", "P000002", "C000000"):
        own = len(open_cohort(toy).patient_rows("visits", patient))
        assert re.search(rf"{patient} .* {own} *\n", out)


def test_a_patient_s_time_line_holds_every_visit_in_order(toy: Path, run: Run) -> None:
    code, out, _ = run("show", toy, "P000001")
    assert code == 0
    visits = open_cohort(toy).patient_rows("visits", "P000001")
    lines = [line for line in out.splitlines() if "P000001-" in line]
    assert len(lines) == len(visits) > 0
    for line, row in zip(lines, visits, strict=True):
        for said in (
            str(row["date"]),
            f"{row['years_before']:.1f}",
            row["note_id"],
            row["stage"].replace("_", " "),
        ):
            assert said in line
        for score in row["scores"]:
            assert f"{score['name']} {score['value']:g}/{score['maximum']:g}" in line
    dates = re.findall(r"^ (\d{4}-\d\d-\d\d) ", out, re.M)
    assert dates == sorted(dates)


def test_events_between_visits_stand_in_their_place(toy: Path, tmp_path: Path, run: Run) -> None:
    folder = copytree(toy, tmp_path / "cohort")
    cohort = open_cohort(toy)
    visits = cohort.patient_rows("visits", "P000001")
    event = {
        "patient_id": "P000001",
        "kind": "move",
        "event": "nursing_home",
        "side": "",
        "days": 0,
        "note_id": None,
    }
    days = [visits[0]["date"] - timedelta(days=1), visits[1]["date"] - timedelta(days=1)]
    events = pa.Table.from_pylist([event | {"date": day} for day in days], schema=cohort.events.schema)
    pq.write_table(events, folder / "events.parquet")
    lines = run("show", folder, "P000001")[1].splitlines()
    (place,) = (place for place, line in enumerate(lines) if "move: nursing home" in line)
    assert str(days[1]) in lines[place]
    assert visits[1]["note_id"] in lines[place + 1]


def test_what_a_note_is_the_first_to_affirm_stands_in_its_line_alone(
    toy: Path, tmp_path: Path, run: Run
) -> None:
    folder = copytree(toy, tmp_path / "cohort")
    mentions = open_cohort(toy).mentions
    rows = [row for row in mentions.to_pylist() if row["patient_id"] == "P000001"]
    term = next(row["term"] for row in rows if sum(row["term"] == each["term"] for each in rows) > 2)
    own = [row["note_id"] for row in rows if row["term"] == term]
    polarities = [
        "affirmed" if row["term"] == term and row["note_id"] != own[0] else "negated"
        for row in mentions.to_pylist()
    ]
    place = mentions.column_names.index("polarity")
    changed = mentions.set_column(place, mentions.field(place), pa.array(polarities))
    pq.write_table(changed, folder / "mentions.parquet")
    told = [line for line in run("show", folder, "P000001")[1].splitlines() if term.replace("_", " ") in line]
    first = next(note for note in own if note != own[0])
    assert [first in line for line in told] == [True]


def test_a_note_is_shown_with_brackets_its_plan_and_agenda(toy: Path, run: Run) -> None:
    cohort = open_cohort(toy)
    row = next(row for row in cohort.sentences.to_pylist() if row["labels"])
    code, out, err = run("show", toy, row["note_id"], "--pack", TOY)
    assert (code, err) == (0, "")
    joined = " ".join(out.split())
    bare = joined.replace("{", "").replace("}", "")
    assert f"[{' '.join(row['text'].split())} | {', '.join(row['labels'])}]" in bare
    (visit,) = (
        each for each in cohort.patient_rows("visits", row["patient_id"]) if each["note_id"] == row["note_id"]
    )
    for said in (visit["note_type"].replace("_", " "), f"severity {visit['severity']:.2f}", "comes again in"):
        assert said in joined
    for mention in cohort.patient_rows("mentions", row["patient_id"]):
        if mention["note_id"] == row["note_id"]:
            assert re.search(
                rf"{mention['role']} +{mention['term'].replace('_', ' ')} +{mention['polarity']}", out
            )
            if mention["start"] is not None:
                text = next(
                    each["text"] for each in cohort.notes.to_pylist() if each["note_id"] == row["note_id"]
                )
                assert f"{{{' '.join(text[mention['start'] : mention['end']].split())}}}" in joined


def test_without_its_pack_a_note_is_shown_all_the_same(toy: Path, run: Run) -> None:
    code, out, _ = run("show", toy, "P000000-0000")
    assert code == 0
    assert "not shown: " in out
    assert "which is not installed" in " ".join(out.split())
    code, _, err = run("show", toy, "P000000-0000", "--pack", "alzheimers")
    assert (code, "made with pack 'toy', not 'alzheimers'" in err) == (2, True)


@pytest.mark.parametrize("asked", ["P9", "P000000-999", "[bold]", "x-y"])
def test_an_unknown_id_is_one_line_and_exit_code_2(asked: str, toy: Path, run: Run) -> None:
    code, out, err = run("show", toy, asked)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"'{asked}'" in err


def test_brackets_and_control_characters_of_a_text_are_shown_and_steer_nothing(
    toy: Path, tmp_path: Path, run: Run
) -> None:
    folder = copytree(toy, tmp_path / "a [/b] cohort")
    path = folder / "notes" / "part-00000.parquet"
    table = pq.read_table(path)
    texts = table["text"].to_pylist()
    texts[0] = "[/bold] [red]" + "\x1b[31m\x07 :smile: " + texts[0][40:]
    table = table.set_column(table.column_names.index("text"), table.field("text"), pa.array(texts))
    pq.write_table(table, path)
    code, out, _ = run("show", folder, table["note_id"][0].as_py())
    assert code == 0
    bare = re.sub(r" \| [a-z, ]+\]|[][{}]", "", out)
    assert "/bold red" in bare
    assert ":smile:" in bare
    assert "\x1b" not in out
    assert "\x07" not in out


TEXT = "Forgets names. Lungs clear."
SENTENCES = [
    {"start": 0, "end": 14, "labels": ["cognitive", "concern"]},
    {"start": 15, "end": 27, "labels": []},
]
MENTIONS = [{"start": 0, "end": 13}, {"start": 0, "end": 13}, {"start": None, "end": None}]


def test_marks_in_brackets() -> None:
    marked = mark(TEXT, SENTENCES, MENTIONS, None)
    assert marked.plain == "[{Forgets names}. | cognitive, concern] [Lungs clear.]"


def test_marks_that_meet_close_before_they_open() -> None:
    sentences = [{"start": 0, "end": 14, "labels": ["cognitive"]}, {"start": 14, "end": 27, "labels": []}]
    mentions = [{"start": 14, "end": 20}, {"start": 0, "end": 14}]
    marked = mark("Forgets names.Falls. Lungs ok", sentences, mentions, None)
    assert marked.plain == "[{Forgets names.} | cognitive][{Falls.} Lungs ]ok"


def test_marks_in_colour() -> None:
    marked = mark(TEXT, SENTENCES, MENTIONS, {"cognitive": "cyan"})
    assert marked.plain == "Forgets names. (cognitive, concern) Lungs clear."
    styles = {(marked.plain[span.start : span.end], str(span.style)) for span in marked.spans}
    assert {("Forgets names.", "cyan"), ("Forgets names", "bold underline")} <= styles


def test_a_wide_terminal_shows_the_plan_beside_the_text(toy: Path) -> None:
    cohort = open_cohort(toy)
    shown = {}
    for width in (100, 160):
        console = new_console(force_terminal=True, width=width, record=True, file=StringIO())
        print_note(console, cohort, "P000000", "P000000-0000", str(TOY))
        shown[width] = console.export_text()
    (below,), (beside,) = (re.findall(r"^(.*)\btype  ", text, re.M) for text in shown.values())
    assert below == ""
    assert beside != ""
    assert "|" not in shown[100].partition("Mentions")[0]
