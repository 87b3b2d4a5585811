"""Settings that fine-tuned classifiers share, and what a run of them depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from dualalign.classifiers.protocol import Floats, Marks
from dualalign.classifiers.training_options import TrainingOptions


@dataclass(frozen=True, slots=True)
class FineTuneOptions:
    """Settings that every fine-tuned classifier has.

    Args:
        model: id on the Hugging Face hub, or a folder.
        dropout: of the head, 0 to below 1.
        start_from_prior: with a prior of the same kind and model, begin from its weights: first other text, then gold.
        lean: share of the prior's logits added to the network's, 0 to 1.
        most: sentences learned from at most, drawn as `drawn_rows` says; 0 learns from all.
        training: how it is trained.
    """

    model: str = ""
    dropout: float = 0.1
    start_from_prior: bool = True
    lean: float = 0.0
    most: int = 0
    training: TrainingOptions = field(default_factory=TrainingOptions)


def balanced(marks: Marks, weights: Floats | None, power: float) -> Floats:
    """Return n x h weights of mean 1 in which positives of rare heads count more.

    Args:
        marks: n x h labels.
        weights: n or n x h, 0 or more; 1 each if None.
        power: a positive of a head counts (negatives / positives) ** power times its weight.
    """
    each = np.ones(len(marks)) if weights is None else np.asarray(weights, dtype=np.float64)
    each = each.reshape(len(marks), -1) * np.ones(marks.shape)
    positive = (each * marks).sum(axis=0)
    negative = (each * ~marks).sum(axis=0)
    ratio = np.where(positive > 0, negative / np.maximum(positive, 1e-12), 1.0)
    each = each * np.where(marks, ratio**power, 1.0)
    return np.asarray(each / max(float(each.mean()), 1e-12))


def drawn_rows(marks: Marks, most: int, seed: int) -> npt.NDArray[np.intp]:
    """Return rows to learn from, in the order of the matrix: all, or as many as wanted.

    Half of those drawn have a label, as far as there are enough; among these a sentence is the likelier drawn the
    rarer its rarest label is, by the square root of its count.

    Args:
        marks: n x h labels; a sentence without a mark in any column has no label.
        most: rows wanted; 0 for all.
        seed: of the draw.
    """
    if not 0 < most < len(marks):
        return np.arange(len(marks))
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(1 << 20,))))
    labelled, bare = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(~marks.any(axis=1))
    wanted = min(len(labelled), max(most // 2, most - len(bare)))
    chance = (marks[labelled] / np.sqrt(np.maximum(marks.sum(axis=0), 1))).max(axis=1, initial=0.0)
    with_label = (
        random.choice(labelled, wanted, replace=False, p=chance / chance.sum()) if wanted else labelled[:0]
    )
    return np.sort(np.concatenate([with_label, random.choice(bare, most - wanted, replace=False)]))


def digest(plain: Mapping[str, Any], texts: Sequence[str], arrays: Iterable[npt.NDArray[Any]]) -> str:
    """Return a fingerprint of settings, sentences and arrays."""
    found = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    found.update("\n".join(texts).encode())
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
