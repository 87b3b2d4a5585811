"""What a classifier learns from: the training sets that an experiment compares."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class TrainingSet(BaseModel):
    """One row of an experiment's tables.

    Args:
        id: id, for `--sets` and the results.
        name: as the tables print it.
        gold: whether it holds the gold sentences.
        source: which other text it holds.
        amount: `all` of that text, or `matched` in size to the bronze set.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    gold: bool
    source: Literal["none", "bronze", "synthetic"]
    amount: Literal["all", "matched"] = "all"


class LeanOption(BaseModel):
    """One way of leaning on other text; see `PriorUse`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offset: float = Field(ge=0, le=1)
    scale: float = Field(ge=0)


class TrainingSets(BaseModel):
    """The training sets, and the ways of leaning on other text that are tried on development sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    training_sets: tuple[TrainingSet, ...]
    prior_uses: tuple[LeanOption, ...]


@cache
def default_training_sets() -> TrainingSets:
    """Return the training sets of the method's paper."""
    text = resources.files("dualalign.experiments").joinpath("training_sets.yaml").read_text(encoding="utf-8")
    return TrainingSets.model_validate(yaml.safe_load(text))
