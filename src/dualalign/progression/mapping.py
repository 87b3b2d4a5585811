"""Mapping files: how the columns of someone's CSV become the longitudinal format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from dualalign.progression.schema import LongitudinalSchema, Name, Strict, load_schema, load_yaml

YEAR_DAYS = 365.25


class TimeColumn(Strict):
    """The column of times: a number since the first visit, or a date."""

    column: str
    unit: Literal["days", "months", "years", "date"]

    @property
    def years(self) -> float:
        """Years in one unit; a date is counted in days."""
        return {"days": 1 / YEAR_DAYS, "date": 1 / YEAR_DAYS, "months": 1 / 12, "years": 1.0}[self.unit]


class ObservationColumn(Strict):
    """A column of a wide file, or a name in the feature column of a long one."""

    column: str
    feature: Name
    unit: str | None = Field(default=None, description="One of the feature's other units.")


class EventRule(Strict):
    """An event: a column with its time, or the first visit at which a feature lies above a bound."""

    event: Name
    column: str | None = None
    feature: Name | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> EventRule:
        if (self.column is None) == (self.feature is None or self.above is None):
            raise ValueError("give `column`, or `feature` and `above`")
        return self


class Mapping(Strict):
    """How a wide CSV (a row a visit) or a long one (a row an observation) is read."""

    schema_name: str = Field(alias="schema", description="Name of a schema of the library, or a .yaml path.")
    layout: Literal["wide", "long"]
    subject: str
    time: TimeColumn
    missing: tuple[str, ...] = ("", "NA", "N/A")
    group: str | None = None
    site: str | None = None
    static: dict[Name, str] = Field(default_factory=dict)
    observations: tuple[ObservationColumn, ...]
    feature_column: str | None = Field(default=None, description="Long layout: column of feature names.")
    value_column: str | None = Field(default=None, description="Long layout: column of values.")
    unit_column: str | None = Field(default=None, description="Long layout: column of units.")
    events: tuple[EventRule, ...] = ()

    @model_validator(mode="after")
    def _long_columns(self) -> Mapping:
        if self.layout == "long" and (self.feature_column is None or self.value_column is None):
            raise ValueError("the long layout needs `feature_column` and `value_column`")
        return self

    def schema_for(self, folder: Path) -> LongitudinalSchema:
        """Return the schema; a relative .yaml path is meant beside the mapping file."""
        if self.schema_name.endswith((".yaml", ".yml")):
            return load_schema(folder / self.schema_name)
        return load_schema(self.schema_name)


def load_mapping(name_or_path: str | Path) -> Mapping:
    """Load a mapping: a name of the library (`oasis2`) or the path of a YAML file.

    Raises:
        ProgressionError: missing, unreadable, or with an unknown or wrong entry.
    """
    return load_yaml(name_or_path, Mapping, "mapping")
