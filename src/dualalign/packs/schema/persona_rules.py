"""persona_rules.yaml: what can never be true of one person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel
from dualalign.packs.schema.conditions import Condition


class PersonaRule(PackModel):
    """Facts that never hold together.

    Args:
        id: stable name, for example `employed_at_85`.
        why: the reason, as a clause.
        never: the facts; a rule is broken by a person of whom they are all true.
        exchange: factor whose levels are exchanged between people to mend the rule; shares stay as they are.
        people: `all`, or `cases` where it is the disease that makes the facts impossible.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    why: str = Field(min_length=1)
    never: Condition
    exchange: str
    people: Literal["all", "cases"] = "all"

    @model_validator(mode="after")
    def _exchange_is_part(self) -> PersonaRule:
        if self.never.needs_a_story:
            raise ValueError("a rule speaks of factors and age, not of tags or work")
        if self.exchange not in self.never.factors:
            raise ValueError(f"exchange '{self.exchange}' must be one of the factors under never")
        return self


class PersonaRules(PackModel):
    """Every hard rule of the pack."""

    rules: list[PersonaRule] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> PersonaRules:
        ids = [rule.id for rule in self.rules]
        for rule_id in ids:
            if ids.count(rule_id) > 1:
                raise ValueError(f"rule '{rule_id}' is listed twice; give each rule its own id")
        return self

    def applying(self, cases: bool) -> list[PersonaRule]:
        """Return the rules that hold for cases, or for people without the disease."""
        return [rule for rule in self.rules if cases or rule.people == "all"]
