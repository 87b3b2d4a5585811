"""Folds of subjects: groups stay whole, and outcomes are spread evenly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.files import shown
from dualalign.stats.arrays import Marks, Rows
from dualalign.stats.folds import group_folds


def subject_folds(groups: Sequence[str], outcomes: Marks, count: int, random: np.random.Generator) -> Rows:
    """Return the fold of each subject.

    Args:
        groups: group of each subject; a group is never parted.
        outcomes: subjects whose outcome is to be spread evenly.
        count: folds.
        random: source of chance.

    Raises:
        ProgressionError: fewer groups than folds.
    """
    if len(set(groups)) < count:
        raise ProgressionError(
            f"{len(set(groups))} groups of subjects for {count} folds",
            "give more subjects, or ask for fewer folds",
        )
    return group_folds(groups, count, random, outcomes)


def check_folds(training: Iterable[str], held_out: Iterable[str]) -> None:
    """Refuse a subject (or a group) that stands on both sides of a split.

    Raises:
        ProgressionError: there is one.
    """
    both = sorted(set(training) & set(held_out))
    if both:
        raise ProgressionError(
            f"{len(both)} subjects are in both folds, for example {shown(both[0])}",
            "split by subject (and by group), never by visit",
        )
