"""What fine-tuned classifiers share: a pretrained network with a head, trained, kept and read again."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from dualalign.classifiers.cards import card_text, seen
from dualalign.classifiers.checks import check_model, check_one_of, check_prior, check_sentences
from dualalign.classifiers.fine_tune_options import FineTuneOptions, balanced, digest, drawn_rows
from dualalign.classifiers.libraries import require
from dualalign.classifiers.protocol import Classifier, Floats, Marks
from dualalign.classifiers.registry import load_classifier
from dualalign.classifiers.settings import settings
from dualalign.classifiers.storage import read_folder, write_folder
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from torch import nn

    from dualalign.classifiers.sentence_model import SentenceModel
    from dualalign.classifiers.training import Encoded, OnStep

Validation = tuple[Sequence[str], Marks]
"""Sentences kept from training, and their labels."""


class FineTunedClassifier(ABC):
    """A pretrained network with one head a label, all of it trained.

    A `prior` fitted on other text is where training begins (`start_from_prior`), or a voice that is added
    (`lean`), or both.

    Args:
        options: settings.
        seed: of the head's first weights, of the order of sentences and of dropout.
        prior: classifier of the same heads to start from or to lean on.
    """

    kind: ClassVar[str]
    settings_type: ClassVar[type[FineTuneOptions]] = FineTuneOptions
    extra: ClassVar[str] = "encoders"
    needs: ClassVar[tuple[str, ...]] = ("torch", "transformers", "safetensors")

    def __init__(self, options: FineTuneOptions, seed: int = 0, prior: Classifier | None = None) -> None:
        require(self.extra, *self.needs)
        check_model(self.kind, options.model)
        if prior is not None and not options.lean and not self._starts_from(prior, options):
            raise ClassifierError(
                f"the {self.kind} classifier cannot start from a {type(prior).__name__}",
                "give a prior of the same kind, or set lean above 0",
            )
        self.options = options
        self.seed = seed
        self.prior = prior
        self.history: list[dict[str, float]] = []
        self._heads: tuple[str, ...] = ()
        self._seen: dict[str, int] = {}
        self._network: SentenceModel | None = None
        self._tokenizer: Any = None

    @classmethod
    def build(cls, options: Mapping[str, Any], seed: int, prior: Classifier | None) -> Self:
        """Return an unfitted classifier from plain settings.

        Raises:
            ClassifierError: an unknown setting or one of the wrong kind, or a library that is missing.
        """
        return cls(settings(cls.settings_type, options, cls.kind), seed, prior)

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads, in column order."""
        return self._heads

    def fit(
        self,
        texts: Sequence[str],
        marks: Marks,
        heads: Sequence[str],
        weights: Floats | None = None,
        validation: Validation | None = None,
        checkpoints: str | Path | None = None,
        on_step: OnStep | None = None,
    ) -> Self:
        """Learn from sentences.

        Args:
            texts: n sentences.
            marks: n x h labels.
            heads: names of the heads.
            weights: n or n x h, 0 or more; 1 each if None.
            validation: sentences that decide when to stop and which weights to keep; trained to the end if None.
            checkpoints: folder in which training can be stopped and resumed.
            on_step: called after each step.

        Raises:
            ClassifierError: sentences, labels, a prior or a checkpoint that do not fit, or a model that cannot be read.
        """
        import torch

        from dualalign.classifiers.checkpoints import Checkpoints
        from dualalign.classifiers.placement import placement
        from dualalign.classifiers.training import Trainer

        check_sentences(texts, marks, heads)
        check_prior(self.prior, heads)
        if self.options.training.loss == "one_of":
            check_one_of(marks)
        if self.options.most:
            rows = drawn_rows(marks, self.options.most, self.seed)
            texts, marks = [texts[row] for row in rows], marks[rows]
            weights = None if weights is None else weights[rows]
        self._heads = tuple(heads)
        self._seen = seen(marks, heads)
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = self._start(len(self._heads))
            text = self._encoded(texts, marks, balanced(marks, weights, self.options.training.class_power))
            held = None if validation is None else self._encoded(*validation, None)
            place = placement()
            folder = None if checkpoints is None else Path(checkpoints)
            kept = Checkpoints(folder, self._fingerprint(texts, text, held))
            trainer = Trainer(
                network, self._tokenizer.pad_token_id, self.options.training, self.seed, place, kept
            )
            trainer.fit(text, held, on_step)
        self.history = trainer.history
        self._network = network.eval()
        return self

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h (log probabilities if exactly one is right).

        Raises:
            ClassifierError: not fitted.
        """
        from dualalign.classifiers.placement import arithmetic, best_device
        from dualalign.classifiers.sentence_model import encode
        from dualalign.classifiers.training import network_logits

        network = self._fitted()
        device, training = best_device(), self.options.training
        ids = encode(self._tokenizer, texts, training.tokens)
        precision = arithmetic(training.precision, device)
        found = network_logits(network.to(device), ids, self._tokenizer.pad_token_id, device, precision)
        found = found + self._offsets(texts, found.shape)
        if training.loss == "one_of":
            found = found - np.logaddexp.reduce(found, axis=1, keepdims=True)
        return found

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        found = self.logits(texts)
        return np.exp(found if self.options.training.loss == "one_of" else -np.logaddexp(0.0, -found))

    def save(self, folder: str | Path) -> Path:
        """Write the classifier to a folder, the network in the format of its own library, and return it.

        Raises:
            ClassifierError: not fitted, or the folder cannot be written.
        """
        from dualalign.classifiers.placement import writes_files
        from dualalign.classifiers.sentence_model import quiet

        network = self._fitted()
        if not writes_files():  # of several processes only the first does
            return Path(folder)
        leans = self.prior is not None and self.options.lean > 0
        config = {
            "heads": list(self._heads),
            "seen": self._seen,
            "seed": self.seed,
            "options": asdict(self.options),
            "history": self.history,
            "has_prior": leans,
        }
        arrays = {
            f"head_{name}": value.detach().cpu().numpy() for name, value in network.head.named_parameters()
        }

        def save_network(out: Path) -> None:
            with quiet():
                self._save_backbone(network, out)
                self._tokenizer.save_pretrained(out / "network")
            if leans and self.prior is not None:
                self.prior.save(out / "prior")

        return write_folder(folder, self.kind, config, arrays, self.card(), save_network)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that `save` wrote.

        Raises:
            ClassifierError: not such a folder, or damaged.
        """
        import torch

        from dualalign.classifiers.sentence_model import read_tokenizer

        config, arrays = read_folder(folder, cls.kind)
        place = Path(folder)
        prior = load_classifier(place / "prior") if config["has_prior"] else None
        loaded = cls.build(config["options"], config["seed"], prior)
        loaded._heads, loaded._seen = tuple(config["heads"]), dict(config["seen"])
        loaded.history = config["history"]
        loaded._tokenizer = read_tokenizer(str(place / "network"))
        network = loaded._network_around(loaded._load_backbone(place), len(loaded._heads))
        with torch.no_grad():
            for name, value in network.head.named_parameters():
                value.copy_(torch.from_numpy(arrays[f"head_{name}"]))
        loaded._network = network.eval()
        return loaded

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        facts = []
        if self._starts_from(self.prior, self.options):
            facts.append("Training began from a classifier that had learned from other sentences.")
        if self.options.lean and self.prior is not None:
            facts.append(
                f"{self.options.lean:g} times the logits of a classifier of other sentences are added."
            )
        if self.history:
            best = max(self.history, key=lambda past: past["score"])
            score = f"{self.options.training.monitor} {best['score']:.3f}"
            facts.append(f"Best on validation at step {best['step']:g}: {score}.")
        return card_text(self.kind, self._what(), self._seen, facts)

    @abstractmethod
    def _what(self) -> str:
        """Return one sentence on the network, for the card."""

    @abstractmethod
    def _pretrained(self) -> nn.Module:
        """Return the network before training, without its head."""

    @abstractmethod
    def _network_around(self, backbone: nn.Module, heads: int) -> SentenceModel:
        """Return the network with a new head."""

    @abstractmethod
    def _save_backbone(self, network: SentenceModel, folder: Path) -> None:
        """Write what was learned but for the head."""

    @abstractmethod
    def _load_backbone(self, folder: Path) -> nn.Module:
        """Read what `_save_backbone` wrote."""

    def _start(self, heads: int) -> SentenceModel:
        """Return the network as training finds it, and read its tokenizer."""
        from dualalign.classifiers.sentence_model import read_tokenizer

        prior = self.prior
        if isinstance(prior, FineTunedClassifier) and self._starts_from(prior, self.options):
            self._tokenizer = prior._tokenizer
            return copy.deepcopy(prior._fitted()).to("cpu")
        self._tokenizer = read_tokenizer(self.options.model)
        return self._network_around(self._pretrained(), heads)

    def _starts_from(self, prior: Classifier | None, options: FineTuneOptions) -> bool:
        if not isinstance(prior, FineTunedClassifier) or not options.start_from_prior:
            return False
        return prior.kind == self.kind and prior.options.model == options.model

    def _encoded(self, texts: Sequence[str], marks: Marks, weights: Floats | None) -> Encoded:
        from dualalign.classifiers.sentence_model import encode
        from dualalign.classifiers.training import Encoded

        ids = encode(self._tokenizer, texts, self.options.training.tokens)
        each = np.ones(marks.shape) if weights is None else weights
        return Encoded(ids, marks, each, self._offsets(texts, marks.shape))

    def _offsets(self, texts: Sequence[str], shape: tuple[int, ...]) -> Floats:
        if self.prior is None or not self.options.lean:
            return np.zeros(shape)
        return self.options.lean * self.prior.logits(texts)

    def _fingerprint(self, texts: Sequence[str], text: Encoded, held: Encoded | None) -> str:
        """Return a digest of everything that the trained weights depend on."""
        plain = {"kind": self.kind, "options": asdict(self.options), "seed": self.seed, "heads": self._heads}
        prior = self.prior
        if isinstance(prior, FineTunedClassifier) and prior._network is not None:
            plain["prior"] = [prior.seed, prior._seen]
        plain["held"] = None if held is None else [list(each) for each in held.ids]
        judged = () if held is None else (held.marks, held.offsets)
        return digest(plain, texts, (text.marks, text.weights, text.offsets, *judged))

    def _fitted(self) -> SentenceModel:
        if self._network is None:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        return self._network
