"""Mapping files: which codes of someone's records become which features, facts and events of a schema.

One language serves every kind of record. A code is a column of a wide CSV file, a name in the feature column of a long
one, `system|code` or a bare code of FHIR, a concept id of OMOP, a code of MEDS, or a name such as `label/cognitive` of a
cohort.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from dualalign.errors import ProgressionError
from dualalign.progression.schema import LongitudinalSchema, Name, Strict, load_schema, load_yaml

YEAR_DAYS = 365.25
BIRTH, DEATH = "MEDS_BIRTH", "MEDS_DEATH"
"""Codes of birth and death, as MEDS names them; every reader uses these names."""
NOTE = "note"
"""Code of a note's text, where the records have no code of their own for it."""


class Source(Strict):
    """Where a fact, a feature or an event comes from; a code alone, or a list of codes, may stand for it."""

    codes: tuple[str, ...] = Field(min_length=1)
    unit: str | None = Field(default=None, description="The records' unit where they do not give it.")
    values: dict[str, str | float] = Field(
        default_factory=dict, description="What the records say -> level or number; all else as it stands."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, content: Any) -> Any:
        if isinstance(content, (str, int)):
            return {"codes": [str(content)]}
        return {"codes": [str(each) for each in content]} if isinstance(content, list) else content


class EventSource(Source):
    """An event: the first time of a code, or the first time at which a feature lies above a bound."""

    codes: tuple[str, ...] = ()
    feature: Name | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> EventSource:
        if bool(self.codes) == (self.feature is not None and self.above is not None):
            raise ValueError("give `codes`, or `feature` and `above`")
        return self


class TimeColumn(Strict):
    """The column of times: a number since some day, or a date."""

    column: str
    unit: Literal["days", "months", "years", "date"]


class Table(Strict):
    """How a CSV file is laid out: a row a visit (wide), or a row an observation (long)."""

    layout: Literal["wide", "long"] = "wide"
    subject: str
    time: TimeColumn
    missing: tuple[str, ...] = ("", "NA", "N/A")
    code: str | None = Field(default=None, description="Long layout: column of codes.")
    value: str | None = Field(default=None, description="Long layout: column of values.")
    unit: str | None = Field(default=None, description="Long layout: column of units.")

    @model_validator(mode="after")
    def _long_columns(self) -> Table:
        if self.layout == "long" and (self.code is None or self.value is None):
            raise ValueError("the long layout needs `code` and `value`")
        return self


class Mapping(Strict):
    """How records are read; codes that are not listed are left out."""

    schema_name: str = Field(alias="schema", description="Name of a schema of the library, or a .yaml path.")
    table: Table | None = Field(default=None, description="Layout of a CSV file; other records need none.")
    static: dict[Name, Source] = Field(default_factory=dict, description="Lasting fact -> codes.")
    features: dict[Name, Source] = Field(description="Feature -> codes.")
    events: dict[Name, EventSource] = Field(default_factory=dict, description="Event -> codes or rule.")
    units: dict[str, str] = Field(
        default_factory=dict, description="Unit as the records write it -> unit of the schema."
    )
    group: str | None = Field(
        default=None, description="Code of the group that no split may part: a case and its controls."
    )
    site: str | None = Field(default=None, description="Code of the site where a subject was seen.")
    only_with: Name | None = Field(default=None, description="Keep only days on which this was observed.")
    folder: Path = Field(default=Path(), exclude=True, description="Where the file lies; set on loading.")

    @model_validator(mode="after")
    def _each_code_once(self) -> Mapping:
        codes = [code for each in self.features.values() for code in each.codes]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"code '{twice[0]}' stands for two features")
        return self

    def schema_of(self) -> LongitudinalSchema:
        """Return the schema; a relative .yaml path is meant beside the mapping file.

        Raises:
            ProgressionError: there is no such schema, or it lacks something that is mapped.
        """
        is_path = self.schema_name.endswith((".yaml", ".yml"))
        schema = load_schema(self.folder / self.schema_name if is_path else self.schema_name)
        known = {each.id for each in schema.static}
        strange = [each for each in self.static if each not in known]
        if strange:
            raise ProgressionError(
                f"the mapping gives '{strange[0]}', no lasting fact of schema '{schema.name}'",
                f"use {', '.join(sorted(known)) or 'none'}",
            )
        for each in self.features:
            schema.feature(each)
        return schema

    def events_of(self, schema: LongitudinalSchema) -> dict[str, EventSource]:
        """Return the events by name; death is one wherever the schema ends observation with it."""
        asked = schema.conversion is not None and "death" in schema.conversion.censored_by
        return ({"death": EventSource(codes=(DEATH,))} if asked else {}) | self.events

    def codes(self) -> frozenset[str]:
        """Return all codes that are read."""
        sources = [*self.static.values(), *self.features.values(), *self.events.values()]
        named = [code for code in (self.group, self.site) if code is not None]
        return frozenset([*(code for each in sources for code in each.codes), *named])


def load_mapping(name_or_path: str | Path) -> Mapping:
    """Load a mapping: a name of the library (`oasis2`) or the path of a YAML file.

    Raises:
        ProgressionError: missing, unreadable, or with an unknown or wrong entry.
    """
    mapping = load_yaml(name_or_path, Mapping, "mapping")
    return mapping.model_copy(update={"folder": Path(name_or_path).parent})
