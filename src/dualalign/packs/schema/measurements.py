"""measurements.yaml: what is measured beside the tests of the disease, how it runs, and how often it is ordered.

Panels are ordered whole at a visit: a blood count, a scan, a spinal tap. A measurement's level is that of people without
the disease of the same age and group; the disease adds either another level in each stage or another change per year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.conditions import Condition

Id = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class Typical(PackModel):
    """The level of one group of people without the disease, at the measurement's reference age.

    Args:
        when: who belongs to the group; everybody if empty.
        level: mean, in the measurement's unit.
        between: standard deviation between persons in this group, None for the measurement's own.
    """

    when: Condition = Field(default_factory=Condition)
    level: float
    between: float | None = Field(default=None, ge=0)


class Spread(Sourced):
    """Standard deviations, in the unit, or as shares of the level where the scale is a ratio.

    Args:
        between: between persons, in the middle of the horizon.
        slope: between persons in the change per year.
        within: between repeated measurements of one person: assay, scanner, day.
    """

    between: float = Field(ge=0)
    slope: float = Field(default=0.0, ge=0)
    within: float = Field(ge=0)


class Effect(Sourced):
    """What the disease does in one stage, of which exactly one is given.

    Args:
        stage: stage id; between stages the effect passes smoothly from one to the next.
        level: mean of patients in the middle of the stage, beside the level of the last group under `typical`;
            other groups differ from theirs by as much.
        per_year: change per year in the stage, in place of the measurement's own.
    """

    stage: str
    level: float | None = None
    per_year: float | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Effect:
        if (self.level is None) == (self.per_year is None):
            raise ValueError(f"stage '{self.stage}' needs either a level or a change per_year")
        return self


class Measurement(Sourced):
    """One quantity.

    Args:
        id: stable name.
        name: in words.
        unit: of every number here and of every recorded value.
        trait: what is measured, where several assays measure the same; they share a person's deviation.
        scale: whether persons differ and change by shares of the level (`ratio`) or by units (`difference`).
        plausible: lowest and highest value that a living person may have.
        detection: lowest and highest value that the assay reports; beyond them the limit is recorded, and marked.
        decimals: digits after the point as reported.
        typical: levels by group; the first group that fits counts, and the last must fit everybody.
        reference_age: age in years at which they hold.
        per_year: change per year of age, in the unit, or as a share of the level where the scale is a ratio.
        spread: between and within persons.
        disease: what the disease does, by stage; a stage left out is filled in from its neighbours.
        sum_of: measurements of the same panel -> factor, where the value is their sum.
        missing: share of panels done in which this one has no result.
    """

    id: Id
    name: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    trait: str = ""
    scale: Literal["ratio", "difference"]
    plausible: tuple[float, float]
    detection: tuple[float | None, float | None] = (None, None)
    decimals: int = Field(ge=0, le=6)
    typical: list[Typical] = Field(min_length=1)
    reference_age: float = Field(default=75.0, ge=0, le=120)
    per_year: float = 0.0
    spread: Spread
    disease: list[Effect] = Field(default_factory=list)
    sum_of: dict[str, float] = Field(default_factory=dict)
    missing: Share = 0.0

    @model_validator(mode="after")
    def _levels_are_possible(self) -> Measurement:
        low, high = self.plausible
        if not low < high:
            raise ValueError(f"plausible runs from {low:g} to {high:g}; give the lower value first")
        if self.scale == "ratio" and low <= 0:
            raise ValueError(f"a ratio scale needs values above 0, and plausible begins at {low:g}")
        levels = [each.level for each in self.typical]
        levels += [effect.level for effect in self.disease if effect.level is not None]
        levels += [limit for limit in self.detection if limit is not None]
        outside = [level for level in levels if not low <= level <= high]
        if outside:
            raise ValueError(
                f"{outside[0]:g} {self.unit} lies outside the plausible {low:g} to {high:g}; is its unit right?"
            )
        rates = [self.per_year, *(each.per_year for each in self.disease if each.per_year is not None)]
        if self.scale == "ratio" and any(abs(rate) >= 0.5 for rate in rates):
            raise ValueError("on a ratio scale per_year is a share of the level: write 2 % as 0.02")
        return self

    @model_validator(mode="after")
    def _groups_and_stages_fit(self) -> Measurement:
        if self.typical[-1].when != Condition():
            raise ValueError("the last group under typical must fit everybody; leave its `when` out")
        if len({effect.level is None for effect in self.disease}) > 1:
            raise ValueError("disease gives levels in some stages and changes in others; keep to one kind")
        _refuse_doubles("stage", [effect.stage for effect in self.disease])
        return self

    @property
    def trait_id(self) -> str:
        """What is measured: the measurement itself, unless it shares a trait."""
        return self.trait or self.id


class MoreOften(PackModel):
    """A group in whom a panel is ordered `times` as often."""

    when: Condition
    times: float = Field(ge=0)


class Panel(Sourced):
    """What is ordered together.

    Args:
        id: stable name.
        name: in words.
        modality: `lab`, `imaging`, `biomarker`, or whatever the pack tells apart.
        ordered: note type id -> chance that a visit brings the panel.
        by_stage: stage id -> factor on that chance, 1 where none is given.
        more_often: groups with a further factor; every group that fits counts.
        first_year: first calendar year in which it can be had.
        last_year: last such year, None if it is still in use.
        share: share of people in whom it can be done and who agree to it.
        gap_days: days within which it is not done again.
        missing: share of orders that bring no result.
        measurements: what it measures.
    """

    id: Id
    name: str = Field(min_length=1)
    modality: Id
    ordered: dict[str, Share] = Field(min_length=1)
    by_stage: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    more_often: list[MoreOften] = Field(default_factory=list)
    first_year: int = Field(ge=1800, le=2100)
    last_year: int | None = None
    share: Share = 1.0
    gap_days: int = Field(default=1, ge=1)
    missing: Share = 0.0
    measurements: list[Measurement] = Field(min_length=1)

    @model_validator(mode="after")
    def _years_in_order(self) -> Panel:
        if self.last_year is not None and self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} comes before first_year {self.first_year}")
        return self


class Correlation(Sourced):
    """How the deviations of two traits go together between persons of one modality."""

    one: str
    other: str
    r: float = Field(gt=-1, lt=1)


class Measurements(Sourced):
    """Everything measured; a pack may have nothing."""

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    panels: list[Panel] = Field(default_factory=list)
    correlations: list[Correlation] = Field(default_factory=list)
    deviation_limit: float = Field(
        default=3.0, gt=0, description="Largest deviation of a person or a result, in standard deviations."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Measurements:
        _refuse_doubles("panel", [panel.id for panel in self.panels])
        _refuse_doubles("measurement", [each.id for _, each in self.each()])
        modality = {each.trait_id: panel.modality for panel, each in self.each()}
        for pair in self.correlations:
            for trait in (pair.one, pair.other):
                if trait not in modality:
                    raise ValueError(f"a correlation names '{trait}', which no panel measures")
            if pair.one == pair.other or modality[pair.one] != modality[pair.other]:
                raise ValueError(f"'{pair.one}' and '{pair.other}' are not two traits of one modality")
        _refuse_doubles("correlation", [" and ".join(sorted((p.one, p.other))) for p in self.correlations])
        if self.panels and float(np.linalg.eigvalsh(self.correlation_matrix()).min()) < 1e-6:
            raise ValueError("the correlations contradict one another (the matrix is not positive definite)")
        return self

    def each(self) -> Iterator[tuple[Panel, Measurement]]:
        """Yield every measurement with its panel, in the pack's order."""
        return ((panel, each) for panel in self.panels for each in panel.measurements)

    def traits(self) -> list[str]:
        """Return every trait once, in the order in which it is first measured."""
        return list(dict.fromkeys(each.trait_id for _, each in self.each()))

    def correlation_matrix(self) -> np.ndarray:
        """Return the correlations between traits, square, in the order of `traits`."""
        place = {trait: index for index, trait in enumerate(self.traits())}
        matrix = np.eye(len(place))
        for pair in self.correlations:
            one, other = place[pair.one], place[pair.other]
            matrix[one, other] = matrix[other, one] = pair.r
        return matrix


def _refuse_doubles(kind: str, names: list[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"the {kind} '{twice[0]}' is listed twice; keep one")
