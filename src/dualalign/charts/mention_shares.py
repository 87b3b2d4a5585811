"""How many mentions a note holds and of which domains, so that the published tables hold over all notes.

Settings differ: a memory clinic tells more, and more of memory, than an emergency department. What they may differ in is
given by the pack; the rest is fitted so that the mean a note by year, and the domains' shares, are the published ones.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_ROUNDS = 400


class MentionShares:
    """Means and domain shares by note type and year.

    Args:
        pack: a loaded pack.
        density: multiplier on the table of mentions a note.
    """

    def __init__(self, pack: Pack, density: float) -> None:
        visits, table = pack.visits, pack.mentions
        shares = table.domain_shares()
        self.domains = list(shares)
        wanted = np.array([shares[domain] for domain in self.domains])
        types = visits.types
        weight = np.array([each.mentions for each in types])
        affinity = np.array([[each.domains.get(domain, 1.0) for domain in self.domains] for each in types])
        horizon = pack.pack.horizon_years
        self._by_year = {}
        for year in range(1, horizon + 1):
            rates = np.array([visits.rate(each.id, year) for each in types])
            self._by_year[year] = _fit(rates, weight, affinity, wanted, table.per_note[year] * density)
        rates = np.array([visits.rate(each.id, horizon) for each in types])
        self._controls = _fit(rates, weight, affinity, wanted, table.controls_per_note * density)
        self._place = {each.id: place for place, each in enumerate(types)}

    def of(self, note_type: str, year_bin: int, is_case: bool) -> tuple[float, list[float]]:
        """Return the mean number of mentions of a note and the cumulated shares of its domains."""
        means, shares = self._by_year[year_bin] if is_case else self._controls
        place = self._place[note_type]
        return means[place], shares[place]


def _fit(
    rates: NDArray[np.float64],
    weight: NDArray[np.float64],
    affinity: NDArray[np.float64],
    wanted: NDArray[np.float64],
    mean: float,
) -> tuple[list[float], list[list[float]]]:
    """Return means by type, and cumulated domain shares by type, that meet the mean and the wanted shares over all."""
    total = rates.sum()
    if total <= 0:
        rates, total = np.ones(len(rates)), float(len(rates))
    means = mean * weight * total / (rates @ weight)
    mass = rates * means
    mass = mass / mass.sum()
    factor = np.ones(len(wanted))
    for _ in range(_ROUNDS):
        shares = affinity * factor
        shares /= shares.sum(axis=1, keepdims=True)
        factor *= wanted / (mass @ shares)
    shares = affinity * factor
    shares /= shares.sum(axis=1, keepdims=True)
    return means.tolist(), [list(accumulate(row)) for row in shares.tolist()]
