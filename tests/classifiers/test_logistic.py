from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from dualalign.classifiers import logistic
from dualalign.classifiers.logistic import Design, fit_logistic

SHAPES = {"more rows than columns": (200, 12), "more columns than rows": (60, 150)}


def data(rows: int = 200, columns: int = 12) -> tuple[csr_matrix, np.ndarray]:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(rows, columns)) * (random.random((rows, columns)) < 0.5)
    targets = (vectors @ random.normal(size=(columns, 2)) + random.normal(size=(rows, 2))) > 0
    return csr_matrix(vectors), targets


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_agrees_with_scikit_learn_head_by_head(shape: tuple[int, int]) -> None:
    vectors, targets = data(*shape)
    coefficients, _, intercepts = fit_logistic(Design(vectors), targets, 3.0, steps=500)
    for head in range(2):
        reference = LogisticRegression(C=3.0, tol=1e-8, max_iter=2000).fit(vectors, targets[:, head])
        np.testing.assert_allclose(coefficients[:, head], reference.coef_[0], atol=2e-3)
        np.testing.assert_allclose(intercepts[head], reference.intercept_[0], atol=2e-3)


def test_a_rotation_changes_nothing_not_even_where_it_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, targets = data(60, 150)
    vectors = csr_matrix(np.vstack([vectors.toarray(), vectors.toarray()[:5]]))  # rank below rows
    targets = np.vstack([targets, targets[:5]])
    random = np.random.default_rng(1)
    fit = partial(
        fit_logistic,
        targets=targets,
        strength=3.0,
        weights=random.random(65),
        offsets=random.normal(size=(65, 2)),
        extra=random.normal(size=(65, 3)),
        steps=7,
    )
    rotated = fit(Design(vectors))
    monkeypatch.setattr(logistic, "_MOST_ROTATED", 0)
    assert Design(vectors).rotated is None
    for one, other in zip(rotated, fit(Design(vectors)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_further_features_are_learned_as_columns_are() -> None:
    vectors, targets = data()
    whole = fit_logistic(Design(vectors), targets, 3.0, steps=500)
    parted = fit_logistic(Design(vectors[:, :9]), targets, 3.0, extra=vectors[:, 9:].toarray(), steps=500)
    np.testing.assert_allclose(np.vstack(parted[:2]), whole[0], atol=1e-3)


def test_a_weight_of_two_is_the_row_twice() -> None:
    vectors, targets = data(60)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    twice = csr_matrix(np.vstack([vectors.toarray(), vectors.toarray()[:20]]))
    weighted = fit_logistic(Design(vectors), targets, 2.0, weights, steps=500)
    repeated = fit_logistic(Design(twice), np.vstack([targets, targets[:20]]), 2.0, steps=500)
    np.testing.assert_allclose(weighted[0], repeated[0], atol=2e-3)


def test_what_an_offset_explains_is_not_learned_again() -> None:
    vectors, targets = data()
    coefficients, *_ = fit_logistic(Design(vectors), targets, 3.0, steps=500)
    again, *_ = fit_logistic(Design(vectors), targets, 3.0, offsets=vectors @ coefficients, steps=500)
    assert np.abs(again).max() < 0.5 * np.abs(coefficients).max()


def test_columns_never_seen_stay_at_zero() -> None:
    vectors, targets = data()
    wide = csr_matrix((vectors.data, vectors.indices, vectors.indptr), shape=(vectors.shape[0], 50))
    coefficients, *_ = fit_logistic(Design(wide), targets, 3.0)
    assert coefficients.shape == (50, 2)
    assert not coefficients[12:].any()
