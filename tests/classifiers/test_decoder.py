import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualalign.classifiers import Classifier, load_classifier, make_classifier
from dualalign.classifiers.recipes import read_recipe, recipe_names
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, TEXTS

for needed in ("torch", "transformers", "peft", "accelerate"):
    pytest.importorskip(needed)

RECIPE = read_recipe("llama-3.1-8b")
LORA = {"rank": 4, "alpha": 8}
QUICK: dict[str, Any] = {"epochs": 12, "batch": 4, "micro_batch": 2, "rate": 3e-3}


def decoder(model: str, prior: Classifier | None = None, **options: Any) -> Any:
    """The published recipe, but for the model and a pace that ten sentences can bear."""
    training = QUICK | options.pop("training", {})
    recipe = RECIPE.changed(model=model, training=training, **options)
    return make_classifier(recipe.classifier, HEADS, 0, prior, **recipe.options)


def test_the_recipe_is_the_published_one() -> None:
    made = make_classifier(RECIPE.classifier, HEADS, **RECIPE.options)
    options, training = made.options, made.options.training  # type: ignore[attr-defined]
    assert (options.dropout, options.lora, training.tokens, training.batch) == (0.1, None, 128, 64)
    assert (training.rate, training.betas, training.weight_decay) == (2e-5, (0.9, 0.999), 0.01)
    assert (training.warm_up, training.epochs, training.evaluate_every) == (0.1, 3.0, 200)
    assert (training.monitor, training.patience > 0) == ("macro_f1", True)


def test_every_recipe_shipped_makes_a_classifier() -> None:
    for name in recipe_names():
        recipe = read_recipe(name)
        assert make_classifier(recipe.classifier, HEADS, **recipe.options).heads == HEADS


@pytest.mark.parametrize("lora", [None, LORA])
def test_learns_and_is_the_same_after_loading(tiny_llama: str, tmp_path: Path, lora: Any) -> None:
    fitted = decoder(tiny_llama, lora=lora, training={"rate": 1e-2, "epochs": 25})
    fitted.fit(TEXTS, MARKS)
    assert ((fitted.predict_proba(TEXTS) > 0.5) == MARKS).mean() > 0.9
    loaded = load_classifier(fitted.save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.logits(TEXTS), fitted.logits(TEXTS), atol=1e-5)


def test_lora_learns_small_matrices_only(tiny_llama: str, tmp_path: Path) -> None:
    fitted = decoder(tiny_llama, lora=LORA).fit(TEXTS, MARKS)
    learned = [name for name, value in fitted._network.named_parameters() if value.requires_grad]
    assert all("lora_" in name or name.startswith("head.") for name in learned)
    fitted.save(tmp_path / "lora")
    decoder(tiny_llama).fit(TEXTS, MARKS).save(tmp_path / "full")
    sizes = {
        kind: max(path.stat().st_size for path in (tmp_path / kind / "network").glob("*.safetensors"))
        for kind in ("lora", "full")
    }
    assert sizes["lora"] < 0.6 * sizes["full"]


def test_the_answer_does_not_depend_on_padding(tiny_llama: str) -> None:
    fitted = decoder(tiny_llama, training={"epochs": 1}).fit(TEXTS, MARKS)
    alone = np.vstack([fitted.logits([text]) for text in TEXTS])
    np.testing.assert_allclose(fitted.logits(TEXTS), alone, atol=1e-5)


@pytest.mark.parametrize("lora", [None, LORA])
def test_stopped_and_resumed_gives_the_weights_of_a_whole_run(
    tiny_llama: str, tmp_path: Path, lora: Any
) -> None:
    class StoppedError(Exception):
        pass

    def stop(step: int, steps: int, loss: float) -> None:
        if step == 11:
            raise StoppedError

    training = {"save_every": 5, "evaluate_every": 4}
    whole, stopped, resumed = (decoder(tiny_llama, lora=lora, training=training) for _ in range(3))
    whole.fit(TEXTS, MARKS, validation=(TEXTS, MARKS))
    with pytest.raises(StoppedError):
        stopped.fit(TEXTS, MARKS, validation=(TEXTS, MARKS), checkpoints=tmp_path, on_step=stop)
    resumed.fit(TEXTS, MARKS, validation=(TEXTS, MARKS), checkpoints=tmp_path)
    assert resumed.history == whole.history
    np.testing.assert_array_equal(resumed.logits(TEXTS), whole.logits(TEXTS))
    if lora:
        # What is frozen is in no checkpoint: of a large model that is nearly all of it.
        from safetensors.numpy import load_file

        kept = load_file(next(tmp_path.glob("checkpoint-*")) / "model.safetensors")
        assert all("lora_" in name or name.startswith("head.") for name in kept)


@pytest.mark.parametrize("lora", [None, LORA])
def test_first_synthetic_then_gold(tiny_llama: str, lora: Any) -> None:
    first = decoder(tiny_llama, lora=lora).fit(TEXTS, MARKS)
    then = decoder(tiny_llama, first, lora=lora, training={"epochs": 1, "rate": 1e-12})
    then.fit(TEXTS[:4], MARKS[:4])
    np.testing.assert_allclose(then.logits(TEXTS), first.logits(TEXTS), atol=1e-5)


def test_layers_that_are_not_there_are_refused(tiny_llama: str) -> None:
    with pytest.raises(ClassifierError, match="no layers nothing_proj"):
        decoder(tiny_llama, lora=LORA | {"targets": ["nothing_proj"]}).fit(TEXTS, MARKS)


def test_four_bits_are_refused_where_they_cannot_be_had(tiny_llama: str) -> None:
    import torch

    there = importlib.util.find_spec("bitsandbytes") is not None
    if there and torch.cuda.is_available():
        pytest.skip("four-bit weights can be had here")
    with pytest.raises(ClassifierError, match="GPU" if there else "bitsandbytes"):
        decoder(tiny_llama, lora=LORA | {"four_bit": True}).fit(TEXTS, MARKS)


def test_recipes_of_ones_own_are_read_and_wrong_ones_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("classifier: linear\noptions: {strength: 3}\n")
    assert make_classifier(read_recipe(own).classifier, HEADS, **read_recipe(own).options).heads == HEADS
    with pytest.raises(ClassifierError, match="cannot be read") as caught:
        read_recipe(tmp_path / "none.yaml")
    assert "llama-3.1-8b" in caught.value.remedy
    own.write_text("classifier: linear\n")
    with pytest.raises(ClassifierError, match="not a recipe"):
        read_recipe(own)
