"""MAUVE: how much of the space of meanings two sets of texts share.

Source: Pillutla et al., MAUVE: Measuring the Gap Between Neural Text and Human Text, NeurIPS 2021.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Figure, Measure, grouped_interval
from dualalign.measures.metric import higher, measured
from dualalign.measures.note_sets import NoteSet, side_by_side
from dualalign.measures.realism.embeddings import embed_together

Floats = npt.NDArray[np.float64]

MOST = 1500
_SCALE = 5.0
_WEIGHTS = np.linspace(1e-6, 1 - 1e-6, 25)
_PER_CLUSTER = 10
_MOST_CLUSTERS = 500
_KEPT_VARIANCE = 0.9


@measured(mauve=higher())
def mauve(patient_notes: NoteSet, reference: NoteSet, encoder: str | None = None) -> Measure:
    """Return MAUVE of synthetic against reference notes: 1 where both fill the same regions, near 0 where neither does.

    Points are put into one cluster for ten of them by k-means; the figure is the area under the curve of the two
    exponentiated divergences of cluster shares from their mixtures. It falls with fewer notes, so the baseline, two
    halves of the reference, has as many notes a side as the figure wherever the reference has enough.
    """
    halves = reference.halves()
    size = min(len(patient_notes), *(len(half) for half in halves), MOST)
    ours, theirs, others = (each.sample(size) for each in (patient_notes, *halves))
    embedded = embed_together([ours.texts, theirs.texts, others.texts], encoder)
    own, real, same = embedded.sets
    clusters = cluster_together(own, real)
    groups, marks = side_by_side(ours, theirs)

    def again(rows: npt.NDArray[np.intp]) -> float:
        mine, yours = rows[marks[rows]], rows[~marks[rows]]
        if not len(mine) or not len(yours):
            return float("nan")
        return mauve_of_shares(_shares(clusters[mine]), _shares(clusters[yours]))

    return Figure(
        again(np.arange(len(groups))),
        grouped_interval(groups, again, shifted=True, bounds=(0.0, 1.0)),
        {},
        {"reference against itself": mauve_of_points(same, real)},
        note=f"{embedded.how}; {len(ours):,} notes of each kind in {clusters.max() + 1} clusters",
    )


def mauve_of_points(first: Floats, second: Floats, seed: int = 0) -> float:
    """Return MAUVE of two sets of points, rows of length 1."""
    clusters = cluster_together(first, second, seed)
    own, other = clusters[: len(first)], clusters[len(first) :]
    return mauve_of_shares(_shares(own), _shares(other))


def mauve_of_shares(first: Floats, second: Floats) -> float:
    """Return the area under the divergence curve of two discrete distributions over the same clusters."""
    size = max(len(first), len(second))
    first, second = (np.pad(each, (0, size - len(each))) for each in (first, second))
    points = [(0.0, 1.0)]
    for weight in _WEIGHTS:
        mixture = weight * first + (1 - weight) * second
        points.append((np.exp(-_SCALE * _kl(second, mixture)), np.exp(-_SCALE * _kl(first, mixture))))
    x, y = np.array([*points, (1.0, 0.0)]).T
    return _area(x, y)


def cluster_together(first: Floats, second: Floats, seed: int = 0) -> npt.NDArray[np.intp]:
    """Return the cluster of each point, the first set's before the second's."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import PCA

    points = np.vstack([first, second])
    count = min(_MOST_CLUSTERS, max(2, round(min(len(first), len(second)) / _PER_CLUSTER)))
    reduced = PCA(_KEPT_VARIANCE, svd_solver="full", random_state=seed).fit_transform(points)
    fitted = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=2048).fit(reduced)
    return np.asarray(fitted.labels_, dtype=np.intp)


def _area(x: Floats, y: Floats) -> float:
    # Either divergence may be the running variable; the mean of both areas does not depend on the choice.
    return (_under(x, y) + _under(y, x)) / 2


def _under(x: Floats, y: Floats) -> float:
    # Where x stays, the curve comes down.
    order = np.lexsort((-y, x))
    x, y = x[order], y[order]
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)


def _kl(first: Floats, second: Floats) -> float:
    held = first > 0
    return float(np.sum(first[held] * np.log(first[held] / second[held])))


def _shares(clusters: npt.NDArray[np.intp]) -> Floats:
    counts: Floats = np.bincount(clusters).astype(np.float64)
    return np.asarray(counts / counts.sum())
