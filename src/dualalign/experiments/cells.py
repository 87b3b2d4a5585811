"""The cells of an experiment: one training set, share of the gold, seed, classifier and task; predictions are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.errors import ExperimentError
from dualalign.experiments.scores import Floats


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the grid.

    Args:
        training_set: id of the training set.
        fraction: share of the gold learned from, above 0 to 1; 0 where the set holds no gold.
        seed: seed of what is drawn.
        model: id of the classifier.
        task: id of what is asked of it.
    """

    training_set: str
    fraction: float
    seed: int
    model: str = "linear"
    task: str = "multi_label"

    @property
    def name(self) -> str:
        """File name, without its ending."""
        percent = 100 * self.fraction
        share = f"{round(percent):03d}" if abs(percent - round(percent)) < 1e-6 else f"{percent:g}"
        name = f"{self.training_set}-{share}-{self.seed}"
        if (self.model, self.task) == ("linear", "multi_label"):
            return name
        return f"{self.model}-{self.task}-{name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell's classifier says of the test sentences.

    Args:
        cell: the cell.
        logits: sentences x heads.
        thresholds: of each head, as a logit.
        facts: sentences learned from, setting chosen and so on, for the reader.
    """

    cell: Cell
    logits: Floats
    thresholds: Floats
    facts: dict[str, Any]


def save_outcome(folder: Path, outcome: Outcome, ids: Sequence[str], heads: Sequence[str], key: str) -> None:
    """Write a cell's predictions as Parquet, whole or not at all.

    Args:
        folder: of the experiment's cells.
        outcome: the cell's predictions.
        ids: of the test sentences.
        heads: names of the heads.
        key: fingerprint of everything the predictions depend on.
    """
    columns: dict[str, Any] = {"id": list(ids)}
    for column, head in enumerate(heads):
        columns[f"logit_{head}"] = outcome.logits[:, column]
    facts = {
        "key": key,
        "facts": outcome.facts,
        # Infinity is not JSON; repr keeps it and every digit.
        "thresholds": [repr(float(each)) for each in outcome.thresholds],
    }
    table = pa.table(columns).replace_schema_metadata({"cell": json.dumps(facts)})
    target = folder / f"{outcome.cell.name}.parquet"
    part = target.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, part)
        part.replace(target)
    except OSError as error:
        raise ExperimentError(
            f"{target}: cannot be written ({error.strerror})", "choose another --out"
        ) from None


def load_outcome(folder: Path, cell: Cell, heads: Sequence[str], key: str) -> Outcome | None:
    """Return a cell's predictions if they were kept and depend on the same things, else None."""
    try:
        table = pq.read_table(folder / f"{cell.name}.parquet")
        facts = json.loads((table.schema.metadata or {})[b"cell"])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None
    if facts.get("key") != key:
        return None
    logits = np.column_stack([table[f"logit_{head}"].to_numpy() for head in heads])
    thresholds = np.array([float(each) for each in facts["thresholds"]])
    return Outcome(cell, logits, thresholds, facts["facts"])
