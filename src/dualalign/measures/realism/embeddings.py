"""Texts as points: a language model's encoder where one is given, else latent semantic analysis of their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualalign.errors import MeasureError
from dualalign.measures.measure import TooLittleData
from dualalign.measures.realism.words import word_counts

Floats = npt.NDArray[np.float64]

_DIMENSIONS = 64
_BATCH = 32
_LONGEST = 256
"""Tokens of a text that an encoder reads."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Several sets of texts in one space.

    Args:
        sets: one matrix a set, rows of length 1.
        how: what made them, in words.
    """

    sets: tuple[Floats, ...]
    how: str


def embed_together(sets: Sequence[Sequence[str]], encoder: str | None = None) -> Embedded:
    """Return the points of several sets of texts.

    Args:
        sets: texts; without an encoder all of them together shape the space.
        encoder: Hugging Face id or folder of an encoder, whose token vectors are averaged; None takes 64 dimensions
            of latent semantic analysis (TF-IDF and truncated SVD).

    Raises:
        MeasureError: the encoder cannot be loaded, or the texts hold too few words.
    """
    texts = [text for each in sets for text in each]
    points = _latent(texts) if encoder is None else _encoded(texts, encoder)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    points = points / np.maximum(lengths, 1e-12)
    ends = np.cumsum([len(each) for each in sets])[:-1]
    how = f"encoder {encoder}" if encoder else f"LSA, {points.shape[1]} dimensions"
    return Embedded(tuple(np.split(points, ends)), how)


def _latent(texts: Sequence[str]) -> Floats:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    counts, words = word_counts(texts, longest=1, fewest=2)
    if min(len(texts), len(words)) < 3:
        raise TooLittleData(
            "too few texts to compare their meaning", "give at least three texts that share words"
        )
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    dimensions = min(_DIMENSIONS, len(texts) - 1, len(words) - 1)
    return np.asarray(TruncatedSVD(dimensions, random_state=0).fit_transform(vectors))


def _encoded(texts: Sequence[str], encoder: str) -> Floats:
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
    except ImportError:
        raise MeasureError(
            f"encoder '{encoder}' needs torch and transformers", "install them, or leave --encoder out"
        ) from None
    try:
        tokens = AutoTokenizer.from_pretrained(encoder, trust_remote_code=False)
        model = AutoModel.from_pretrained(encoder, trust_remote_code=False, weights_only=True).eval()
    except Exception as error:  # Whatever a damaged or hostile file brings about.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise MeasureError(
            f"encoder '{encoder}' cannot be loaded ({reason})", "give the folder of an encoder"
        ) from None
    # Batches of like length waste no padding.
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    points: Floats = np.zeros((len(texts), model.config.hidden_size))
    with torch.no_grad():
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            batch = tokens(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=_LONGEST,
                return_tensors="pt",
            )
            states = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            points[rows] = ((states * mask).sum(1) / mask.sum(1)).double().numpy()
    return points
