"""Where other text helped and where it hurt: test sentences whose answer turned from wrong to right, or back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Outcome
from dualalign.experiments.labelled_text import from_gold
from dualalign.experiments.tasks import Task
from dualalign.experiments.training_sets import REFERENCE
from dualalign.files import refusals_said, write_text
from dualalign.labels.gold import GoldSentences

if TYPE_CHECKING:
    from rich.table import Table

NOTICE = (
    "This file holds real sentences of the gold set and their labels. Keep it where the gold set may be kept, and give it "
    "to nobody who may not read that."
)


@dataclass(frozen=True, slots=True)
class Flips:
    """What one training set changed for one head, against gold alone.

    Args:
        with_label: test sentences with the label.
        sentences: test sentences.
        changes: rows by kind of change. `found` have the label, were missed by gold alone and are now found; `cleared`
            have it not, were wrongly marked and are so no more; `lost` and `alarmed` are the opposite.
    """

    training_set: str
    fraction: float
    head: str
    with_label: int
    sentences: int
    changes: dict[str, tuple[int, ...]]


def flips(
    outcomes: Sequence[Outcome], test: GoldSentences, task: Task, reference: str = REFERENCE
) -> list[Flips]:
    """Return what each training set changed against the reference at the same share of the gold.

    An answer is that of most seeds; where half of them say yes it is no.

    Args:
        outcomes: of one classifier and one task.
        test: the test sentences, in the order of the logits.
    """
    rows = np.arange(len(test))
    if task.kind == "five_class":
        rows = np.flatnonzero(test.labels.sum(axis=1) == 1)
    truth = task.view(from_gold(test).take(rows)).marks
    runs: dict[tuple[str, float], list[Outcome]] = {}
    for outcome in outcomes:
        runs.setdefault((outcome.cell.training_set, outcome.cell.fraction), []).append(outcome)
    found = []
    for (name, fraction), each in runs.items():
        before = runs.get((reference, fraction))
        if before is None or name == reference:
            continue
        old, new = majority_vote(before, task)[rows], majority_vote(each, task)[rows]
        for column, head in enumerate(task.heads(test.label_ids)):
            right, was, now = truth[:, column], old[:, column], new[:, column]
            kinds = {
                "found": right & ~was & now,
                "cleared": ~right & was & ~now,
                "lost": right & was & ~now,
                "alarmed": ~right & ~was & now,
            }
            changed = {kind: tuple(rows[part].tolist()) for kind, part in kinds.items()}
            found.append(Flips(name, fraction, head, int(right.sum()), len(right), changed))
    return found


def flip_table(found: Sequence[Flips], names: dict[str, str], title: str) -> Table:
    """Counts of helped and hurt sentences of each head, as shares of the sentences with and without the label."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    columns = (
        "training set",
        "label",
        "now found",
        "no longer wrongly marked",
        "now missed",
        "now wrongly marked",
    )
    for column in columns:
        table.add_column(column, no_wrap=True)
    for each in found:
        without = each.sentences - each.with_label
        wholes = (each.with_label, without, each.with_label, without)
        cells = [
            f"{len(rows)} ({len(rows) / whole:.1%})" if whole else "-"
            for rows, whole in zip(each.changes.values(), wholes, strict=True)
        ]
        table.add_row(names[each.training_set], each.head, *cells)
    return table


def write_flips(place: Path, found: Sequence[tuple[str, Sequence[Flips]]], test: GoldSentences) -> None:
    """Write every sentence whose answer changed, with its text, for reading on this machine.

    Args:
        found: flips by the name of the classifier and task they are of.

    Raises:
        ExperimentError: the file cannot be written.
    """
    listed: list[dict[str, Any]] = [
        {
            "run": name,
            "training_set": each.training_set,
            "gold_fraction": each.fraction,
            "label": each.head,
            "change": kind,
            "id": test.ids[row],
            "text": test.texts[row],
            "labels": [test.label_ids[column] for column in np.flatnonzero(test.labels[row])],
        }
        for name, changes in found
        for each in changes
        for kind, rows in each.changes.items()
        for row in rows
    ]
    text = json.dumps({"notice": NOTICE, "changes": listed}, indent=1, ensure_ascii=False)
    with refusals_said(place, ExperimentError, "choose another --error-analysis"):
        write_text(place, text, private=True)


def majority_vote(runs: Sequence[Outcome], task: Task) -> npt.NDArray[np.bool_]:
    """Return what most runs answer, sentences x heads; where half of them say yes it is no."""
    if task.kind == "five_class":
        heads = runs[0].logits.shape[1]
        votes = [np.eye(heads, dtype=np.bool_)[run.logits.argmax(axis=1)] for run in runs]
    else:
        votes = [run.logits > run.thresholds for run in runs]
    return np.asarray(np.mean(votes, axis=0) > 0.5)
