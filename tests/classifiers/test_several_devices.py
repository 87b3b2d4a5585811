"""Two processes on the processor stand for two GPUs; accelerate and the loop are the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")

_TRAIN = """
import json, os, sys
from pathlib import Path
from dualalign.classifiers import make_classifier
from tests.classifiers.test_linear import HEADS, MARKS, TEXTS
model, out = sys.argv[1:]
training = {"epochs": 6, "batch": 4, "micro_batch": 1, "rate": 3e-3, "evaluate_every": 5, "monitor": "log_loss"}
made = make_classifier("encoder", HEADS, 0, model=model, dropout=0.0, training=training)
made.fit(TEXTS, MARKS, validation=(TEXTS, MARKS), checkpoints=Path(out) / "checkpoints")
found = {"logits": made.logits(TEXTS).tolist(), "scores": [past["score"] for past in made.history]}
Path(out, f"found-{os.environ.get('RANK', 0)}.json").write_text(json.dumps(found))
made.save(Path(out) / "saved")
"""


def _without_dropout(model: str, folder: Path) -> str:
    """Each process draws its own dropout, so only without it can two do the same as one."""
    for path in Path(model).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


@pytest.mark.slow
def test_two_devices_learn_what_one_does(tiny_encoder: str, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    model = _without_dropout(tiny_encoder, tmp_path / "model")
    script = tmp_path / "train.py"
    script.write_text(_TRAIN)
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}:{root}", "OMP_NUM_THREADS": "1"}
    found = {}
    for processes in (1, 2):
        out = tmp_path / str(processes)
        out.mkdir()
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
        subprocess.run(
            [sys.executable, *launch, str(script), model, str(out)], env=environment, cwd=root, check=True
        )
        found[processes] = [json.loads(path.read_text()) for path in sorted(out.glob("found-*.json"))]
        assert (out / "saved" / "classifier.json").is_file()
    assert [len(each) for each in found.values()] == [1, 2]
    for each in found[2]:
        np.testing.assert_allclose(each["logits"], found[1][0]["logits"], atol=1e-4)
        np.testing.assert_allclose(each["scores"], found[1][0]["scores"], atol=1e-5)
    assert found[1][0]["scores"][-1] > found[1][0]["scores"][0]
