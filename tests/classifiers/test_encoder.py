from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualalign.classifiers import Classifier, LinearClassifier, load_classifier, make_classifier
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, SMALL, TEXTS

pytest.importorskip("torch")
pytest.importorskip("transformers")

QUICK: dict[str, Any] = {"epochs": 16, "batch": 4, "micro_batch": 4, "rate": 3e-3, "save_every": 7}


def encoder(model: str, seed: int = 0, prior: Classifier | None = None, **options: Any) -> Any:
    training = QUICK | options.pop("training", {})
    return make_classifier("encoder", HEADS, seed, prior, model=model, training=training, **options)


def unlike(first: Any, second: Any) -> float:
    return float(np.abs(first.logits(TEXTS) - second.logits(TEXTS)).max())


@pytest.fixture(scope="module")
def fitted(tiny_encoder: str) -> Any:
    return encoder(tiny_encoder).fit(TEXTS, MARKS)


def test_learns_what_it_is_shown(fitted: Any) -> None:
    assert ((fitted.predict_proba(TEXTS) > 0.5) == MARKS).mean() > 0.9


def test_the_seed_decides_the_weights(fitted: Any, tiny_encoder: str) -> None:
    assert unlike(fitted, encoder(tiny_encoder).fit(TEXTS, MARKS)) == 0.0
    assert unlike(fitted, encoder(tiny_encoder, seed=1).fit(TEXTS, MARKS)) > 1e-3


def test_training_leaves_the_global_random_state_alone(tiny_encoder: str) -> None:
    import torch

    before = torch.random.get_rng_state()
    encoder(tiny_encoder, training={"epochs": 1}).fit(TEXTS, MARKS)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("change", [{"micro_batch": 1}, {"recompute": True}])
def test_memory_settings_do_not_change_the_result(tiny_encoder: str, change: dict[str, Any]) -> None:
    # Dropout draws anew in each forward pass, so it is left out of this comparison.
    import json

    config = Path(tiny_encoder) / "config.json"
    kept = config.read_text()
    config.write_text(
        json.dumps(json.loads(kept) | {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0})
    )
    try:
        plain = encoder(tiny_encoder, dropout=0.0).fit(TEXTS, MARKS)
        other = encoder(tiny_encoder, dropout=0.0, training=change).fit(TEXTS, MARKS)
    finally:
        config.write_text(kept)
    assert unlike(plain, other) < 1e-3


def test_saved_and_loaded_says_the_same(fitted: Any, tmp_path: Path) -> None:
    loaded = load_classifier(fitted.save(tmp_path / "saved"))
    assert unlike(fitted, loaded) == 0.0
    assert loaded.heads == HEADS
    assert "sentences: 10" in (tmp_path / "saved" / "README.md").read_text()


def test_another_kind_is_refused(fitted: Any, tmp_path: Path) -> None:
    folder = fitted.save(tmp_path / "saved")
    with pytest.raises(ClassifierError, match=r"kind 'encoder'.*not 'linear'"):
        LinearClassifier.load(folder)


def test_stopped_and_resumed_gives_the_weights_of_a_whole_run(
    fitted: Any, tiny_encoder: str, tmp_path: Path
) -> None:
    class StoppedError(Exception):
        pass

    def stop(step: int, steps: int, loss: float) -> None:
        if step == 17:
            raise StoppedError

    with pytest.raises(StoppedError):
        encoder(tiny_encoder).fit(TEXTS, MARKS, checkpoints=tmp_path, on_step=stop)
    first: list[int] = []
    resumed = encoder(tiny_encoder).fit(
        TEXTS, MARKS, checkpoints=tmp_path, on_step=lambda step, steps, loss: first.append(step)
    )
    assert first[0] == 15
    assert unlike(fitted, resumed) == 0.0


def test_a_checkpoint_of_another_run_is_refused(tiny_encoder: str, tmp_path: Path) -> None:
    encoder(tiny_encoder).fit(TEXTS, MARKS, checkpoints=tmp_path)
    with pytest.raises(ClassifierError, match="checkpoint of other sentences"):
        encoder(tiny_encoder).fit(TEXTS[1:], MARKS[1:], checkpoints=tmp_path)
    with pytest.raises(ClassifierError, match="checkpoint of other sentences"):
        encoder(tiny_encoder, training={"rate": 1e-3}).fit(TEXTS, MARKS, checkpoints=tmp_path)
    with pytest.raises(ClassifierError, match="checkpoint of other sentences"):
        encoder(tiny_encoder).fit(TEXTS, MARKS, validation=(TEXTS, MARKS), checkpoints=tmp_path)
    for folder in tmp_path.glob("checkpoint-*"):
        (folder / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ClassifierError, match="damaged checkpoint"):
        encoder(tiny_encoder).fit(TEXTS, MARKS, checkpoints=tmp_path)


def test_validation_decides_which_weights_are_kept(tiny_encoder: str) -> None:
    # Labels of the validation sentences are the opposite of what is learned, so the first evaluation is the best.
    training = {"evaluate_every": 2, "patience": 3, "monitor": "log_loss", "epochs": 40}
    stopped = encoder(tiny_encoder, training=training)
    stopped.fit(TEXTS, MARKS, validation=(TEXTS, ~MARKS))
    scores = [past["score"] for past in stopped.history]
    assert len(scores) == 4 + int(np.argmax(scores))
    kept = -np.logaddexp(0.0, np.where(~MARKS, -stopped.logits(TEXTS), stopped.logits(TEXTS))).mean()
    assert np.isclose(kept, max(scores), atol=1e-5)


def test_a_checkpoint_that_was_not_finished_is_passed_over(
    fitted: Any, tiny_encoder: str, tmp_path: Path
) -> None:
    encoder(tiny_encoder).fit(TEXTS, MARKS, checkpoints=tmp_path)
    last = max(tmp_path.glob("checkpoint-*"), key=lambda each: int(each.name[11:]))
    (last / "trainer_state.json").unlink()
    (last / "model.safetensors").write_bytes(b"cut")
    resumed = encoder(tiny_encoder).fit(TEXTS, MARKS, checkpoints=tmp_path)
    assert unlike(fitted, resumed) == 0.0


def test_a_prior_of_the_same_kind_is_where_training_begins(fitted: Any, tiny_encoder: str) -> None:
    still = encoder(tiny_encoder, prior=fitted, training={"epochs": 1, "rate": 1e-12})
    before = fitted.logits(TEXTS)
    assert unlike(still.fit(TEXTS, ~MARKS), fitted) < 1e-6
    np.testing.assert_array_equal(fitted.logits(TEXTS), before)
    assert "began from" in still.card()


def test_leaning_on_another_kind_adds_its_logits(tiny_encoder: str, tmp_path: Path) -> None:
    linear = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    with pytest.raises(ClassifierError, match="cannot start from a LinearClassifier"):
        encoder(tiny_encoder, prior=linear)
    leaning = encoder(tiny_encoder, prior=linear, lean=1.0, training={"epochs": 1, "rate": 1e-12})
    leaning.fit(TEXTS, MARKS)
    np.testing.assert_allclose(leaning.logits(TEXTS), linear.logits(TEXTS), atol=0.5)
    loaded = load_classifier(leaning.save(tmp_path / "saved"))
    assert unlike(leaning, loaded) < 1e-3


def test_a_sentence_without_weight_teaches_nothing(tiny_encoder: str) -> None:
    weights = np.ones(len(TEXTS))
    weights[::2] = 0.0
    flipped = np.where(weights[:, None] == 0, ~MARKS, MARKS)
    found = [encoder(tiny_encoder).fit(TEXTS, marks, weights) for marks in (MARKS, flipped)]
    assert unlike(*found) == 0.0


def test_exactly_one_label_is_a_softmax(tiny_encoder: str) -> None:
    rows = MARKS.any(axis=1)
    texts = [text for text, row in zip(TEXTS, rows, strict=True) if row]
    chosen = encoder(tiny_encoder, training={"loss": "one_of"}).fit(texts, MARKS[rows])
    np.testing.assert_allclose(chosen.predict_proba(TEXTS).sum(axis=1), 1.0)
    assert (chosen.predict_proba(texts).argmax(axis=1) == MARKS[rows].argmax(axis=1)).all()
    with pytest.raises(ClassifierError, match="one_of"):
        encoder(tiny_encoder, training={"loss": "one_of"}).fit(TEXTS, MARKS)


def test_refusals_say_what_is_wrong(tiny_encoder: str, tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="no model is named"):
        make_classifier("encoder", HEADS)
    with pytest.raises(ClassifierError, match=f"model '{tmp_path}' cannot be read"):
        encoder(str(tmp_path)).fit(TEXTS, MARKS)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((Path(tiny_encoder) / name).read_bytes())
    with pytest.raises(ClassifierError, match="holds no tokenizer"):
        encoder(str(tmp_path)).fit(TEXTS, MARKS)
    with pytest.raises(ClassifierError, match="never fitted"):
        encoder(tiny_encoder).logits(TEXTS)
    with pytest.raises(ClassifierError, match="shape"):
        encoder(tiny_encoder).fit(TEXTS, MARKS[:3])
    with pytest.raises(ClassifierError, match=r"encoder.training: no setting 'epoch'"):
        encoder(tiny_encoder, training={"epoch": 3})


def test_empty_sentences_are_read(fitted: Any) -> None:
    assert fitted.logits([]).shape == (0, 2)
    assert np.isfinite(fitted.logits([""])).all()


def test_sentences_are_cut_to_their_first_tokens(tiny_encoder: str) -> None:
    short = encoder(tiny_encoder, training={"tokens": 8}).fit(TEXTS, MARKS)
    long = "forgets names of her keys and is tearful and low most days ."
    cut, more = short.logits([" ".join(long.split()[:8]), long])
    np.testing.assert_array_equal(cut, more)
