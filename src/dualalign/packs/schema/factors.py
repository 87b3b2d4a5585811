"""factors.yaml: what is sampled of a patient, with the published share of every level."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.conditions import LevelId

_MOST_LEVELS = 16


class AgeBand(PackModel):
    """Whole years of age that one level of the age factor covers, both ends included."""

    first: int = Field(ge=0, le=130)
    last: int = Field(ge=0, le=130)


class Factor(PackModel):
    """One thing that is sampled of a patient.

    Args:
        id: stable name, for example `hearing_loss`.
        name: as prose names it.
        group: heading of the published list.
        levels: level id -> share, in a fixed order, summing to 1. A factor that one has or has not may give `share`
            in place of levels; its levels are then `no` and `yes`.
        ordered: whether the levels form a scale, from the first to the last.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    group: str
    levels: dict[LevelId, Share] = Field(min_length=1, max_length=_MOST_LEVELS)
    ordered: bool = False

    @model_validator(mode="before")
    @classmethod
    def _share_means_yes(cls, value: Any) -> Any:
        if isinstance(value, dict) and "share" in value:
            if "levels" in value:
                raise ValueError("give `share` or `levels`, not both")
            value = dict(value)
            share = value.pop("share")
            if not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise ValueError(f"share {share!r} is not a proportion between 0 and 1")
            value["levels"] = {"no": 1.0 - share, "yes": share}
        return value

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Factor:
        total = math.fsum(self.levels.values())
        if abs(total - 1.0) > 1e-6:
            raise ValueError(
                f"the shares of '{self.id}' sum to {total:.4f}; make them sum to 1, adding a level for the rest if need be"
            )
        return self


class Factors(Sourced):
    """Every factor of the pack.

    Args:
        sex_factor: factor whose levels are among `female`, `male` and `nonbinary`.
        age_factor: factor whose levels are age bands.
        age_bands: level of the age factor -> years it covers.
        factors: in the order in which they are sampled and shown.
    """

    sex_factor: str
    age_factor: str
    age_bands: dict[str, AgeBand]
    factors: list[Factor] = Field(min_length=2)

    @model_validator(mode="after")
    def _roles_are_filled(self) -> Factors:
        ids = self.ids()
        for factor_id in ids:
            if ids.count(factor_id) > 1:
                raise ValueError(f"factor '{factor_id}' is listed twice; give each factor one entry")
        for role, factor_id in (("sex_factor", self.sex_factor), ("age_factor", self.age_factor)):
            if factor_id not in ids:
                raise ValueError(f"{role} '{factor_id}' is no factor; name one of the list")
        odd = set(self.factor(self.sex_factor).levels) - {"female", "male", "nonbinary"}
        if odd:
            raise ValueError(f"'{sorted(odd)[0]}' is no sex; use female, male and nonbinary")
        bands = [(band.first, band.last, level) for level, band in self.age_bands.items()]
        if [level for _, _, level in bands] != list(self.factor(self.age_factor).levels):
            raise ValueError("age_bands must name the levels of the age factor, in the same order")
        for (first, last, level), following in zip(bands, [*bands[1:], None], strict=True):
            if first > last or (following and following[0] != last + 1):
                raise ValueError(f"the band '{level}' must end one year before the next begins")
        return self

    def ids(self) -> list[str]:
        """Return factor ids in order."""
        return [factor.id for factor in self.factors]

    def factor(self, factor_id: str) -> Factor:
        """Return one factor.

        Raises:
            KeyError: no factor has that id.
        """
        for factor in self.factors:
            if factor.id == factor_id:
                return factor
        raise KeyError(factor_id)

    def unknown(self, factor_id: str, levels: Iterable[str] = ()) -> str:
        """Return what is wrong with a reference to levels of a factor, or an empty string."""
        if factor_id not in self.ids():
            return f"'{factor_id}' is no factor"
        for level in levels:
            if level not in self.factor(factor_id).levels:
                known = ", ".join(self.factor(factor_id).levels)
                return f"'{level}' is no level of '{factor_id}', which has {known}"
        return ""
