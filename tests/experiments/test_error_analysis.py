import json
from pathlib import Path

import numpy as np
import pytest

from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Cell, Outcome
from dualalign.experiments.error_analysis import flip_table, flips, write_flips
from dualalign.experiments.tasks import Task
from dualalign.labels import GoldSentences

# Four sentences: memory, mood, mood, neither.
LABELS = np.array([[1, 0], [0, 1], [0, 1], [0, 0]], dtype=bool)
GOLD = GoldSentences(
    ("a", "b", "c", "d"),
    ("Forgets SECRETNAME.", "Is low.", "Is sad.", "Is well."),
    ("memory", "mood"),
    LABELS,
    ("1", "2", "3", "4"),
    ("test",) * 4,
)
BEFORE = [[-1, -1, -1], [-1, 1, 1], [-1, -1, -1], [1, -1, -1]]
AFTER = [[1, -1, 1], [-1, -1, 1], [-1, -1, -1], [-1, 1, -1]]


def outcome(name: str, logits: list[list[int]], seed: int = 0) -> Outcome:
    return Outcome(Cell(name, 1.0, seed), np.array(logits, dtype=float), np.zeros(3), {})


def test_each_kind_of_change_is_told_apart() -> None:
    found = {
        each.head: each for each in flips([outcome("gold", BEFORE), outcome("full", AFTER)], GOLD, Task())
    }
    assert (found["memory"].changes["found"], found["memory"].changes["cleared"]) == ((0,), (3,))
    assert (found["mood"].changes["lost"], found["mood"].changes["alarmed"]) == ((1,), (3,))
    assert (found["any"].changes["found"], found["any"].changes["lost"]) == ((0,), ())
    assert (found["mood"].with_label, found["mood"].sentences) == (2, 4)


def test_the_answer_is_that_of_most_seeds() -> None:
    seeds = [outcome("full", AFTER, 0), outcome("full", BEFORE, 1), outcome("full", BEFORE, 2)]
    found = flips([outcome("gold", BEFORE), *seeds], GOLD, Task())
    assert not any(rows for each in found for rows in each.changes.values())


def test_which_label_is_asked_only_of_sentences_with_one() -> None:
    logits = [[row[0], row[1]] for row in BEFORE]
    turned = [[-x, -y] for x, y in logits]
    runs = [
        Outcome(Cell(name, 1.0, 0, task="five_class"), np.array(each, dtype=float), np.zeros(2), {})
        for name, each in (("gold", logits), ("full", turned))
    ]
    found = flips(runs, GOLD, Task(kind="five_class"))
    assert {each.sentences for each in found} == {3}
    assert all(3 not in rows for each in found for rows in each.changes.values())


def test_the_table_holds_counts_and_no_text() -> None:
    found = flips([outcome("gold", BEFORE), outcome("full", AFTER)], GOLD, Task())
    table = flip_table(found, {"full": "+ full"}, "changes")
    cells = [cell for column in table.columns for cell in column.cells]
    assert "1 (50.0%)" in cells
    assert not any("SECRETNAME" in str(cell) for cell in cells)


def test_the_file_says_what_it_is_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    found = flips([outcome("gold", BEFORE), outcome("full", AFTER)], GOLD, Task())
    place = tmp_path / "flips.json"
    place.write_text("old")
    place.chmod(0o644)
    write_flips(place, [("linear multi_label", found)], GOLD)
    kept = json.loads(place.read_text())
    assert "real sentences" in kept["notice"]
    assert {"id": "a", "label": "memory", "change": "found"}.items() <= kept["changes"][0].items()
    assert kept["changes"][0]["text"] == GOLD.texts[0]
    assert len(kept["changes"]) == sum(len(rows) for each in found for rows in each.changes.values())
    assert place.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ExperimentError, match="cannot be written"):
        write_flips(tmp_path / "no" / "flips.json", [], GOLD)
