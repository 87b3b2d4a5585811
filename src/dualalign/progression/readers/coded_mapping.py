"""Mapping files for records with codes (FHIR, OMOP): which code is which feature or event."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from dualalign.progression.readers.cohort_mapping import PersonColumn
from dualalign.progression.schema import LongitudinalSchema, Name, Strict, load_schema, load_yaml


class CodedMapping(Strict):
    """How codes are read; codes that are not listed are left out.

    In FHIR a code is `system|code` or the bare code; in OMOP a concept id.
    """

    schema_name: str = Field(alias="schema")
    static: dict[Name, PersonColumn] = Field(default_factory=dict)
    observations: dict[str, Name] = Field(description="Code -> feature.")
    events: dict[str, Name] = Field(default_factory=dict, description="Code of a condition -> event.")
    notes: Name | None = Field(default=None, description="Text feature that documents and notes become.")
    units: dict[str, str] = Field(
        default_factory=dict,
        description="Unit as the records write it (or its concept id) -> unit of the schema.",
    )

    def schema_for(self, folder: Path) -> LongitudinalSchema:
        """Return the schema; a relative .yaml path is meant beside the mapping file."""
        if self.schema_name.endswith((".yaml", ".yml")):
            return load_schema(folder / self.schema_name)
        return load_schema(self.schema_name)


def load_coded_mapping(path: str | Path) -> CodedMapping:
    """Load a mapping: a name of the library or the path of a YAML file.

    Raises:
        ProgressionError: missing, unreadable, or with an unknown or wrong entry.
    """
    return load_yaml(path, CodedMapping, "codes")
