"""Sentences as a few numbers each: vectors of a pretrained encoder through a projection that nobody's data decide."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dualalign.errors import ProgressionError
from dualalign.progression.schema import Encoder, Feature, LongitudinalSchema, Modality, Pooling

Floats = npt.NDArray[np.float64]

MEANING = "meaning"
"""Id of the modality, and the start of the ids of its features."""
NUMBERS = 32
_SEED = 20
_PROBE = "Pt. is 82 y/o, says she can't find her WORDS -- naïve, MMSE 24/30."
"""Tokenizers of one vocabulary that cut words or case differently give this other token ids."""


class NoteEncoder:
    """Turns sentences into a few numbers each.

    A sentence's vector (length 1) is multiplied by orthonormal directions drawn from a fixed seed. Nothing is fitted,
    so the numbers of one patient depend on no other, and are the same at training and prediction. No mean is taken
    off: models bring each number to the mean and spread of their training subjects, which takes off any such mean.

    Args:
        model: id on the Hugging Face hub, or a folder.
        numbers: numbers a sentence, at most the length of the encoder's vectors.
        pooling: how tokens become one vector: `mean`, or the state of the `last` or `first` token.
        tokens: tokens of a sentence read at most.
        cache: folder that keeps vectors for other runs; None keeps only the few numbers, in memory.
        linear: whether the numbers also enter the linear path and the tables of the baselines.

    Raises:
        ClassifierError: transformers or torch is not installed, or the cache is damaged.
    """

    def __init__(
        self,
        model: str,
        numbers: int = NUMBERS,
        pooling: Pooling = "mean",
        tokens: int = 128,
        cache: Path | None = None,
        linear: bool = False,
    ) -> None:
        from dualalign.classifiers.sentence_vectors import SentenceVectors

        if numbers < 1:
            raise ProgressionError(f"{numbers} numbers a sentence", "ask for at least one")
        self.numbers, self._linear = numbers, linear
        self._model, self._pooling, self._tokens = model, pooling, tokens
        self._vectors = SentenceVectors(model, pooling, tokens, cache)
        self._compute = self._vectors.compute if cache is None else self._vectors
        self._known: dict[bytes, npt.NDArray[np.float32]] = {}

    def __call__(self, sentences: Sequence[str]) -> Floats:
        """Return sentences x numbers; identical sentences are read once.

        Raises:
            ClassifierError: the encoder cannot be read.
        """
        keys = [hashlib.sha256(sentence.encode()).digest()[:16] for sentence in sentences]
        new = {key: text for key, text in zip(keys, sentences, strict=True) if key not in self._known}
        if new:
            found = self._compute(list(new.values())) @ self._directions
            self._known.update(zip(new, found.astype(np.float32), strict=True))
        return np.array([self._known[key] for key in keys], dtype=np.float64).reshape(len(keys), -1)

    @cached_property
    def identity(self) -> Encoder:
        """What tells this encoder from others, wherever its files lie: its weights and how it reads, not its path."""
        tokenizer, backbone = self._vectors.network()
        weights = sorted(
            hashlib.sha256(tensor.cpu().contiguous().numpy().tobytes()).hexdigest()
            for tensor in backbone.state_dict().values()
        )
        content: list[Any] = [
            backbone.config.model_type,
            weights,
            sorted(tokenizer.get_vocab().items()),
            tokenizer(_PROBE)["input_ids"],
            [self._pooling, self._tokens, self.numbers, _SEED],
        ]
        folder = Path(self._model)
        return Encoder(
            name=folder.resolve().name if folder.is_dir() else self._model,
            pooling=self._pooling,
            tokens=self._tokens,
            digest=hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16],
        )

    @cached_property
    def _directions(self) -> npt.NDArray[np.float32]:
        """Size x numbers orthonormal columns, drawn uniformly over all such."""
        size = int(self._vectors.network()[1].config.get_text_config().hidden_size)
        if self.numbers > size:
            raise ProgressionError(
                f"{self.numbers} numbers of vectors of {size}", f"ask for at most {size} with this encoder"
            )
        drawn = np.random.Generator(np.random.PCG64(_SEED)).standard_normal((size, self.numbers))
        directions, triangle = np.linalg.qr(drawn)
        # Signs are the routine's own choice; those of a positive diagonal are the same everywhere.
        return np.asarray(directions * np.sign(np.diag(triangle)), dtype=np.float32)

    def schema_with(self, schema: LongitudinalSchema) -> LongitudinalSchema:
        """Return a schema with the modality that this encoder adds.

        Raises:
            ProgressionError: it has one already.
        """
        if schema.encoder is not None:
            raise ProgressionError(
                f"schema '{schema.name}' already holds what the encoder '{schema.encoder.name}' read",
                "read the data without --encoder",
            )
        features = tuple(Feature(id=f"{MEANING}_{number + 1}") for number in range(self.numbers))
        added = Modality(
            id=MEANING,
            name="Meaning of the notes",
            features=features,
            linear=self._linear,
            encoder=self.identity,
        )
        return schema.with_modalities([*schema.modalities, added])

    @classmethod
    def of(cls, schema: LongitudinalSchema, model: str, cache: Path | None = None) -> NoteEncoder:
        """Return the encoder that a model's schema asks for.

        Args:
            schema: of a fitted model.
            model: where the encoder is: id or folder.
            cache: as for an encoder of one's own.

        Raises:
            ProgressionError: the schema asks for none, or for another than lies there.
        """
        wanted = schema.encoder
        if wanted is None:
            raise ProgressionError("the model reads no notes through an encoder", "leave --encoder out")
        modality = next(each for each in schema.modalities if each.encoder is not None)
        numbers = len(modality.features)
        found = cls(model, numbers, wanted.pooling, wanted.tokens, cache, modality.linear)
        if found.identity.digest != wanted.digest:
            raise ProgressionError(
                f"the model reads notes through the encoder '{wanted.name}' ({wanted.digest}); '{model}' is another "
                f"({found.identity.digest})",
                "give the encoder the model was fitted with, wherever its files lie",
            )
        return found
