"""`flwr run` over three sites that each hold their own file: a SuperLink and SuperNodes on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("torch")
pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")

from dualalign.errors import ProgressionError
from dualalign.progression import load_model, read_meds, state_questions, to_visits, write_meds
from dualalign.progression.federated.local import Run, local_federation
from dualalign.stats.ranking import roc_auc
from tests.progression.planted import SCHEMA, planted

pytestmark = pytest.mark.slow
APP = Path(__file__).parents[3] / "examples" / "federated"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("federated")
    data = planted(48)
    for number in range(3):
        write_meds(data.take(data.ids[number * 16 : (number + 1) * 16]), folder / f"site{number}")
    (folder / "schema.yaml").write_text(yaml.safe_dump(SCHEMA.model_dump(mode="json", exclude_defaults=True)))
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> Iterator[Run]:
    with local_federation(APP, [place / f"site{number}" for number in range(3)]) as started:
        yield started


def weights(folder: Path) -> np.ndarray:
    network = load_model(folder).fitted.members[0].network
    return np.concatenate([each.numpy().ravel() for each in network.state_dict().values()])


def test_sites_learn_together_and_masks_change_nothing(place: Path, run: Run) -> None:
    base = {"schema": str(place / "schema.yaml"), "batch-subjects": 4, "rounds": 1, "local-epochs": 10}
    run(base | {"out": str(place / "plain")})
    run(base | {"out": str(place / "secure"), "secure-aggregation": True, "calibration-share": 0.0})
    run(base | {"out": str(place / "bare"), "calibration-share": 0.0})
    bare, secure = weights(place / "bare"), weights(place / "secure")
    assert 0 < np.linalg.norm(bare - secure) / np.linalg.norm(bare) < 1e-4
    model = load_model(place / "plain")
    assert model.facts == {"subjects": 48, "visits": 240, "sites": 3, "rounds": 1}
    assert set(model.fitted.calibration) == {"state", "conversion", "decline"}
    others = to_visits(read_meds(write_meds(planted(40, seed=1), place / "others")))
    asked = state_questions(others)
    assert roc_auc(asked.answers, model.fitted.predict(others, asked)) > 0.85


def test_noise_is_added_and_its_epsilon_saved(place: Path, run: Run) -> None:
    pytest.importorskip("dp_accounting")
    base = {"schema": str(place / "schema.yaml"), "rounds": 1, "noise-seed": 3, "secure-aggregation": True}
    for noise in (0.01, 1.0):
        run(base | {"out": str(place / f"noise{noise}"), "noise-multiplier": noise})
    little, much = weights(place / "noise0.01"), weights(place / "noise1.0")
    # The mean of three updates of length 1 at most, with noise of a third a weight.
    assert np.std(much - little) == pytest.approx(0.99 / 3, rel=0.1)
    facts = load_model(place / "noise1.0").facts
    assert facts["epsilon"] > 4
    assert not load_model(place / "noise1.0").fitted.calibration


def test_a_site_of_another_schema_stops_the_run(place: Path, run: Run) -> None:
    with pytest.raises(ProgressionError, match="another schema"):
        run({"schema": "oasis2", "rounds": 1, "out": str(place / "none")})
