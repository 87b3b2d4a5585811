"""Hard rules: find the personas that break one, and mend them by exchange, which leaves every count as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.errors import PersonaError
from dualalign.personas.table import PersonaTable

if TYPE_CHECKING:
    from dualalign.packs.schema.personas import Personas, Rule

_ROUNDS = 400


def breaches(rule: Rule, table: PersonaTable, rows: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.bool_]:
    """Return which of the rows break a rule."""
    ages = table.ages[rows]
    broken = np.ones(len(ages), dtype=bool)
    if rule.age.at_least is not None:
        broken &= ages >= rule.age.at_least
    if rule.age.below is not None:
        broken &= ages < rule.age.below
    for factor, levels in rule.never.items():
        codes = [table.level_code(factor, level) for level in levels]
        column = table.codes[factor][rows]
        matches = column == codes[0]
        for code in codes[1:]:
            matches |= column == code
        broken &= matches
    return broken


def broken_rules(table: PersonaTable, factors: Personas) -> dict[str, int]:
    """Return how many personas break each rule."""
    return {rule.id: int(breaches(rule, table).sum()) for rule in factors.rules}


def mend(table: PersonaTable, factors: Personas, rng: np.random.Generator) -> None:
    """Exchange levels between patients until no rule is broken; marginals do not change.

    Raises:
        PersonaError: no exchange helps, naming the rule.
    """
    touching = {
        factor: [rule for rule in factors.rules if factor in rule.never] for factor in factors.ids()
    }
    n = len(table)
    stuck = 0
    for _ in range(_ROUNDS):
        worst, left = "", 0
        for rule in factors.rules:
            bad = np.flatnonzero(breaches(rule, table))
            if not len(bad):
                continue
            # When the usual factor has no partner left, any other factor of the rule may be exchanged.
            choices = [rule.repair, *(f for f in rule.never if f != rule.repair)]
            fixed = choices[0] if stuck < 20 else choices[int(rng.integers(len(choices)))]
            _exchange(table, fixed, bad, touching[fixed], n, rng)
            remaining = int(breaches(rule, table).sum())
            if remaining > left:
                worst, left = rule.id, remaining
        total = sum(broken_rules(table, factors).values())
        if total == 0:
            return
        stuck += 1
    raise PersonaError(
        f"rule '{worst}' is still broken by {left} of {n} personas and no exchange mends it",
        "loosen the rule or change the shares it ties together in factors.yaml",
    )


def _exchange(
    table: PersonaTable,
    factor: str,
    bad: NDArray[np.intp],
    rules: list[Rule],
    n: int,
    rng: np.random.Generator,
) -> None:
    """Exchange one factor's levels between rows that break a rule and random others, where that breaks nothing new."""
    column = table.codes[factor]
    for _ in range(6):
        partners = rng.integers(0, n, len(bad))
        # A partner serves one row at a time, and never itself.
        _, first = np.unique(partners, return_index=True)
        keep = np.zeros(len(bad), dtype=bool)
        keep[first] = True
        keep &= ~np.isin(partners, bad) & (column[bad] != column[partners])
        left, right = bad[keep], partners[keep]
        if not len(left):
            continue
        before = _count(rules, table, left) + _count(rules, table, right)
        column[left], column[right] = column[right].copy(), column[left].copy()
        after = _count(rules, table, left) + _count(rules, table, right)
        undo = after >= before
        a, b = left[undo], right[undo]
        column[a], column[b] = column[b].copy(), column[a].copy()
        done = left[~undo]
        bad = bad[~np.isin(bad, done)]
        if not len(bad):
            return


def _count(rules: list[Rule], table: PersonaTable, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    total = np.zeros(len(rows), dtype=np.int64)
    for rule in rules:
        total += breaches(rule, table, rows)
    return total
