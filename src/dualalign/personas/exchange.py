"""Mend broken rules by exchanging levels between people, which leaves every share as it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.errors import PersonaError
from dualalign.personas.conditions import Codes, Levels, Mask, rows_where

if TYPE_CHECKING:
    from dualalign.packs.schema.persona_rules import PersonaRule

_PATIENCE = 12
"""Rounds without fewer broken rules after which the rules are held to be unsatisfiable."""


class Exchange:
    """Mends the rules of one table.

    One factor at a time: the other columns say which of its levels each person may have; people with a level they may
    not have exchange it with people who may have it and whose own level suits them. Where no pair can exchange, a chain
    of people passes levels on, which finds a solution whenever that factor has one. After a factor is mended no rule
    that speaks of it is broken, and mending the next breaks none of those again.

    Args:
        rules: rules that apply.
        columns: factor id -> level codes, length n; changed in place.
        ages: whole years, length n.
        levels: level ids by factor.
        shares: share of every level, to which counts must stay within 1.
        fixed: factors that are never exchanged (age and sex).
    """

    def __init__(
        self,
        rules: Sequence[PersonaRule],
        columns: dict[str, Codes],
        ages: NDArray[np.int16],
        levels: Levels,
        shares: Mapping[str, Mapping[str, float]],
        fixed: frozenset[str],
    ) -> None:
        self._rules = rules
        self._columns = columns
        self._ages = ages
        self._levels = levels
        self._shares = shares
        named = [rule.exchange for rule in rules]
        others = [factor for rule in rules for factor in rule.never.factors]
        self._first = [factor for factor in dict.fromkeys(named) if factor not in fixed]
        self._all = [factor for factor in dict.fromkeys([*named, *others]) if factor not in fixed]

    def mend(self, rng: np.random.Generator) -> None:
        """Exchange levels until no rule is broken.

        Counts stay exactly as they are while that is possible; where whole people leave no solution (a handful of
        patients), a count may move by one within the bounds of its share.

        Raises:
            PersonaError: the rules cannot be met with these shares, naming the rule.
        """
        for factor in self._first:
            self._mend_factor(factor, False, rng)
        broken = self._broken()
        fewest, waited = sum(broken.values()) + 1, 0
        while broken and waited < _PATIENCE:
            if waited:
                self._shake(rng)
            for factor in self._all:
                if any(factor in rule.never.factors for rule in self._rules if rule.id in broken):
                    self._mend_factor(factor, True, rng)
            broken = self._broken()
            waited = 0 if sum(broken.values()) < fewest else waited + 1
            fewest = min(fewest, sum(broken.values()))
        if not broken:
            return
        worst, count = max(broken.items(), key=lambda item: item[1])
        raise PersonaError(
            f"persona rule '{worst}' is broken by {count} of {len(self._ages)} people and no exchange mends it",
            "change the rule in persona_rules.yaml, or the shares of its factors in factors.yaml",
        )

    def _shake(self, rng: np.random.Generator) -> None:
        """Exchange all that rules bear on between each person who is stuck and somebody else.

        Rules can lock one another: no level of one factor is allowed until another changes, of which no broken rule speaks.
        Only the few people who are stuck are shaken, and the next round mends what that breaks.
        """
        for rule in self._rules:
            stuck = np.flatnonzero(rows_where(rule.never, self._columns, self._ages, self._levels))
            partners = rng.choice(len(self._ages), len(stuck), replace=False)
            alone = ~np.isin(partners, stuck)
            stuck, partners = stuck[alone], partners[alone]
            near = [each.never.factors for each in self._rules if rule.exchange in each.never.factors]
            for factor in self._all:
                if any(factor in factors for factors in near):
                    codes = self._columns[factor]
                    codes[stuck], codes[partners] = codes[partners], codes[stuck]

    def _broken(self) -> dict[str, int]:
        """Return how many people break each rule that somebody breaks."""
        counts = {
            rule.id: int(rows_where(rule.never, self._columns, self._ages, self._levels).sum())
            for rule in self._rules
        }
        return {rule: count for rule, count in counts.items() if count}

    def _allowed(self, factor: str) -> NDArray[np.uint32]:
        """Return the levels that each person may have, a bit per level, as the other columns stand."""
        allowed = np.full(len(self._ages), (1 << len(self._levels[factor])) - 1, dtype=np.uint32)
        for rule in self._rules:
            if factor not in rule.never.factors:
                continue
            bits = sum(1 << self._levels[factor].index(level) for level in rule.never.factors[factor])
            armed = rows_where(rule.never, self._columns, self._ages, self._levels, but=factor)
            allowed[armed] &= np.uint32(~bits & 0xFFFFFFFF)
        return allowed

    def _mend_factor(self, factor: str, may_shift: bool, rng: np.random.Generator) -> None:
        codes = self._columns[factor]
        allowed = self._allowed(factor)
        bad = _may_have(allowed, codes) == 0
        if not bad.any():
            return
        for level, mask in _groups(codes, allowed, bad):
            self._swap_pairs(codes, allowed, bad, level, mask, rng)
        hopeless: set[tuple[int, int]] = set()
        while waiting := [group for group in _groups(codes, allowed, bad) if group not in hopeless]:
            slack = self._slack(factor, codes) if may_shift else None
            if not _pass_on(codes, allowed, bad, waiting[0], len(self._levels[factor]), slack, rng):
                hopeless.add(waiting[0])

    def _swap_pairs(
        self,
        codes: Codes,
        allowed: NDArray[np.uint32],
        bad: Mask,
        level: int,
        mask: int,
        rng: np.random.Generator,
    ) -> None:
        stuck = np.flatnonzero(bad & (codes == level) & (allowed == mask))
        fits = ~bad & (_may_have(allowed, level) == 1) & (((mask >> codes.astype(np.uint32)) & 1) == 1)
        partners = np.flatnonzero(fits)
        pairs = min(len(stuck), len(partners))
        if pairs == 0:
            return
        stuck = rng.permutation(stuck)[:pairs]
        partners = rng.choice(partners, pairs, replace=False)
        codes[stuck], codes[partners] = codes[partners], codes[stuck]
        bad[stuck] = False

    def _slack(self, factor: str, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many more, and how many fewer, people each level may take within 1 of its share."""
        shares = self._shares[factor]
        exact = np.array([shares[level] for level in self._levels[factor]]) * len(codes)
        counts = np.bincount(codes, minlength=len(exact))
        more = np.floor(exact + 1 + 1e-9).astype(np.int64) - counts
        fewer = counts - np.maximum(np.ceil(exact - 1 - 1e-9).astype(np.int64), 0)
        return np.maximum(more, 0), np.maximum(fewer, 0)


def _may_have(allowed: NDArray[np.uint32], level: Codes | int) -> NDArray[np.uint32]:
    shift = np.uint32(level) if isinstance(level, int) else level.astype(np.uint32)
    return (allowed >> shift) & np.uint32(1)


def _groups(codes: Codes, allowed: NDArray[np.uint32], bad: Mask) -> list[tuple[int, int]]:
    """Return the (level, allowed levels) pairs of people whose level is not allowed."""
    pairs = (codes[bad].astype(np.int64) << 32) | allowed[bad]
    return [(int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in np.unique(pairs)]


def _pass_on(
    codes: Codes,
    allowed: NDArray[np.uint32],
    bad: Mask,
    group: tuple[int, int],
    n_levels: int,
    slack: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
    rng: np.random.Generator,
) -> bool:
    """Mend some people of a group by a chain: each takes the level of the next, the last one takes theirs.

    The chain may end at a person whose own level is not allowed either, who then takes the group's level, or, with
    slack, at a level that can take one more.

    Returns:
        Whether anybody was mended.
    """
    level, mask = group
    came_from: dict[int, int] = {}
    queue: deque[int] = deque()
    for first in rng.permutation([each for each in range(n_levels) if mask >> each & 1]):
        came_from[int(first)] = -1
        queue.append(int(first))
    while queue:
        here = queue.popleft()
        steps = _chain(came_from, here)
        others = np.flatnonzero(bad & (codes == here))
        if len(others):
            return _move(codes, allowed, bad, group, steps, others, level, rng)
        if slack is not None and here != level and slack[0][here] and slack[1][level]:
            return _move(
                codes, allowed, bad, group, steps, None, level, rng, int(min(slack[0][here], slack[1][level]))
            )
        movers = ~bad & (codes == here)
        for target in range(n_levels):
            if (
                target != here
                and target not in came_from
                and (movers & (_may_have(allowed, target) == 1)).any()
            ):
                if target == level:
                    return _move(codes, allowed, bad, group, [*steps, level], None, level, rng)
                came_from[target] = here
                queue.append(target)
    return False


def _chain(came_from: dict[int, int], end: int) -> list[int]:
    steps = [end]
    while came_from[steps[-1]] >= 0:
        steps.append(came_from[steps[-1]])
    return steps[::-1]


def _move(
    codes: Codes,
    allowed: NDArray[np.uint32],
    bad: Mask,
    group: tuple[int, int],
    steps: list[int],
    others: NDArray[np.intp] | None,
    level: int,
    rng: np.random.Generator,
    limit: int | None = None,
) -> bool:
    """Carry out a chain for as many people as every one of its links can supply."""
    links = [np.flatnonzero(bad & (codes == level) & (allowed == group[1]))]
    for here, target in pairwise(steps):
        links.append(np.flatnonzero(~bad & (codes == here) & (_may_have(allowed, target) == 1)))
    targets = list(steps)
    if others is not None:
        links.append(others)
        targets.append(level)
    people = min(len(link) for link in links)
    if limit is not None:
        people = min(people, limit)
    if people == 0:
        return False
    for link, target in zip(links, targets, strict=True):
        moved = rng.choice(link, people, replace=False)
        codes[moved] = target
        bad[moved] = _may_have(allowed[moved], target) == 0
    return True
