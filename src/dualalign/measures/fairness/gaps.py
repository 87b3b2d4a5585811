"""How far rates of groups lie from everybody's, and how far chance alone would put them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dualalign.measures.alignment.noise import distance_interval, noise_baseline
from dualalign.measures.fairness.groups import PatientGroups
from dualalign.measures.measure import Figure, Measure, random_numbers

Floats = npt.NDArray[np.float64]

_DRAWS = 500
_FEWEST_EVENTS = 20.0


def gap_figure(
    groups: PatientGroups,
    counts: Floats,
    chances: Floats,
    kinds: tuple[str, ...],
    relative: bool,
    note: str,
) -> Measure:
    """Return the greatest distance of a group's rate from everybody's, over groups and kinds of rate.

    The baseline deals patients to the groups at random: the greatest distance of as many rates, so that comparing many
    of them is accounted for. The breakdown holds every rate as a share of everybody's, or less everybody's, with an
    interval that knows nothing of the others.

    Args:
        groups: of patients.
        counts: events, patients x kinds.
        chances: what the events are counted per, patients x kinds.
        kinds: what each column is.
        relative: rates as shares of everybody's, 1 being the same; else differences, 0 being the same.
        note: what a reader must know.
    """
    random = random_numbers()
    members = groups.members.astype(np.float64)
    known = (members.T @ chances) > 0
    # Rates of a handful of events are noise that would drown the greatest distance.
    known &= (members.T @ chances) * (counts.sum(0) / np.maximum(chances.sum(0), 1)) >= _FEWEST_EVENTS

    def rates(rows: npt.NDArray[np.intp], inside: Floats) -> Floats:
        weights = np.bincount(rows, minlength=len(counts)).astype(np.float64)
        everybody = (weights @ counts) / np.maximum(weights @ chances, 1e-12)
        mine = inside * weights[:, None]
        own = (mine.T @ counts) / np.maximum(mine.T @ chances, 1e-12)
        return own / np.maximum(everybody, 1e-12) if relative else own - everybody

    def greatest(rows: npt.NDArray[np.intp], inside: Floats = members) -> float:
        off = np.abs(rates(rows, inside) - (1.0 if relative else 0.0))
        return float(off[known].max()) if known.any() else 0.0

    everyone = np.arange(len(counts))
    by_chance = [greatest(everyone, members[random.permutation(len(members))]) for _ in range(_DRAWS)]
    drawn = np.array([rates(random.integers(0, len(counts), len(counts)), members) for _ in range(_DRAWS)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    found = rates(everyone, members)
    cells = {
        f"{group}, {kind}": (row, column)
        for row, group in enumerate(groups.names)
        for column, kind in enumerate(kinds)
        if known[row, column]
    }
    said = [note, f"{len(cells)} comparisons, which the baseline accounts for"]
    if groups.left_out:
        said.append(f"too few patients: {', '.join(groups.left_out)}")
    return Figure(
        greatest(everyone),
        distance_interval(len(counts), greatest),
        {cell: float(found[place]) for cell, place in cells.items()},
        noise_baseline(by_chance),
        note="; ".join(said),
        intervals={cell: (float(low[place]), float(high[place])) for cell, place in cells.items()},
    )
