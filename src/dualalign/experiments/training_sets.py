"""What a classifier learns from: the training sets that an experiment compares."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dualalign.classifiers.calibrated import Calibration
from dualalign.classifiers.linear import PriorUse

REFERENCE = "gold"
"""The training set that others are held against."""


class TextUse(BaseModel):
    """How a classifier uses other text beside the gold.

    Args:
        way: `lean`: what it taught is a prior (linear only); `pool`: learned together with the gold, at a weight;
            `curriculum`: learned first, and the gold after it. `default` is the model's own best one.
        weights: for `pool`, weights of a sentence beside a gold one, above 0; the one with the least loss on
            development sentences is taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    way: Literal["default", "lean", "pool", "curriculum"] = "default"
    weights: tuple[Annotated[float, Field(gt=0)], ...] = ()

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        if self.weights and self.way != "pool":
            raise ValueError("'weights' has a meaning only for way 'pool'")
        return self


class TextSelection(BaseModel):
    """Which of the other sentences are kept, by what the gold says of them.

    Args:
        by: `confidence`: those whose labels a classifier of the gold finds likeliest; `discriminator`: those that a
            classifier of real against synthetic sentences takes most for real.
        keep: shares to try, each above 0 to 1; the one with the least loss on development sentences is taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["confidence", "discriminator"]
    keep: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(min_length=1)


class TrainingSet(BaseModel):
    """One row of an experiment's tables.

    Args:
        id: id, for the results and the files of its cells.
        name: as the tables print it.
        gold: whether it holds the gold sentences.
        source: which other text it holds: `none`, `bronze`, `synthetic`, or the name of one that the user gave.
        amount: `all` of that text; `matched`: as many labelled sentences as the bronze set has; `smallest`: as many
            as the least of the texts has whose sets say `smallest`.
        share: share of that text, above 0 to 1.
        use: how it is used.
        select: which of its sentences are kept; all if None.
        curve: name of the volume curve it is a point of, empty if of none.
        calibration: how probabilities are calibrated on development sentences; as classifier or grid say if None.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[A-Za-z0-9_.+-]+$")
    name: str
    gold: bool
    source: str
    amount: Literal["all", "matched", "smallest"] = "all"
    share: float = Field(default=1.0, gt=0, le=1)
    use: TextUse = TextUse()
    select: TextSelection | None = None
    curve: str = ""
    calibration: Calibration | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.gold:
            return self
        if self.source == "none":
            raise ValueError("a training set without gold needs a source")
        if self.select is not None:
            raise ValueError(
                "text is selected by what the gold says of it: set gold to true, or leave select out"
            )
        if self.calibration not in (None, "none"):
            raise ValueError("a training set without gold has nothing to calibrate on: leave calibration out")
        return self

    @property
    def is_drawn(self) -> bool:
        """Whether its text differs from seed to seed."""
        return self.amount != "all" or self.share < 1


class TrainingSets(BaseModel):
    """The training sets, and the ways of leaning on other text that are tried on development sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    training_sets: tuple[TrainingSet, ...]
    prior_uses: tuple[PriorUse, ...]


@cache
def default_training_sets() -> TrainingSets:
    """Return the training sets of the method's paper."""
    text = resources.files("dualalign.experiments").joinpath("training_sets.yaml").read_text(encoding="utf-8")
    return TrainingSets.model_validate(yaml.safe_load(text))
