"""Rows that belong together (a patient's notes, a note's sentences) are never parted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualalign.stats.arrays import Marks, Rows


def group_folds(
    groups: Sequence[str], folds: int, random: np.random.Generator, outcomes: Marks | None = None
) -> Rows:
    """Deal groups out to folds in random order and return the fold of each row.

    Args:
        groups: group of each row.
        folds: number of folds; some stay empty where there are fewer groups.
        random: draws the order.
        outcomes: rows whose groups are dealt first, so that each fold holds its share of them; None for no such rows.
    """
    names = sorted(set(groups))
    order = [names[place] for place in random.permutation(len(names))]
    if outcomes is not None:
        first = {group for group, outcome in zip(groups, outcomes.tolist(), strict=True) if outcome}
        order.sort(key=lambda name: name not in first)
    fold_of = {name: place % folds for place, name in enumerate(order)}
    return np.array([fold_of[group] for group in groups], dtype=np.intp)


def rows_of_groups(groups: Sequence[str]) -> list[Rows]:
    """Return the rows of each group, groups in the order they are first met."""
    found: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        found.setdefault(group, []).append(row)
    return [np.array(rows, dtype=np.intp) for rows in found.values()]
