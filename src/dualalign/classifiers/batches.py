"""Batches of sentences of like length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]

_POOL = 16


def training_batches(lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[Rows]:
    """Deal every sentence into one batch; sentences of a batch are alike in length, batches come in random order.

    Args:
        lengths: tokens of each sentence.
        size: sentences of a batch; the last one dealt may hold fewer.
        seed: seed of the run.
        epoch: passes made before; each deals anew.
    """
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(epoch,))))
    order = random.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches: list[Rows] = []
    for start in range(0, len(order), size * _POOL):
        pool = order[start : start + size * _POOL]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches.extend(pool[at : at + size] for at in range(0, len(pool), size))
    return [batches[place] for place in random.permutation(len(batches))]


def reading_batches(lengths: Sequence[int], size: int) -> list[Rows]:
    """Deal every sentence into one batch, shortest first."""
    order = np.argsort(np.asarray(lengths, dtype=np.intp), kind="stable")
    return [order[at : at + size] for at in range(0, len(order), size)]
