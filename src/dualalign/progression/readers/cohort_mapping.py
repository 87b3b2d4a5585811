"""Mapping files for cohorts: which of their columns, labels and scores become which features."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from dualalign.progression.schema import LongitudinalSchema, Name, Strict, load_schema, load_yaml


class PersonColumn(Strict):
    """A column of the personas, or `age` for the age at the first visit; `values` rename levels."""

    column: str
    values: dict[str, str | float] = Field(default_factory=dict)


class VisitColumn(Strict):
    """A column of the visits whose levels stand for numbers of a feature, or for missing where not listed."""

    column: str
    feature: Name
    values: dict[str, float]


class MeasurementFeature(Strict):
    """A measurement of the cohort, its feature, and the unit the cohort gives it in where it is not the schema's."""

    feature: Name
    unit: str | None = None


class FirstAbove(Strict):
    """An event at the first visit at which a feature lies above a bound."""

    event: Name
    feature: Name
    above: float


class CohortMapping(Strict):
    """How a cohort is read."""

    schema_name: str = Field(alias="schema")
    static: dict[Name, PersonColumn] = Field(default_factory=dict)
    counts: dict[str, Name] = Field(default_factory=dict, description="`notes`, `sentences` -> feature.")
    labels: dict[str, Name] = Field(
        default_factory=dict, description="Label -> feature that counts sentences."
    )
    scores: dict[str, Name] = Field(default_factory=dict, description="Instrument -> feature.")
    measurements: dict[str, MeasurementFeature] = Field(default_factory=dict)
    visits: tuple[VisitColumn, ...] = ()
    only_with: Name | None = Field(default=None, description="Keep only visits at which this was observed.")
    event: Name | None = Field(default=None, description="Event that cases meet on the index date.")
    first_above: FirstAbove | None = Field(default=None, description="Event read from a feature instead.")

    def schema_for(self, folder: Path) -> LongitudinalSchema:
        """Return the schema; a relative .yaml path is meant beside the mapping file."""
        if self.schema_name.endswith((".yaml", ".yml")):
            return load_schema(folder / self.schema_name)
        return load_schema(self.schema_name)


def load_cohort_mapping(name_or_path: str | Path) -> CohortMapping:
    """Load a mapping: a name of the library (a pack's id) or the path of a YAML file.

    Raises:
        ProgressionError: missing, unreadable, or with an unknown or wrong entry.
    """
    return load_yaml(name_or_path, CohortMapping, "cohort")
