"""What a model's notes came to, counted from the finished tables for the manifest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.cohort.folder import part_path
from dualalign.cohort.model_parts import read_unwritten
from dualalign.cohort.parts import read_parquet_part
from dualalign.notes.llm.checks import CHECKS, checks_for

if TYPE_CHECKING:
    from dualalign.cohort.model_writing import ModelWriting

_COLUMNS = ["failed_checks", "prompt_tokens", "reply_tokens", "cost_usd", "attempts", "failed_at_first"]


def count_writing(folder: Path, parts: int, writing: ModelWriting) -> dict[str, Any]:
    """Return how notes fared with their checks, and what they took.

    Tokens and cost are those of the notes, whenever their replies were asked for; null where a server did not count,
    or no prices were given.

    Args:
        folder: of the cohort.
        parts: number of its parts.
        writing: what wrote it.
    """
    import pyarrow.compute as pc

    at_first: Counter[str] = Counter()
    at_last: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    totals: dict[str, float | None] = {"prompt_tokens": 0, "reply_tokens": 0, "cost_usd": 0.0, "attempts": 0}
    unwritten: list[dict[str, str]] = []
    for part in range(parts):
        table = read_parquet_part(part_path(folder, "notes", part), _COLUMNS)
        for failed, first in zip(
            table["failed_checks"].to_pylist(), table["failed_at_first"].to_pylist(), strict=True
        ):
            at_first.update(first)
            at_last.update(failed)
            outcomes["still_failing" if failed else "repaired" if first else "passed_at_once"] += 1
        for name, total in totals.items():
            column = table[name]
            known = total is not None and column.null_count == 0
            totals[name] = (total or 0) + (pc.sum(column).as_py() or 0) if known else None
        unwritten += read_unwritten(folder, part)
    made = [check.name for check in checks_for(writing.alignment)]
    return {
        "passed_at_once": outcomes["passed_at_once"],
        "repaired": outcomes["repaired"],
        "still_failing": outcomes["still_failing"],
        "unwritten": unwritten,
        "replies": totals.pop("attempts"),
        **totals,
        "failed_by_check": {name: {"at_first": at_first[name], "at_last": at_last[name]} for name in made},
        "checks_not_made": [check.name for check in CHECKS if check.name not in made],
    }
