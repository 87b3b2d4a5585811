"""instruments.yaml: the tests of the disease, their scales, readings and noise."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Sourced


class Band(PackModel):
    """Scores from `low` to `high`, both included, and the words for them; empty words leave the score bare."""

    low: float
    high: float
    reading: str


class Instrument(Sourced):
    """One test.

    Args:
        id: stable name.
        names: names that notes use, the usual one first.
        names_with_scale: names that other tests share, read only where the scale's length follows ("9/15").
        minimum: lowest score.
        maximum: highest score.
        step: smallest difference between scores, 1 or 0.5.
        better: whether high or low scores are the good ones.
        impaired: the first score that counts as impaired (at or below it if high is better, else at or above).
        noise_sd: standard deviation of a repeated measurement, in points.
        first_year: year the test was published; no earlier note may give it.
        labels: labels that an impaired score earns.
        bands: readings by score.
        lost_on: task -> its points, the task that goes first standing first.
        answers: ids of orders that giving it carries out.
        screens: whether it screens cognition: a visit gives one such test at most, and none within two months of another.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    screens: bool = False
    names: list[str] = Field(min_length=1)
    names_with_scale: list[str] = Field(default_factory=list)
    minimum: float = 0
    maximum: float
    step: float = Field(default=1, gt=0)
    better: Literal["high", "low"]
    impaired: float
    noise_sd: float = Field(ge=0)
    first_year: int
    labels: list[str]
    bands: list[Band] = Field(min_length=1)
    lost_on: dict[str, int] = Field(default_factory=dict)
    answers: list[str] = Field(default_factory=list)

    def is_impaired(self, score: float) -> bool:
        """Whether a score counts as impaired."""
        return score <= self.impaired if self.better == "high" else score >= self.impaired

    def reading(self, score: float) -> str:
        """Return the words for a score; empty if the pack has none."""
        return next((band.reading for band in self.bands if band.low <= score <= band.high), "")


class Crosswalk(Sourced):
    """Equivalent scores of two tests: `table[score of one]` is the score of the other."""

    one: str
    other: str
    table: list[float]


class Instruments(PackModel):
    """The tests of a pack."""

    instruments: list[Instrument] = Field(min_length=1)
    crosswalks: list[Crosswalk] = Field(default_factory=list)

    @model_validator(mode="after")
    def _crosswalks_fit(self) -> Instruments:
        known = {instrument.id: instrument for instrument in self.instruments}
        for walk in self.crosswalks:
            for each in (walk.one, walk.other):
                if each not in known:
                    raise ValueError(f"crosswalk names '{each}', which is no instrument of the pack")
            size = known[walk.one].maximum - known[walk.one].minimum + 1
            if len(walk.table) != size:
                raise ValueError(
                    f"crosswalk from '{walk.one}' has {len(walk.table)} entries; it needs {size:g}"
                )
        return self

    def instrument(self, instrument_id: str) -> Instrument:
        """Return one instrument by its id."""
        return next(each for each in self.instruments if each.id == instrument_id)
