"""Conditions on a patient, written as one flat mapping: `{marital: married, age_from: 75}`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from dualalign.packs.schema.base import PackModel


def _level(value: Any) -> Any:
    """YAML reads an unquoted yes or no as a truth value; a level means the word."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _levels(value: Any) -> Any:
    return [_level(each) for each in (value if isinstance(value, (list, tuple)) else (value,))]


LevelId = Annotated[str, BeforeValidator(_level)]
"""Id of one level of a factor."""

LevelIds = Annotated[tuple[str, ...], BeforeValidator(_levels), Field(min_length=1)]
"""One level id or several, any of which will do."""

_RESERVED = ("age_from", "age_below", "tags", "without", "work")


class Condition(PackModel):
    """A conjunction: every part must hold. In YAML the factors stand beside the other keys.

    Args:
        factors: factor id -> levels, any of which will do.
        age_from: least age at the index date, in whole years.
        age_below: age at the index date that must not be reached.
        tags: persona tags that must all be present; only where tags are already known.
        without: persona tags that must all be absent; only where tags are already known.
        work: kinds of work, any of which will do; only where the kind of work is already known.
    """

    factors: dict[str, LevelIds] = Field(default_factory=dict)
    age_from: int | None = Field(default=None, ge=0, le=130)
    age_below: int | None = Field(default=None, ge=1, le=131)
    tags: LevelIds | None = None
    without: LevelIds | None = None
    work: LevelIds | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather_factors(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "factors" in value:
            return value
        gathered = {key: each for key, each in value.items() if key in _RESERVED}
        gathered["factors"] = {str(key): each for key, each in value.items() if key not in _RESERVED}
        return gathered

    @property
    def needs_a_story(self) -> bool:
        """Whether the condition asks for tags or work, which a table of factors does not hold."""
        return bool(self.tags or self.without or self.work)
