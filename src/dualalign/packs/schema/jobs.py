"""jobs.yaml: what people did for most of their lives, by kind of work."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Sourced


class JobList(PackModel):
    """Jobs by the sex whose cohorts mostly held them; `any` is added to both."""

    any: list[str] = Field(default_factory=list)
    female: list[str] = Field(default_factory=list)
    male: list[str] = Field(default_factory=list)


class Jobs(Sourced):
    """Jobs by kind of work."""

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    kinds: dict[str, JobList] = Field(default_factory=dict)
