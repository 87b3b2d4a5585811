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

from dualalign.classifiers.calibrated import Calibration, DecisionOptions, learn_decision
from dualalign.cohort.parts import UNREADABLE, open_parquet
from dualalign.errors import ExperimentError
from dualalign.files import refusals_said, written_beside
from dualalign.stats.arrays import Floats, Marks

NOT_CALIBRATED: Calibration = "none"
DEFAULT_CALIBRATION: Calibration = "platt"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the grid.

    Args:
        fraction: share of the gold learned from, above 0 to 1; 0 where the set holds no gold.
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
class HeldOut:
    """Development sentences, with the logits of classifiers that did not learn from them.

    Args:
        truth: n x h.
        logits: n x h.
    """

    truth: Marks
    logits: Floats
    ids: tuple[str, ...] = ()

    def calibrated(self, calibration: Calibration, logits: Floats) -> Floats:
        """Return other sentences' logits (m x h) as log odds, calibrated by what these sentences teach."""
        if calibration == NOT_CALIBRATED:
            return logits
        decision = learn_decision(self.truth, self.logits, DecisionOptions(calibration=calibration))
        return decision.calibrated(logits)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell's classifier says of the test sentences.

    Args:
        logits: sentences x heads.
        thresholds: of each head, as a logit.
        held_out: development sentences that thresholds were chosen on; None without gold.
    """

    cell: Cell
    logits: Floats
    thresholds: Floats
    facts: dict[str, Any]
    held_out: HeldOut | None = None
    calibration: Calibration = NOT_CALIBRATED

    @property
    def calibrated(self) -> Floats:
        """Calibrated log odds, sentences x heads; the logits themselves where there is nothing to calibrate on."""
        return (
            self.logits if self.held_out is None else self.held_out.calibrated(self.calibration, self.logits)
        )


def save_outcome(folder: Path, outcome: Outcome, ids: Sequence[str], heads: Sequence[str], key: str) -> None:
    """Write a cell's predictions as Parquet, whole or not at all.

    Args:
        key: fingerprint of everything the predictions depend on.

    Raises:
        ExperimentError: the file cannot be written.
    """
    nothing = np.zeros((0, len(heads)))
    held = outcome.held_out or HeldOut(nothing.astype(np.bool_), nothing)
    columns: dict[str, Any] = {
        "id": [*ids, *held.ids],
        "held_out": np.arange(len(ids) + len(held.ids)) >= len(ids),
    }
    for column, head in enumerate(heads):
        columns[f"logit_{head}"] = np.concatenate([outcome.logits[:, column], held.logits[:, column]])
    for column, head in enumerate(heads):
        # The test sentences' truth is no part of what was predicted.
        columns[f"label_{head}"] = [None] * len(ids) + held.truth[:, column].tolist()
    # Infinity is not JSON; repr keeps it and every digit.
    thresholds = [repr(float(each)) for each in outcome.thresholds]
    facts = json.dumps({"key": key, "facts": outcome.facts, "thresholds": thresholds})
    target = folder / f"{outcome.cell.name}.parquet"
    with refusals_said(target, ExperimentError, "choose another --out"):
        folder.mkdir(parents=True, exist_ok=True)
        with written_beside(target) as half, half.open("wb") as stream:
            table = pa.table(columns).replace_schema_metadata({"cell": facts})
            pq.write_table(table, stream, write_page_checksum=True)


def load_outcome(folder: Path, cell: Cell, heads: Sequence[str], key: str) -> Outcome | None:
    """Return a cell's predictions if they were kept and depend on the same things, else None."""
    try:
        with open_parquet(folder / f"{cell.name}.parquet") as file:
            table = file.read()
        facts = json.loads((table.schema.metadata or {})[b"cell"])
        if facts.get("key") != key:
            return None
        held = table["held_out"].to_numpy()
        logits = np.column_stack([table[f"logit_{head}"].to_numpy() for head in heads])
        kept = None
        if held.any():
            own = table.filter(held)
            truth = np.column_stack([own[f"label_{head}"].to_numpy() for head in heads]).astype(np.bool_)
            kept = HeldOut(truth, logits[held], tuple(own["id"].to_pylist()))
        thresholds = np.array([float(each) for each in facts["thresholds"]])
        return Outcome(cell, logits[~held], thresholds, facts["facts"], kept)
    except (*UNREADABLE, KeyError, ValueError, TypeError, AttributeError):
        return None  # damaged or changed by hand: it is run again
