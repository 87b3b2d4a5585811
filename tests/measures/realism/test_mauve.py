import numpy as np
import pytest

from dualalign.measures.realism.mauve import mauve, mauve_of_points, mauve_of_shares
from tests.measures.made_up_notes import made_up


def _cloud(n: int, centre: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).normal(0, 0.3, (n, 8))
    points[:, centre] += 1
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_equal_shares_give_one_and_disjoint_ones_nearly_nothing() -> None:
    half = np.array([0.5, 0.5])
    assert mauve_of_shares(half, half) == pytest.approx(1.0)
    # Disjoint: exp(5 log w) = w^5 against (1-w)^5, whose area is B(6,5) * 5 = 1/252.
    assert mauve_of_shares(np.array([1.0]), np.array([0.0, 1.0])) == pytest.approx(1 / 252, rel=0.05)


@pytest.mark.parametrize(
    ("first", "second", "library"),
    [
        ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5], 0.8214099836116461),
        ([0.6, 0.4, 0.0], [0.0, 0.4, 0.6], 0.0504346288519957),
        ([0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], 0.6604427525786429),
    ],
)
def test_of_shares_it_is_the_figure_of_the_library(
    first: list[float], second: list[float], library: float
) -> None:
    # From mauve-text 0.4.0, its divergence curve and area of these shares.
    assert mauve_of_shares(np.array(first), np.array(second)) == pytest.approx(library, abs=1e-12)
    assert mauve_of_shares(np.array(second), np.array(first)) == pytest.approx(library, abs=1e-12)


def test_falls_as_shares_part() -> None:
    near = mauve_of_shares(np.array([0.5, 0.5]), np.array([0.6, 0.4]))
    far = mauve_of_shares(np.array([0.5, 0.5]), np.array([0.9, 0.1]))
    assert 1 > near > far > 0


def test_points_of_one_place_and_of_two() -> None:
    assert mauve_of_points(_cloud(400, 0, 1), _cloud(400, 0, 2)) > 0.9
    assert mauve_of_points(_cloud(400, 0, 1), _cloud(400, 3, 2)) < 0.1
    mixed = np.vstack([_cloud(200, 0, 1), _cloud(200, 3, 2)])
    assert 0.1 < mauve_of_points(_cloud(400, 0, 3), mixed) < 0.9


def test_of_notes_has_an_interval_and_the_reference_beside_it() -> None:
    reference = made_up(240, 1)
    same, other = mauve(made_up(120, 2), reference), mauve(made_up(120, 3, tilt=8), reference)
    assert other.value < same.value
    assert same.value == pytest.approx(same.baseline["reference against itself"], abs=0.15)
    assert same.interval is not None
    assert same.interval[0] <= same.value <= same.interval[1]
