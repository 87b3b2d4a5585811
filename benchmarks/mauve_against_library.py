"""MAUVE as measured here, against the library mauve-text by the authors of the measure, on the same points.

Run: pip install mauve-text faiss-cpu (beside this package), then
     python benchmarks/mauve_against_library.py [--points 1000] [--rounds 3]
Prints, for pairs of sets that share all, part or nothing of the space: the library's figure, ours of the library's own
cluster shares (the divergence curve alone; exits 1 where they part by more than 1e-6), and ours with our own clusters.
Points are drawn from a mixture of topics on the unit sphere; figures are means over rounds, each drawn anew. `by seed`
is how far each moves when only the seed of its clusters changes.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dualalign.measures.realism.mauve import mauve_of_points, mauve_of_shares

DIMENSIONS, TOPICS, SPREAD = 64, 20, 0.6
EVEN = np.ones(TOPICS)
WORST_CURVE = 1e-6
SEEDS = (1, 2, 3)

Points = np.ndarray
Pair = tuple[Points, Points]


def cloud(count: int, centres: Points, weights: Points, random: np.random.Generator) -> Points:
    """Points on the unit sphere around topics of the given weights."""
    topics = random.choice(len(centres), count, p=weights / weights.sum())
    points = centres[topics] + random.normal(0, SPREAD / np.sqrt(DIMENSIONS), (count, DIMENSIONS))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def cases() -> dict[str, Callable[[int, np.random.Generator], Pair]]:
    """Pairs of sets by name."""

    def pair(
        own: Points, other: Points = EVEN, shift: float = 0.0
    ) -> Callable[[int, np.random.Generator], Pair]:
        def draw(count: int, random: np.random.Generator) -> Pair:
            centres = random.normal(0, 1, (TOPICS, DIMENSIONS)) / np.sqrt(DIMENSIONS)
            moved = centres + shift * random.normal(0, 1, (TOPICS, DIMENSIONS)) / np.sqrt(DIMENSIONS)
            return cloud(count, moved, own, random), cloud(count, centres, other, random)

        return draw

    ranks = np.arange(TOPICS)
    half = (ranks < TOPICS / 2).astype(float)
    return {
        "equal": pair(EVEN),
        "topics of uneven weight": pair(0.9**ranks),
        "topics of very uneven weight": pair(0.7**ranks),
        "half the topics": pair(half),
        "topics moved a little": pair(EVEN, shift=0.3),
        "topics moved": pair(EVEN, shift=0.6),
        "disjoint": pair(half, 1 - half),
    }


def library(first: Points, second: Points, seed: int) -> Any:
    """What the library makes of two sets, with its own settings."""
    return importlib.import_module("mauve").compute_mauve(p_features=first, q_features=second, seed=seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--points", type=int, default=1000, help="in each set")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    missing = [name for name in ("mauve", "faiss") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"not installed: {', '.join(missing)} - pip install mauve-text faiss-cpu", file=sys.stderr)
        return 2
    print(f"{options.points} points in each set, {options.rounds} rounds\n")
    print(
        "| sets | library | ours, its clusters | ours | library by seed | ours by seed |\n|---|---|---|---|---|---|"
    )
    worst, seconds = 0.0, [0.0, 0.0]
    for name, draw in cases().items():
        rows = []
        for round_ in range(options.rounds):
            first, second = draw(options.points, np.random.default_rng(round_))
            start = time.perf_counter()
            theirs = [library(first, second, seed) for seed in SEEDS]
            middle = time.perf_counter()
            own = [mauve_of_points(first, second, seed) for seed in SEEDS]
            seconds[0] += middle - start
            seconds[1] += time.perf_counter() - middle
            curve = [mauve_of_shares(each.p_hist, each.q_hist) for each in theirs]
            found = [float(each.mauve) for each in theirs]
            worst = max(worst, *(abs(a - b) for a, b in zip(found, curve, strict=True)))
            rows.append([np.mean(found), np.mean(curve), np.mean(own), np.ptp(found), np.ptp(own)])
        print(f"| {name} | " + " | ".join(f"{each:.3f}" for each in np.mean(rows, axis=0)) + " |", flush=True)
    print(
        f"\nlargest difference of the curve alone {worst:.1e}; ours took {seconds[1] / seconds[0]:.1f} of its time"
    )
    return int(worst > WORST_CURVE)


if __name__ == "__main__":
    sys.exit(main())
