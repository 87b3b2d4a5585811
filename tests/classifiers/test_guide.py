"""The snippets of docs/classifiers.md run as they stand, but for the model's folder."""

import re
from pathlib import Path
from typing import Any

import pytest

from dualalign.classifiers import make_classifier
from tests.classifiers.test_linear import HEADS, MARKS, TEXTS

GUIDE = Path(__file__).parents[2] / "docs" / "classifiers.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)


def names() -> dict[str, Any]:
    given = {"labels": HEADS, "texts": TEXTS, "marks": MARKS}
    return given | {"validation_texts": TEXTS, "validation_marks": MARKS}


def test_the_first_snippet_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(SNIPPETS[0], names())
    assert (tmp_path / "classifier" / "classifier.json").is_file()


def test_the_published_recipe_runs(tiny_llama: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(SNIPPETS) == 2
    run = names()
    exec(SNIPPETS[1].replace("models/Llama-3.1-8B", tiny_llama), run)
    assert run["classifier"].heads == HEADS
    assert run["classifier"].history


def test_the_grids_are_grids() -> None:
    import yaml

    from dualalign.experiments.grid import Grid

    snippets = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    models = [Grid.model_validate(yaml.safe_load(snippet)).models[-1] for snippet in snippets]
    assert [model.key for model in models] == ["with_encoder", "with_network"]
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    for model in models:
        assert model.prior is not None
        prior = make_classifier(model.prior.name, HEADS, **model.prior.options)
        leaning = make_classifier(model.name, HEADS, **model.options)
        assert prior.heads == leaning.heads == HEADS
        network = model.prior.options["members"][1]
        assert make_classifier(network["name"], HEADS, **network["options"]).heads == HEADS
