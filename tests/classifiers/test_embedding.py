from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualalign.classifiers import LinearClassifier, load_classifier, make_classifier
from dualalign.classifiers.sentence_vectors import SentenceVectors, sentence_vectors
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, SMALL, TEXTS

pytest.importorskip("torch")
pytest.importorskip("transformers")


def embedding(model: str, prior: Any = None, **options: Any) -> Any:
    return make_classifier("embedding", HEADS, 0, prior, **({"model": model, "ngrams": None} | options))


def test_vectors_are_the_mean_of_the_tokens_whatever_the_batch(tiny_encoder: str) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, network = AutoTokenizer.from_pretrained(tiny_encoder), AutoModel.from_pretrained(tiny_encoder)
    vectors = SentenceVectors(tiny_encoder, "mean", 128, None)(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        with torch.inference_mode():
            states = network.eval()(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(dim=0).numpy()
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_a_sentence_is_computed_once(
    tiny_encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    compute = SentenceVectors.compute
    monkeypatch.setattr(
        SentenceVectors, "compute", lambda self, texts: asked.extend(texts) or compute(self, texts)
    )
    first = SentenceVectors(tiny_encoder, "mean", 128, tmp_path)
    vectors = first([*TEXTS[:4], TEXTS[0]])
    first(TEXTS[:6])
    assert asked == TEXTS[:6]
    again = SentenceVectors(tiny_encoder, "mean", 128, tmp_path)
    np.testing.assert_array_equal(again([*TEXTS[:4], TEXTS[0]]), vectors)
    assert asked == TEXTS[:6]
    SentenceVectors(tiny_encoder, "first", 128, tmp_path)(TEXTS[:1])
    assert len(asked) == 7


def test_a_damaged_cache_is_named(tiny_encoder: str, tmp_path: Path) -> None:
    SentenceVectors(tiny_encoder, "mean", 128, tmp_path)(TEXTS)
    (part,) = tmp_path.rglob("*.npz")
    part.write_bytes(b"cut")
    with pytest.raises(ClassifierError, match=f"{part.name}.*damaged cache"):
        SentenceVectors(tiny_encoder, "mean", 128, tmp_path)


def test_learns_and_is_the_same_after_loading(tiny_encoder: str, tmp_path: Path) -> None:
    for ngrams in (None, {"bits": 12}):
        fitted = embedding(tiny_encoder, ngrams=ngrams, scale=10.0, strength=1000.0).fit(TEXTS, MARKS)
        assert ((fitted.logits(TEXTS) > 0) == MARKS).all()
        loaded = load_classifier(fitted.save(tmp_path / str(ngrams is None)))
        np.testing.assert_allclose(loaded.logits(TEXTS), fitted.logits(TEXTS), atol=1e-3)
        assert loaded.logits([]).shape == (0, 2)


def test_leans_on_a_prior_of_any_kind(tiny_encoder: str, tmp_path: Path) -> None:
    prior = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    leaning = embedding(tiny_encoder, prior, use={"offset": 1.0, "scale": 0.0}, strength=1e-9)
    leaning.fit(TEXTS[:4], MARKS[:4])
    # Without coefficients of its own only the prior's logit and an intercept are left.
    shift = leaning.logits(TEXTS) - prior.logits(TEXTS)
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-5)
    loaded = load_classifier(leaning.save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.logits(TEXTS), leaning.logits(TEXTS), atol=1e-3)


def test_classifiers_of_a_run_share_their_vectors(tiny_encoder: str) -> None:
    assert sentence_vectors(tiny_encoder, "mean", 128, None) is sentence_vectors(
        tiny_encoder, "mean", 128, None
    )


def test_a_model_must_be_named() -> None:
    with pytest.raises(ClassifierError, match="no model is named"):
        make_classifier("embedding", HEADS)
