"""Whether a condition holds, for a whole table of people at once or for one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualalign.packs.schema.conditions import Condition

Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]
Levels = Mapping[str, tuple[str, ...]]
"""Factor id -> level ids, in the order of their codes."""


def rows_where(
    condition: Condition,
    columns: Mapping[str, Codes],
    ages: NDArray[np.int16],
    levels: Levels,
    but: str = "",
) -> Mask:
    """Return which rows meet a condition on factors and age.

    Args:
        condition: asks for no tags and no work.
        columns: factor id -> level codes, length n.
        ages: whole years, length n.
        levels: level ids by factor.
        but: a factor whose part of the condition is left out.
    """
    mask = np.ones(len(ages), dtype=bool)
    if condition.age_from is not None:
        mask &= ages >= condition.age_from
    if condition.age_below is not None:
        mask &= ages < condition.age_below
    for factor, wanted in condition.factors.items():
        if factor == but:
            continue
        column = columns[factor]
        fits = column == levels[factor].index(wanted[0])
        for level in wanted[1:]:
            fits |= column == levels[factor].index(level)
        mask &= fits
    return mask


def person_meets(
    condition: Condition,
    factors: Mapping[str, str],
    age: int,
    tags: set[str] | frozenset[str] = frozenset(),
    work: str = "",
) -> bool:
    """Return whether one person meets a condition; tags and work are what is known of them so far."""
    for factor, wanted in condition.factors.items():
        if factors[factor] not in wanted:
            return False
    if condition.age_from is not None and age < condition.age_from:
        return False
    if condition.age_below is not None and age >= condition.age_below:
        return False
    if condition.work is not None and work not in condition.work:
        return False
    if condition.tags is not None and not tags.issuperset(condition.tags):
        return False
    return condition.without is None or tags.isdisjoint(condition.without)
