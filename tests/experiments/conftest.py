from pathlib import Path

import pytest

from dualalign.experiments import Experiment, run_experiment
from dualalign.experiments.cells import Outcome
from dualalign.experiments.training_sets import default_training_sets
from tests.classifiers.conftest import tiny_encoder
from tests.experiments.toy import OPTIONS, gold_set, other_text

__all__ = ["grid", "ran", "tiny_encoder"]


@pytest.fixture(scope="session")
def grid() -> Experiment:
    aligned = other_text()
    sets = default_training_sets()
    few = sets.model_copy(update={"prior_uses": sets.prior_uses[1:3]})
    return Experiment(gold_set(), aligned, aligned.take(aligned.labelled[:30]), (1.0, 0.3), 2, OPTIONS, few)


@pytest.fixture(scope="session")
def ran(grid: Experiment, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    """The folder and the outcomes of the whole grid."""
    folder = tmp_path_factory.mktemp("experiment")
    return folder, run_experiment(grid, folder)
