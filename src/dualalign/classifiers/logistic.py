"""Logistic regression for many heads at once, on sparse vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dualalign.stats.arrays import Floats, Marks, Rows
from dualalign.stats.threads import one_thread

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_MOST_ROTATED = 1500
"""Rows up to which the eigenvectors of their dot products cost less than they save."""


@dataclass(frozen=True)
class Design:
    """Sparse vectors to learn from, with what several fits on them share.

    Args:
        vectors: n x d.
    """

    vectors: csr_matrix

    @cached_property
    def used(self) -> Rows:
        """Columns that are not all zero."""
        return np.unique(self.vectors.indices)

    @cached_property
    def small(self) -> csr_matrix:
        """The used columns."""
        whole = len(self.used) == self.vectors.shape[1]
        return (self.vectors if whole else self.vectors[:, self.used]).astype(np.float64)

    @cached_property
    def rotated(self) -> tuple[Floats, Floats] | None:
        """Eigenvectors of the rows' dot products (n x r) and the roots of their eigenvalues.

        Their product is the rows in coordinates of the space they span; the quotient leads back.

        Coefficients of least penalty lie in that space, and a rotation leaves losses, penalties and the path of L-BFGS
        as they are, so a few hundred sentences with tens of thousands of n-grams are a problem of a few hundred
        columns. None where there are too many rows.
        """
        rows, columns = self.small.shape
        if rows > min(_MOST_ROTATED, columns):
            return None
        with one_thread():
            values, vectors = np.linalg.eigh((self.small @ self.small.T).toarray())
            kept = values > values[-1] * 1e-10
            return vectors[:, kept], np.sqrt(values[kept])


def fit_logistic(
    design: Design,
    targets: Marks,
    strength: float,
    weights: Floats | None = None,
    offsets: Floats | None = None,
    extra: Floats | None = None,
    steps: int = 200,
) -> tuple[Floats, Floats, Floats]:
    """Return what minimises weighted log loss plus a squared penalty, by L-BFGS.

    Args:
        design: vectors, n x d.
        targets: n x h, one column a head.
        strength: variance of the Gaussian prior on the coefficients, above 0; intercepts are free.
        weights: n x h or n, 0 or more; 1 each if None.
        offsets: n x h, added to the logits and not fitted; 0 each if None.
        extra: n x k further features, dense; none if None.
        steps: iterations at most.

    Returns:
        d x h coefficients of the vectors, k x h of the further features, and h intercepts.
    """
    rotated, extra = design.rotated, np.zeros((len(targets), 0)) if extra is None else extra
    features: Any = design.small if rotated is None else rotated[0] * rotated[1]
    found = _minimise(features, extra, targets, strength, weights, offsets, steps)
    inner = found[: features.shape[1]]
    coefficients = np.zeros((design.vectors.shape[1], targets.shape[1]))
    coefficients[design.used] = (
        inner if rotated is None else design.small.T @ (rotated[0] @ (inner.T / rotated[1]).T)
    )
    return coefficients, found[features.shape[1] : -1], found[-1]


def _minimise(
    features: Any,
    extra: Floats,
    targets: Marks,
    strength: float,
    weights: Floats | None,
    offsets: Floats | None,
    steps: int,
) -> Floats:
    """Return coefficients of features, of extra ones and, last, intercepts, one column a head."""
    from scipy.optimize import minimize
    from scipy.special import expit

    rows, heads = targets.shape
    columns = features.shape[1]
    turned = features.T if isinstance(features, np.ndarray) else features.T.tocsr()
    signs = np.where(targets, 1.0, -1.0)
    each = np.ones((rows, 1)) if weights is None else weights.reshape(rows, -1)
    given = 0.0 if offsets is None else offsets
    # L-BFGS judges its progress by the size of the loss, so the loss is a mean.
    total = max(float(each.mean(axis=1).sum()), 1e-12)

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix = flat.reshape(-1, heads)
        inner, outer = matrix[:columns], matrix[columns:-1]
        margins = (features @ inner + extra @ outer + matrix[-1] + given) * signs
        losses = each * np.logaddexp(0.0, -margins)
        slopes = -each * signs * expit(-margins)
        gradient = np.empty_like(matrix)
        gradient[:columns] = turned @ slopes
        gradient[columns:-1] = extra.T @ slopes
        gradient[:-1] += matrix[:-1] / strength
        gradient[-1] = slopes.sum(axis=0)
        penalty = 0.5 / strength * float((matrix[:-1] ** 2).sum())
        return (float(losses.sum()) + penalty) / total, gradient.ravel() / total

    shares = (each * targets).sum(axis=0) / np.maximum((each * np.ones_like(signs)).sum(axis=0), 1e-12)
    start = np.zeros((columns + extra.shape[1] + 1, heads))
    start[-1] = np.log((shares + 1e-3) / (1 - shares + 1e-3))
    options = {"maxiter": steps, "maxcor": 10, "ftol": 1e-9, "gtol": 1e-6}
    with one_thread():
        found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options).x
    return np.asarray(found.reshape(-1, heads))
