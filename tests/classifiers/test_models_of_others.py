"""A model is somebody else's folder: its weights are read and none of its code is run."""

import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the encoders extra is not installed")
pytest.importorskip("transformers", reason="the encoders extra is not installed")

from dualalign.classifiers.base import read_folder
from dualalign.classifiers.networks import read_backbone, read_tokenizer
from dualalign.errors import DualAlignError
from dualalign.llm.transformers import TransformersBackend
from dualalign.measures.realism.embeddings import _encoded
from tests.llm.tiny_model import save_tiny_model


class Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


LOADERS: list[Callable[[str], object]] = [
    read_backbone,
    read_tokenizer,
    TransformersBackend,
    lambda folder: _encoded(["a sentence"], folder),
]


@pytest.mark.parametrize("load", LOADERS)
def test_code_that_lies_beside_a_model_is_not_run(load: Callable[[str], object], tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    folder = tmp_path / "model"
    save_tiny_model(folder)
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w')\nclass A: pass\n")
    own = dict.fromkeys(["AutoConfig", "AutoModel", "AutoModelForCausalLM", "AutoTokenizer"], "evil.A")
    for name in ("config.json", "tokenizer_config.json"):
        content = json.loads((folder / name).read_text())
        content |= {"auto_map": own, "model_type": "evil", "tokenizer_class": "A"}
        (folder / name).write_text(json.dumps(content))
    with suppress(DualAlignError):
        load(str(folder))
    assert not marker.exists()


@pytest.mark.parametrize("load", [LOADERS[0], LOADERS[2]])
def test_weights_that_are_a_program_are_not_run(load: Callable[[str], object], tmp_path: Path) -> None:
    folder, marker = tmp_path / "model", tmp_path / "ran"
    save_tiny_model(folder)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(marker), protocol=2))
    with pytest.raises(DualAlignError):
        load(str(folder))
    assert not marker.exists()


def test_arrays_that_are_a_program_are_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    np.savez(tmp_path / "arrays.npz", weights=np.array([Bomb(marker)], dtype=object))
    (tmp_path / "classifier.json").write_text('{"kind": "linear", "format": 2}')
    with pytest.raises(DualAlignError, match="damaged"):
        read_folder(tmp_path, "linear")
    assert not marker.exists()
