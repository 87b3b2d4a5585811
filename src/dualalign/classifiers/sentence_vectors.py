"""Sentence vectors of a pretrained transformer, computed once a sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dualalign.classifiers.options import Pooling
from dualalign.errors import ClassifierError
from dualalign.files import refusals_said, written_beside

Vectors = npt.NDArray[np.float32]


class SentenceVectors:
    """Turns sentences into vectors of length 1, and remembers those of sentences it has seen.

    Args:
        model: id on the Hugging Face hub, or a folder.
        pooling: how tokens become one vector.
        tokens: tokens of a sentence read at most.
        cache: folder that keeps vectors for other runs; None keeps them in memory only.
    """

    def __init__(self, model: str, pooling: Pooling, tokens: int, cache: Path | None) -> None:
        from dualalign.classifiers.base import require

        require("encoders", "torch", "transformers")
        self._model = model
        self._pooling: Pooling = pooling
        self._tokens = tokens
        self._known: dict[bytes, Vectors] = {}
        self._network: tuple[Any, Any] | None = None
        self._folder = None if cache is None else cache / _fingerprint(model, pooling, tokens)
        self._read_parts()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one row a sentence (at least one), float32.

        Raises:
            ClassifierError: the model cannot be read, or the cache cannot be written.
        """
        keys = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            self._keep(list(new), self.compute(list(new.values())))
        return np.stack([self._known[key] for key in keys])

    def network(self) -> tuple[Any, Any]:
        """Return the tokenizer and the transformer, read when first asked for.

        Raises:
            ClassifierError: the model cannot be read.
        """
        from dualalign.classifiers.networks import best_device, read_backbone, read_tokenizer

        if self._network is None:
            self._network = read_tokenizer(self._model), read_backbone(self._model).to(best_device()).eval()
        return self._network

    def compute(self, texts: Sequence[str]) -> Vectors:
        """Return one row a sentence without remembering it, for more sentences than memory holds vectors of.

        Raises:
            ClassifierError: the model cannot be read.
        """
        import torch

        from dualalign.classifiers.networks import encode, padded, pooled, reading_batches

        tokenizer, backbone = self.network()
        device = next(backbone.parameters()).device
        longest = getattr(backbone.config, "max_position_embeddings", None) or self._tokens
        ids = encode(tokenizer, texts, min(self._tokens, longest))
        found: list[Vectors] = [np.zeros(0, dtype=np.float32)] * len(texts)
        for rows in reading_batches(ids):
            batch = padded([ids[row] for row in rows], tokenizer.pad_token_id)
            batch = {name: value.to(device) for name, value in batch.items()}
            with torch.inference_mode():
                states = backbone(**batch).last_hidden_state
                vectors = pooled(states, batch["attention_mask"], self._pooling)
                vectors = torch.nn.functional.normalize(vectors, dim=1)
            for row, vector in zip(rows, vectors.cpu().numpy(), strict=True):
                found[row] = vector
        return np.stack(found)

    def _keep(self, keys: list[bytes], vectors: Vectors) -> None:
        self._known.update(zip(keys, vectors, strict=True))
        if self._folder is None:
            return
        # A part of its own for each call: two runs may share the folder, and neither overwrites the other's vectors.
        name = hashlib.sha256(b"".join(keys)).hexdigest()[:24]
        packed = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16)
        with refusals_said(self._folder, ClassifierError, "choose another cache folder"):
            self._folder.mkdir(parents=True, exist_ok=True)
            # What a sentence says can be guessed from its vector.
            with written_beside(self._folder / f"{name}.npz", private=True) as half, half.open("wb") as file:
                np.savez(file, keys=packed, vectors=vectors)

    def _read_parts(self) -> None:
        for path in sorted(self._folder.glob("*.npz")) if self._folder is not None else ():
            try:
                with np.load(path, allow_pickle=False) as stored:
                    for key, vector in zip(stored["keys"], stored["vectors"], strict=True):
                        self._known[key.tobytes()] = vector
            except Exception as error:
                raise ClassifierError(
                    f"{path}: damaged cache of vectors ({error})", "remove the file"
                ) from None


@lru_cache(maxsize=4)
def sentence_vectors(model: str, pooling: Pooling, tokens: int, cache: str | None) -> SentenceVectors:
    """Return the vectors of a model, the same object for all classifiers of a run that ask for them."""
    return SentenceVectors(model, pooling, tokens, None if cache is None else Path(cache))


def _fingerprint(model: str, pooling: str, tokens: int) -> str:
    """Return a name for the vectors of a model; a folder whose weights changed gets another."""
    parts = [model, pooling, str(tokens)]
    folder = Path(model)
    if folder.is_dir():
        files = sorted(each for each in folder.iterdir() if each.suffix in (".safetensors", ".bin", ".json"))
        parts += [f"{each.name}:{each.stat().st_size}:{each.stat().st_mtime_ns}" for each in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
