import asyncio
import json
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from note_from_prompt import NoteServer

from dualalign.cohort import ModelWriting, generate_cohort, open_cohort
from dualalign.errors import BudgetExceeded, ModelError, WriterError
from dualalign.llm.choice import ModelChoice
from dualalign.notes.prompts import Alignment

SIZE: dict[str, Any] = {"patients": 3, "controls": 1, "seed": 3, "part_patients": 2}
MOST = 4


class Served:
    """A server of notes made from their prompts, in a thread."""

    def __init__(self) -> None:
        self.server = NoteServer(0.0, keep=True)
        self.url = ""
        self.started = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        assert self.started.wait(10)

    async def _serve(self) -> None:
        _, self.url = await self.server.start()
        self.started.set()
        await asyncio.sleep(600)


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


def writing(served: Served, model: str = "m", most: int = MOST, **options: Any) -> ModelWriting:
    of_choice = {name: options.pop(name) for name in ("budget_tokens", "in_flight") if name in options}
    choice = ModelChoice("llm", base_url=served.url, model=model, **of_choice)
    return ModelWriting(choice, most_notes=most, **options)


@pytest.fixture(scope="module")
def by_model(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cohort of the stand-in; nobody may change it."""
    return generate_cohort(
        "alzheimers", tmp_path_factory.mktemp("model") / "cohort", writing=writing(served), **SIZE
    )


def replayed(journal: Path, **options: Any) -> ModelWriting:
    return ModelWriting(ModelChoice("replay", replay=journal), most_notes=MOST, **options)


def tables(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def test_tables_hold_every_note_once_with_what_it_took(by_model: Path) -> None:
    cohort = open_cohort(by_model)
    notes = cohort.table("notes").to_pylist()
    assert [row["note_id"] for row in notes] == cohort.table("visits")["note_id"].to_pylist()
    assert len(notes) == 4 * MOST
    assert {row["writer"] for row in notes} == {"m"}
    assert all(row["prompt_tokens"] == 400 * row["attempts"] for row in notes)
    assert any(row["attempts"] > 1 for row in notes)
    for row in cohort.table("sentences").to_pylist():
        assert set(row["labels"]) == {*row["rules_labels"], *(row["plan_labels"] or ())}
        assert row["label_source"] == ("rules" if row["plan_labels"] is None else "plan")


def test_most_mentions_are_located_where_they_are_said(by_model: Path) -> None:
    cohort = open_cohort(by_model)
    texts = {row["note_id"]: row["text"] for row in cohort.table("notes").to_pylist()}
    mentions = cohort.table("mentions").to_pylist()
    located = [row for row in mentions if row["start"] is not None]
    assert len(located) > 0.9 * len(mentions)
    assert all(0 <= row["start"] < row["end"] <= len(texts[row["note_id"]]) for row in located)


def test_the_manifest_counts_what_the_tables_hold(by_model: Path) -> None:
    counts = open_cohort(by_model).manifest["counts"]["writing"]
    notes = open_cohort(by_model).table("notes").to_pylist()
    assert counts["passed_at_once"] + counts["repaired"] + counts["still_failing"] == len(notes)
    assert counts["replies"] == sum(row["attempts"] for row in notes)
    assert counts["cost_usd"] is None
    for check, found in counts["failed_by_check"].items():
        assert found["at_first"] == sum(check in row["failed_at_first"] for row in notes)
    assert sum(found["at_first"] for found in counts["failed_by_check"].values()) > 0
    assert counts["checks_not_made"] == []


def test_a_replay_gives_the_same_bytes_and_asks_nobody(
    by_model: Path, served: Served, tmp_path: Path
) -> None:
    asked = len(served.server.requests)
    again = generate_cohort(
        "alzheimers", tmp_path / "again", writing=replayed(by_model / "journal.sqlite"), **SIZE
    )
    assert tables(again) == tables(by_model)
    assert len(served.server.requests) == asked


def test_a_budget_stops_and_more_of_it_goes_on(by_model: Path, served: Served, tmp_path: Path) -> None:
    asked = len(served.server.requests)
    with pytest.raises(BudgetExceeded):
        generate_cohort(
            "alzheimers", tmp_path / "c", writing=writing(served, budget_tokens=3_000, in_flight=2), **SIZE
        )
    kept = len(served.server.requests) - asked
    assert 0 < kept <= 6
    done = generate_cohort("alzheimers", tmp_path / "c", writing=writing(served), **SIZE)
    assert tables(done) == tables(by_model)
    replies = open_cohort(by_model).manifest["counts"]["writing"]["replies"]
    assert len(served.server.requests) - asked == replies


def test_refused_notes_are_left_out_counted_and_asked_for_again(by_model: Path, tmp_path: Path) -> None:
    victim = "P000001-"
    with sqlite3.connect(by_model / "journal.sqlite") as database:
        whole = dict(database.execute("SELECT key, reply FROM replies"))
    table = tmp_path / "replies.jsonl"

    def record(replies: dict[str, str]) -> None:
        table.write_text("".join(json.dumps({"key": k, "reply": r}) + "\n" for k, r in replies.items()))

    record({key: reply for key, reply in whole.items() if not key.startswith(victim)})
    out = generate_cohort("alzheimers", tmp_path / "c", writing=replayed(table), **SIZE)
    missing = [row["note_id"] for row in open_cohort(out).manifest["counts"]["writing"]["unwritten"]]
    assert len(missing) == MOST
    assert all(note.startswith(victim) for note in missing)
    assert not set(missing) & set(open_cohort(out).table("visits")["note_id"].to_pylist())
    record(whole)
    generate_cohort("alzheimers", out, writing=replayed(table), **SIZE)
    assert open_cohort(out).manifest["counts"]["writing"]["unwritten"] == []
    texts = [open_cohort(each).table("notes")["text"].to_pylist() for each in (out, by_model)]
    assert texts[0] == texts[1]


def test_a_model_that_writes_nothing_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text('{"key": "x", "reply": "y"}\n')
    with pytest.raises(ModelError, match="wrote none of 10 notes"):
        generate_cohort("alzheimers", tmp_path / "c", writing=replayed(tmp_path / "empty.jsonl"), **SIZE)


def test_fewer_notes_are_spread_from_the_first_visit_to_the_last(served: Served) -> None:
    assert writing(served, most=3).visits(9) == [0, 4, 8]
    assert writing(served, most=1).visits(9) == [8]
    assert writing(served, most=9).visits(4) == [0, 1, 2, 3]
    assert all(len(set(writing(served, most=k).visits(40))) == k for k in range(1, 41))
    with pytest.raises(WriterError, match="--most-notes"):
        writing(served, most=0)


def test_checks_that_the_prompt_gave_no_right_to_are_said(served: Served, tmp_path: Path) -> None:
    out = generate_cohort(
        "alzheimers", tmp_path / "c", 1, writing=writing(served, most=2, alignment=Alignment.NONE)
    )
    counts = open_cohort(out).manifest["counts"]["writing"]
    assert {"mention_missing", "age"} <= set(counts["checks_not_made"])
    assert "mention_missing" not in counts["failed_by_check"]


def test_a_run_that_wrote_nothing_does_not_hold_the_folder(served: Served, tmp_path: Path) -> None:
    broken = ModelWriting(ModelChoice("llm", base_url=served.url, model="m", budget_tokens=1), most_notes=1)
    with pytest.raises(BudgetExceeded):
        generate_cohort("alzheimers", tmp_path / "c", 2, writing=broken)
    generate_cohort("alzheimers", tmp_path / "c", 2, writing=writing(served, model="other", most=1))


@pytest.fixture(autouse=True, scope="module")
def _own_path() -> Iterator[None]:
    yield
    sys.path.remove(str(Path(__file__).parents[2] / "benchmarks"))
