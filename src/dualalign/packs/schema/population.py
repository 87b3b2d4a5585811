"""population.yaml: what is added to the published shares: age at diagnosis, risks, people without the disease, genotypes."""

from __future__ import annotations

import math
from datetime import date

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.conditions import Condition, LevelId, LevelIds


class AgeAtIndex(Sourced):
    """Normal distribution of age at the index date, in years, cut at both ends.

    It shapes ages inside the published age bands, and gives all ages where a profile takes them from claims.
    """

    mean: float = Field(gt=0, lt=130)
    sd: float = Field(gt=0, lt=40)
    youngest: int = Field(ge=0, le=130)
    oldest: int = Field(ge=0, le=130)

    @model_validator(mode="after")
    def _ends_in_order(self) -> AgeAtIndex:
        if self.youngest >= self.oldest:
            raise ValueError("youngest must be less than oldest")
        return self


class IndexDates(Sourced):
    """Calendar range from which index dates are drawn evenly, both ends included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _ends_in_order(self) -> IndexDates:
        if self.first > self.last:
            raise ValueError("first must not be after last")
        return self


class Shares(Sourced):
    """Shares of one factor's levels, in place of the published ones."""

    levels: dict[LevelId, Share]

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Shares:
        total = math.fsum(self.levels.values())
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the shares sum to {total:.4f}; make them sum to 1")
        return self


class RelativeRisk(Sourced):
    """Risk of the disease with one of these levels over the risk without.

    People without the disease have a level with share proportional to share among cases / ratio.
    """

    factor: str
    levels: LevelIds
    ratio: float = Field(gt=0)


class GenotypeGroup(Sourced):
    """Genotypes of one ancestry.

    Args:
        when: who belongs to the group; the first group that fits counts.
        frequencies: genotype -> relative frequency among people without the disease.
        odds: genotype -> odds ratio of the disease; 1 where not named.
    """

    when: Condition = Field(default_factory=Condition)
    frequencies: dict[str, float] = Field(min_length=1)
    odds: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _odds_of_known_genotypes(self) -> GenotypeGroup:
        for genotype in self.odds:
            if genotype not in self.frequencies:
                raise ValueError(f"odds are given for '{genotype}', which has no frequency")
        return self


class Population(PackModel):
    """What the pack adds to the published shares.

    Args:
        age: age at the index date.
        index_dates: calendar range of index dates.
        claims_shares: factor -> shares, where a profile takes age and sex from claims.
        relative_risks: what makes cases differ from people without the disease.
        control_shares: factor -> shares among people without the disease, where no relative risk says it.
        genotypes: ancestry groups, the first that fits counts; empty if the pack has no genotype.
    """

    age: AgeAtIndex
    index_dates: IndexDates
    claims_shares: dict[str, Shares] = Field(default_factory=dict)
    relative_risks: list[RelativeRisk] = Field(default_factory=list)
    control_shares: dict[str, Shares] = Field(default_factory=dict)
    genotypes: list[GenotypeGroup] = Field(default_factory=list)
