import numpy as np
import pytest

from dualalign.classifiers.training_options import TrainingOptions, learning_share
from dualalign.errors import ClassifierError


def test_the_learning_rate_rises_then_falls_in_lines() -> None:
    shares = np.array([learning_share(step, 100, 0.1) for step in range(100)])
    assert shares.argmax() == 10
    assert shares[10] == 1.0
    np.testing.assert_allclose(np.diff(shares[:11]), 1 / 11)
    np.testing.assert_allclose(np.diff(shares[10:]), -1 / 90)
    assert learning_share(0, 100, 0.0) == 1.0


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"rate": -1.0}, {"warm_up": 1.0}, {"betas": (0.9,)}, {"patience": -1}]
)
def test_impossible_settings_are_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(ClassifierError, match=next(iter(wrong))):
        TrainingOptions(**wrong)  # type: ignore[arg-type]
