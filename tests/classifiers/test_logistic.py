import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from dualalign.classifiers.logistic import fit_logistic


def _data(rows: int = 200, columns: int = 12) -> tuple[csr_matrix, np.ndarray]:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(rows, columns)) * (random.random((rows, columns)) < 0.5)
    targets = (vectors @ random.normal(size=(columns, 2)) + random.normal(size=(rows, 2))) > 0
    return csr_matrix(vectors), targets


def test_agrees_with_scikit_learn_head_by_head() -> None:
    vectors, targets = _data()
    coefficients, intercepts = fit_logistic(vectors, targets, 3.0, steps=500)
    for head in range(2):
        reference = LogisticRegression(C=3.0, tol=1e-8, max_iter=2000).fit(vectors, targets[:, head])
        np.testing.assert_allclose(coefficients[:, head], reference.coef_[0], atol=2e-3)
        np.testing.assert_allclose(intercepts[head], reference.intercept_[0], atol=2e-3)


def test_a_weight_of_two_is_the_row_twice() -> None:
    vectors, targets = _data(60)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    twice = csr_matrix(np.vstack([vectors.toarray(), vectors.toarray()[:20]]))
    weighted = fit_logistic(vectors, targets, 2.0, weights, steps=500)
    repeated = fit_logistic(twice, np.vstack([targets, targets[:20]]), 2.0, steps=500)
    np.testing.assert_allclose(weighted[0], repeated[0], atol=2e-3)


def test_what_an_offset_explains_is_not_learned_again() -> None:
    vectors, targets = _data()
    coefficients, _ = fit_logistic(vectors, targets, 3.0, steps=500)
    given = vectors @ coefficients
    again, _ = fit_logistic(vectors, targets, 3.0, offsets=given, steps=500)
    assert np.abs(again).max() < 0.5 * np.abs(coefficients).max()


def test_columns_never_seen_stay_at_zero() -> None:
    vectors, targets = _data()
    wide = csr_matrix((vectors.data, vectors.indices, vectors.indptr), shape=(vectors.shape[0], 50))
    coefficients, _ = fit_logistic(wide, targets, 3.0)
    assert coefficients.shape == (50, 2)
    assert not coefficients[12:].any()
