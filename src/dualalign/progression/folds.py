"""Folds of subjects: groups stay whole, and outcomes are spread evenly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dualalign.errors import ProgressionError


def subject_folds(
    groups: Sequence[str], outcomes: npt.NDArray[np.bool_], count: int, random: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Return the fold of each subject.

    Groups are dealt out in random order, those with an outcome first, so that each fold holds its share of both.

    Args:
        groups: group of each subject; a group is never parted.
        outcomes: marks of subjects whose outcome is to be spread evenly.
        count: folds.
        random: source of chance.

    Raises:
        ProgressionError: fewer groups than folds.
    """
    names = sorted(set(groups))
    if len(names) < count:
        raise ProgressionError(
            f"{len(names)} groups of subjects for {count} folds", "give more subjects, or ask for fewer folds"
        )
    with_outcome = {group for group, outcome in zip(groups, outcomes.tolist(), strict=True) if outcome}
    order = [names[place] for place in random.permutation(len(names))]
    order.sort(key=lambda name: name not in with_outcome)
    fold = {name: place % count for place, name in enumerate(order)}
    return np.array([fold[group] for group in groups], dtype=np.intp)
