"""Logistic regression for many heads at once, on sparse vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]


def fit_logistic(
    vectors: csr_matrix,
    targets: npt.NDArray[np.bool_],
    strength: float,
    weights: Floats | None = None,
    offsets: Floats | None = None,
    steps: int = 200,
) -> tuple[Floats, Floats]:
    """Return coefficients and intercepts that minimise weighted log loss plus a squared penalty, by L-BFGS.

    Args:
        vectors: n x d.
        targets: n x h, one column a head.
        strength: variance of the Gaussian prior on the coefficients, above 0; intercepts are free.
        weights: n x h or n, 0 or more; 1 each if None.
        offsets: n x h, added to the logits and not fitted; 0 each if None.
        steps: iterations at most.

    Returns:
        d x h coefficients and h intercepts.
    """
    from scipy.optimize import minimize

    used = np.unique(vectors.indices)
    small = vectors[:, used] if len(used) < vectors.shape[1] else vectors
    turned = small.T.tocsr()
    rows, columns = small.shape
    heads = targets.shape[1]
    signs = np.where(targets, 1.0, -1.0)
    each = np.ones((rows, 1)) if weights is None else weights.reshape(rows, -1)
    given = np.zeros((rows, heads)) if offsets is None else offsets
    # L-BFGS judges its progress by the size of the loss, so the loss is a mean.
    total = max(float(each.mean(axis=1).sum()), 1e-12)

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix = flat.reshape(columns + 1, heads)
        margins = (small @ matrix[:columns] + matrix[columns] + given) * signs
        losses = each * np.logaddexp(0.0, -margins)
        slopes = -each * signs * np.exp(-np.logaddexp(0.0, margins))
        gradient = np.empty_like(matrix)
        gradient[:columns] = turned @ slopes + matrix[:columns] / strength
        gradient[columns] = slopes.sum(axis=0)
        penalty = 0.5 / strength * float((matrix[:columns] ** 2).sum())
        return (float(losses.sum()) + penalty) / total, gradient.ravel() / total

    shares = (each * targets).sum(axis=0) / np.maximum((each * np.ones_like(signs)).sum(axis=0), 1e-12)
    start = np.zeros((columns + 1, heads))
    start[columns] = np.log((shares + 1e-3) / (1 - shares + 1e-3))
    options: dict[str, Any] = {"maxiter": steps, "maxcor": 10, "ftol": 1e-9, "gtol": 1e-6}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options).x
    found = found.reshape(columns + 1, heads)
    coefficients = np.zeros((vectors.shape[1], heads))
    coefficients[used] = found[:columns]
    return coefficients, found[columns]
