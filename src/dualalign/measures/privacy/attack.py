"""What every attack on privacy comes with: the attack, a naive guess, a control, and the risk that is left.

Source: Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data, PoPETs 2023.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Figure, Measure

NAIVE, CONTROL = "naive guess", "control"
UNSEEN = "found in unseen real notes"
"""Name of a naive baseline that asks real notes in place of synthetic ones: what records share with one another."""

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something succeeded.

    Args:
        successes: times it did.
        tries: times it was tried.
        units: independent units among the tries (patients); as many as tries if 0.
    """

    successes: float
    tries: int
    units: int = 0

    @property
    def value(self) -> float:
        """Share of tries that succeeded; 0 without tries."""
        return self.successes / self.tries if self.tries else 0.0

    def wilson(self) -> tuple[float, float]:
        """Return the middle and half width of the 95% Wilson interval, with tries counted as units."""
        n = self.units or self.tries
        if not n:
            return 0.5, 0.5
        share, squared = self.value, _Z**2
        middle = (share * n + squared / 2) / (n + squared)
        half = _Z / (n + squared) * float(np.sqrt(n * share * (1 - share) + squared / 4))
        return middle, half


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack on the records that a generator saw.

    Args:
        attack: how often it succeeds on records that were seen.
        naive: how often a guess that reads no synthetic data succeeds.
        control: how often the attack succeeds on records that were not seen.
        shown: further figures by name.
        naive_name: what the naive baseline is called.
    """

    attack: Rate
    naive: Rate
    control: Rate
    shown: Mapping[str, float] = field(default_factory=dict)
    naive_name: str = NAIVE


def attack_figure(found: Attack, note: str = "", caution: str = "") -> Measure:
    """Return the risk: the success on seen records in excess of that on unseen ones, as a share of what can be won.

    Only the excess concerns privacy: what succeeds on records that nobody saw was learned from the population. An
    attack that does no better than a naive guess, has nothing to try or a control that cannot be beaten says nothing of
    safety; the measure says so.

    Args:
        found: the attack.
        note: what a reader must know.
        caution: what must stand beside the figure.
    """
    said = [caution] if caution else []
    if not found.attack.tries or not found.control.tries:
        said.append("there was nothing to try: no risk found is no proof")
    elif found.control.value >= 1:
        said.append("it always succeeds on unseen records too: no risk found is no proof")
    elif found.naive_name == NAIVE and found.attack.value <= found.naive.value:
        said.append("the attack does no better than a naive guess: no risk found is no proof")
    return Figure(
        max(0.0, _excess(found.attack.value, found.control.value)),
        _interval(found.attack, found.control),
        {"attack": found.attack.value, **found.shown},
        {found.naive_name: found.naive.value, CONTROL: found.control.value},
        note="; ".join(filter(None, [note, *said])),
        caution="; ".join(said),
    )


def rate_of(
    successes: npt.NDArray[np.bool_], groups: Sequence[str], tried: npt.NDArray[np.bool_] | None = None
) -> Rate:
    """Return the rate of rows that succeeded among those that were tried, with patients as units."""
    rows = list(range(len(successes))) if tried is None else np.flatnonzero(tried).tolist()
    return Rate(int(successes[rows].sum()), len(rows), len({groups[row] for row in rows}))


def _excess(attack: float, control: float) -> float:
    return (attack - control) / (1 - control) if control < 1 else 0.0


def _interval(attack: Rate, control: Rate) -> tuple[float, float]:
    (a, a_half), (c, c_half) = attack.wilson(), control.wilson()
    half = float(np.hypot(a_half / (1 - c), (1 - a) / (1 - c) ** 2 * c_half))
    middle = _excess(a, c)
    value = max(0.0, _excess(attack.value, control.value))
    return min(value, max(0.0, middle - half)), max(value, min(1.0, middle + half))
