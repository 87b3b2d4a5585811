"""Pretrained transformers, fine-tuned with one head a label: encoders, and decoders in full or through LoRA."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from dualalign.classifiers.base import Arrays, SentenceClassifier, require, require_model
from dualalign.classifiers.options import Options, Pooling
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.training import Encoded, OnStep, TrainingOptions, mixed_precision, train
from dualalign.errors import ClassifierError
from dualalign.stats.arrays import Floats, Marks, Rows

if TYPE_CHECKING:
    from torch import nn

    from dualalign.classifiers.networks import SentenceModel

Validation = tuple[Sequence[str], Marks]
"""Sentences kept from training, and their labels."""

# Drawing sentences and training each have numbers of their own.
_DRAW = 1 << 20


class LoraOptions(Options):
    """Settings of low-rank adaptation: small matrices are learned beside the frozen ones.

    Args:
        rank: of the small matrices, 1 or more.
        alpha: their sum is scaled by alpha / rank.
        dropout: of what goes into them.
        targets: names of the layers that get them; every linear layer if empty.
        four_bit: hold the frozen weights in four bits (QLoRA); needs bitsandbytes and a GPU.
    """

    rank: int = Field(default=16, ge=1)
    alpha: float = 32.0
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: Annotated[tuple[str, ...], Field(strict=False)] = ()
    four_bit: bool = False


class EncoderOptions(Options):
    """Settings of the encoder classifier.

    Args:
        model: id on the Hugging Face hub, or a folder.
        dropout: of the head, 0 to below 1.
        start_from_prior: with a prior of the same kind and model, begin from its weights: first other text, then gold.
        lean: share of the prior's logits added to the network's, 0 to 1.
        most: sentences learned from at most, drawn as `drawn_rows` says; 0 learns from all.
        training: how it is trained.
        pooling: how the tokens become one vector.
        lora: learn through small matrices; None trains every weight.
        weights: number format in which the model's weights are held. In bfloat16 an 8-billion-parameter model and its
            optimiser take a quarter of the memory, but steps below a 250th of a weight are rounded away.
    """

    model: str = ""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    start_from_prior: bool = True
    lean: float = Field(default=0.0, ge=0, le=1)
    most: int = Field(default=0, ge=0)
    training: TrainingOptions = TrainingOptions()
    pooling: Pooling = "mean"
    lora: LoraOptions | None = None
    weights: Literal["float32", "bfloat16"] = "float32"


class DecoderOptions(EncoderOptions):
    """Settings of the decoder classifier: those of the encoder, but read at the last token."""

    pooling: Pooling = "last"


class FineTunedClassifier(SentenceClassifier):
    """A pretrained network with one head a label, all of it trained.

    A prior is where training begins (`start_from_prior`), or a voice that is added (`lean`), or both.

    Raises:
        ClassifierError: no model, a prior that it can neither start from nor lean on, or a library that is missing.
    """

    options: EncoderOptions
    head_bias: ClassVar[bool]

    def __init__(
        self, heads: Sequence[str], options: Any = None, seed: int = 0, prior: Classifier | None = None
    ) -> None:
        super().__init__(heads, options, seed, prior)
        adapted = ("peft",) if self.options.lora else ()
        extra = "decoders" if adapted else "encoders"
        require(extra, "torch", "transformers", "safetensors", "accelerate", *adapted)
        require_model(self.kind, self.options.model)
        if prior is not None and not self.options.lean and not self._starts_from(prior):
            raise ClassifierError(
                f"the {self.kind} classifier cannot start from a {type(prior).__name__}",
                "give a prior of the same kind, or set lean above 0",
            )
        self.history: list[dict[str, float]] = []
        self._network: SentenceModel | None = None
        self._tokenizer: Any = None

    def fit(
        self,
        X: Sequence[str],
        Y: Marks,
        sample_weight: Floats | None = None,
        validation: Validation | None = None,
        checkpoints: str | Path | None = None,
        on_step: OnStep | None = None,
    ) -> Self:
        """Learn from sentences.

        Args:
            X: n sentences.
            Y: n x h labels.
            sample_weight: n or n x h, 0 or more; 1 each if None.
            validation: sentences that decide when to stop and which weights to keep; trained to the end if None.
            checkpoints: folder in which training can be stopped and resumed.
            on_step: called after each step.

        Raises:
            ClassifierError: sentences, labels or a checkpoint that do not fit, or a model that cannot be read.
        """
        import torch

        if self.options.most and len(X) == len(Y):
            rows = drawn_rows(Y, self.options.most, self.seed)
            X, Y = [X[row] for row in rows], Y[rows]
            sample_weight = None if sample_weight is None else sample_weight[rows]
        self._check(X, Y)
        training = self.options.training
        if training.loss == "one_of" and not (Y.sum(axis=1) == 1).all():
            raise ClassifierError(
                "some sentences have no label or several, and the loss is one_of",
                "leave them out, or set training.loss to each",
            )
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = self._start()
        text = self._encoded(X, Y, balanced(Y, sample_weight, training.class_power))
        held = None if validation is None else self._encoded(*validation, np.ones(validation[1].shape))
        self.history = train(
            network,
            self._tokenizer.pad_token_id,
            training,
            self.seed,
            text,
            held,
            None if checkpoints is None else Path(checkpoints),
            self._fingerprint(text, held),
            on_step,
        )
        self._network = network.eval()
        return self

    def logits(self, X: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h (log probabilities if exactly one is right).

        Raises:
            ClassifierError: not fitted.
        """
        import torch
        from scipy.special import log_softmax

        from dualalign.classifiers.networks import best_device, encode, padded, reading_batches

        device, number_format = best_device(), mixed_precision(self.options.training.precision)
        network = self._fitted_network().to(device).eval()
        ids = encode(self._tokenizer, X, self.options.training.tokens)
        found = self._offsets(X)
        for rows in reading_batches(ids):
            batch = padded([ids[row] for row in rows], self._tokenizer.pad_token_id)
            with (
                torch.inference_mode(),
                torch.autocast(device.type, number_format, enabled=number_format != torch.float32),
            ):
                answers = network(**{name: value.to(device) for name, value in batch.items()})
            found[rows] += answers["logits"].cpu().numpy()
        return np.asarray(log_softmax(found, axis=1)) if network.one_of and len(found) else found

    def predict_proba(self, X: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        if self.options.training.loss == "one_of":
            return np.exp(self.logits(X))
        return super().predict_proba(X)

    def save(self, folder: str | Path) -> Path:
        """Write the classifier to a folder, the network in the format of its own library, and return it.

        Raises:
            ClassifierError: not fitted, or the folder cannot be written.
        """
        self._fitted_network()
        # Of several processes only the first writes.
        return super().save(folder) if int(os.environ.get("RANK", "0")) == 0 else Path(folder)

    def _description(self) -> str:
        lora = self.options.lora
        how = "in full" if lora is None else f"through matrices of rank {lora.rank} beside its own"
        return f"{Path(self.options.model).name}, fine-tuned {how}; of its tokens it reads: {self.options.pooling}."

    def _facts(self) -> list[str]:
        facts = []
        if self._starts_from(self.prior):
            facts.append("Training began from a classifier that had learned from other sentences.")
        if self.options.lean and self.prior is not None:
            facts.append(
                f"{self.options.lean:g} times the logits of a classifier of other sentences are added."
            )
        if self.history:
            best = max(self.history, key=lambda past: past["score"])
            score = f"{self.options.training.monitor} {best['score']:.3f}"
            facts.append(f"Best on validation at step {best['step']:g}: {score}.")
        return facts

    def _saved_prior(self) -> Classifier | None:
        return self.prior if self.options.lean else None

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        head = self._fitted_network().head.named_parameters()
        return {"history": self.history}, {
            f"head_{name}": value.detach().cpu().numpy() for name, value in head
        }

    def _save_files(self, folder: Path) -> None:
        from dualalign.classifiers.networks import quiet

        backbone: Any = self._fitted_network().backbone
        with quiet():
            # With LoRA this writes the small matrices only; the model they belong to is named in the settings.
            backbone.save_pretrained(folder / "network")
            self._tokenizer.save_pretrained(folder / "network")

    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        import torch

        from dualalign.classifiers.networks import read_tokenizer

        self.history = config["history"]
        saved = str(folder / "network")
        self._tokenizer = read_tokenizer(saved)
        if self.options.lora is None:
            backbone = self._backbone(saved)
        else:
            peft: Any = import_module("peft")
            backbone = peft.PeftModel.from_pretrained(
                self._backbone(self.options.model), saved, is_trainable=True
            )
        network = self._with_head(backbone)
        with torch.no_grad():
            for name, value in network.head.named_parameters():
                value.copy_(torch.from_numpy(arrays[f"head_{name}"]))
        self._network = network.eval()

    def _start(self) -> SentenceModel:
        """Return the network as training finds it, and read its tokenizer."""
        from dualalign.classifiers.networks import read_tokenizer

        prior = self.prior
        if isinstance(prior, FineTunedClassifier) and self._starts_from(prior):
            self._tokenizer = prior._tokenizer
            return copy.deepcopy(prior._fitted_network()).to("cpu")
        self._tokenizer = read_tokenizer(self.options.model)
        backbone: Any = self._backbone(self.options.model)
        if self.options.training.recompute:
            # Newer versions of transformers call it by another name.
            new = getattr(backbone, "activation_checkpointing_enable", None)
            (new or backbone.gradient_checkpointing_enable)({"use_reentrant": False})
        lora = self.options.lora
        return self._with_head(backbone if lora is None else _adapted(backbone, lora))

    def _backbone(self, source: str) -> nn.Module:
        """Return a network without its head."""
        import torch

        from dualalign.classifiers.networks import read_backbone

        how: dict[str, Any] = {"dtype": getattr(torch, self.options.weights)}
        if self.options.lora is not None and self.options.lora.four_bit:
            how["quantization_config"] = _four_bits()
        return read_backbone(source, **how)

    def _with_head(self, backbone: nn.Module) -> SentenceModel:
        from dualalign.classifiers.networks import SentenceModel

        options, one_of = self.options, self.options.training.loss == "one_of"
        return SentenceModel(
            backbone, len(self.heads), options.pooling, options.dropout, self.head_bias, one_of
        )

    def _starts_from(self, prior: Classifier | None) -> bool:
        if not isinstance(prior, FineTunedClassifier) or not self.options.start_from_prior:
            return False
        return prior.kind == self.kind and prior.options.model == self.options.model

    def _encoded(self, texts: Sequence[str], labels: Marks, weights: Floats) -> Encoded:
        from dualalign.classifiers.networks import encode

        ids = encode(self._tokenizer, texts, self.options.training.tokens)
        return Encoded(ids, labels, weights, self._offsets(texts))

    def _offsets(self, texts: Sequence[str]) -> Floats:
        if self.prior is None or not self.options.lean or not len(texts):
            return np.zeros((len(texts), len(self.heads)))
        return self.options.lean * self.prior.logits(texts)

    def _fingerprint(self, text: Encoded, held: Encoded | None) -> str:
        """Return a digest of everything that the trained weights depend on."""
        plain: dict[str, Any] = {"kind": self.kind, "options": self.options.model_dump(), "heads": self.heads}
        prior = self.prior
        if isinstance(prior, FineTunedClassifier) and self._starts_from(prior):
            plain["prior"] = [prior.seed, prior._label_counts]
        digest = hashlib.sha256(json.dumps([plain, self.seed]).encode())
        for part in (text, held):
            if part is None:
                continue
            digest.update(json.dumps([list(each) for each in part.ids]).encode())
            for array in (part.labels, part.weights, part.offsets):
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _fitted_network(self) -> SentenceModel:
        if self._network is None:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        return self._network


class EncoderClassifier(FineTunedClassifier):
    """Any encoder of the Hugging Face hub or of a folder, pooled, with one head a label."""

    kind = "encoder"
    options_type = EncoderOptions
    head_bias = True


class DecoderClassifier(FineTunedClassifier):
    """A decoder-only model; its last token's state goes through dropout and a linear head, one output a label."""

    kind = "decoder"
    options_type = DecoderOptions
    head_bias = False


def balanced(labels: Marks, weights: Floats | None, power: float) -> Floats:
    """Return n x h weights of mean 1 in which positives of rare heads count more.

    Args:
        labels: n x h.
        weights: n or n x h, 0 or more; 1 each if None.
        power: a positive of a head counts (negatives / positives) ** power times its weight.
    """
    each = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    each = each.reshape(len(labels), -1) * np.ones(labels.shape)
    positive, negative = (each * labels).sum(axis=0), (each * ~labels).sum(axis=0)
    ratio = np.where(positive > 0, negative / np.maximum(positive, 1e-12), 1.0)
    each = each * np.where(labels, ratio**power, 1.0)
    return np.asarray(each / max(float(each.mean()), 1e-12))


def drawn_rows(labels: Marks, most: int, seed: int) -> Rows:
    """Return rows to learn from, in the order of the matrix: all, or as many as wanted.

    Half of those drawn have a label, as far as there are enough; among these a sentence is the likelier drawn the
    rarer its rarest label is, by the square root of its count.

    Args:
        labels: n x h; a sentence without a mark in any column has no label.
        most: rows wanted; 0 for all.
    """
    if not 0 < most < len(labels):
        return np.arange(len(labels))
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(_DRAW,))))
    labelled, bare = np.flatnonzero(labels.any(axis=1)), np.flatnonzero(~labels.any(axis=1))
    wanted = min(len(labelled), max(most // 2, most - len(bare)))
    chance = (labels[labelled] / np.sqrt(np.maximum(labels.sum(axis=0), 1))).max(axis=1, initial=0.0)
    with_label = (
        random.choice(labelled, wanted, replace=False, p=chance / chance.sum()) if wanted else labelled[:0]
    )
    return np.sort(np.concatenate([with_label, random.choice(bare, most - wanted, replace=False)]))


def _adapted(backbone: nn.Module, lora: LoraOptions) -> nn.Module:
    """Return a network with small matrices beside its own, which alone are learned."""
    peft: Any = import_module("peft")
    config = peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets) or "all-linear",
        task_type="FEATURE_EXTRACTION",
    )
    try:
        adapted: nn.Module = peft.get_peft_model(backbone, config)
    except ValueError as error:
        raise ClassifierError(
            f"the model has no layers {', '.join(lora.targets) or '(linear)'}: {error}",
            "name layers of the model in lora.targets, or leave it out",
        ) from None
    return adapted


def _four_bits() -> Any:
    import torch

    require("decoders", "bitsandbytes")
    if not torch.cuda.is_available():
        raise ClassifierError(
            "four-bit weights need a GPU, and there is none", "set lora.four_bit to false, or run on a GPU"
        )
    return import_module("transformers").BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
