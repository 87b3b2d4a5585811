"""The training loop that every fine-tuned network goes through."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dualalign.classifiers.batches import Rows, reading_batches, training_batches
from dualalign.classifiers.checkpoints import Checkpoints
from dualalign.classifiers.placement import Placement, arithmetic
from dualalign.classifiers.protocol import Floats, Marks
from dualalign.classifiers.sentence_model import SentenceModel, padded
from dualalign.classifiers.training_options import TrainingOptions, learning_share


@dataclass(frozen=True, slots=True)
class Encoded:
    """Sentences as token ids, with what is to be learned of them.

    Args:
        ids: token ids of n sentences.
        marks: n x h labels.
        weights: n x h, 0 or more.
        offsets: n x h, added to the logits and not learned.
    """

    ids: Sequence[Sequence[int]]
    marks: Marks
    weights: Floats
    offsets: Floats


OnStep = Callable[[int, int, float], None]
"""Called after each step with the steps done, those there are, and the loss."""


class Trainer:
    """Fits a network to sentences.

    The same seed gives the same weights on the same devices, whether or not training was stopped and resumed.

    Args:
        model: the network; weights that need no gradient stay as they are.
        padding: token id to pad with.
        options: settings.
        seed: of the order of sentences and of dropout.
        place: where to train.
        checkpoints: where its state is kept.
    """

    def __init__(
        self,
        model: SentenceModel,
        padding: int,
        options: TrainingOptions,
        seed: int,
        place: Placement,
        checkpoints: Checkpoints,
    ) -> None:
        self._model = model.to(place.device)
        self._padding = padding
        self._options = options
        self._seed = seed
        self._place = place
        self._checkpoints = checkpoints
        self._format = arithmetic(options.precision, place.device)
        self._scaler = torch.amp.GradScaler(place.device.type, enabled=self._format == torch.float16)
        self.history: list[dict[str, float]] = []

    def fit(self, text: Encoded, validation: Encoded | None = None, on_step: OnStep | None = None) -> None:
        """Train, and leave the model with the weights of the best evaluation (the last ones without validation)."""
        options = self._options
        optimizer: Any = torch.optim.AdamW(
            _groups(self._model, options), betas=(options.betas[0], options.betas[1])
        )
        progress = self._checkpoints.resume(self._model, optimizer) or {"step": 0, "history": []}
        self.history = progress["history"]
        self._scaler.load_state_dict(progress.get("scaler", {}) or self._scaler.state_dict())
        model, optimizer = self._place.prepare(self._model, optimizer)
        lengths = [len(each) for each in text.ids]
        an_epoch = math.ceil(len(lengths) / options.batch)
        steps = max(1, round(options.epochs * an_epoch))
        every = options.evaluate_every or an_epoch
        step: int = progress["step"]
        batches: list[Rows] = []
        while step < steps and not self._stale():
            epoch, at = divmod(step, an_epoch)
            if not batches or at == 0:
                batches = training_batches(lengths, options.batch, self._seed, epoch)
            for group in optimizer.param_groups:
                group["lr"] = group["greatest"] * learning_share(step, steps, options.warm_up)
            loss = self._step(model, optimizer, text, batches[at], step)
            step += 1
            if validation is not None and (step % every == 0 or step == steps):
                self._evaluate(validation, step, loss)
            if step % options.save_every == 0 and self._place.rank == 0:
                progress = {"step": step, "history": self.history, "scaler": self._scaler.state_dict()}
                self._checkpoints.save(self._model, optimizer, progress)
            if on_step is not None:
                on_step(step, steps, loss)
        self._place.wait()
        if self.history:
            self._checkpoints.restore_best(self._model)

    def logits(self, ids: Sequence[Sequence[int]]) -> Floats:
        """Return n x h logits of the network."""
        return network_logits(self._model, ids, self._padding, self._place.device, self._format)

    def _step(self, model: nn.Module, optimizer: Any, text: Encoded, rows: Rows, step: int) -> float:
        """Take one step of the optimiser and return the loss of this process's sentences."""
        # Dropout depends only on seed, step and process, so that a resumed run draws what a whole one would have.
        torch.manual_seed(hash((self._seed, step, self._place.rank)) & 0x7FFFFFFF)
        model.train()
        mine = rows[self._place.rank :: self._place.world]
        idle = not len(mine)
        # Every process must take part in each backward pass, if only with a sentence that counts nothing.
        mine = rows[:1] if idle else mine
        parts = [
            mine[at : at + self._options.micro_batch] for at in range(0, len(mine), self._options.micro_batch)
        ]
        whole = 0.0
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            if last:
                loss = self._loss(model, text, part) * (0.0 if idle else self._place.world / len(rows))
                self._place.backward(self._scaler.scale(loss))
            else:
                with self._place.apart(model):
                    loss = self._loss(model, text, part) * (self._place.world / len(rows))
                    self._place.backward(self._scaler.scale(loss))
            whole += float(loss.detach())
        if self._options.clip:
            self._scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(self._model.parameters(), self._options.clip)
        self._scaler.step(optimizer)
        self._scaler.update()
        optimizer.zero_grad(set_to_none=True)
        return whole

    def _loss(self, model: nn.Module, text: Encoded, rows: Rows) -> torch.Tensor:
        """Return the loss of some sentences: a sum over sentences, a mean over heads."""
        device = self._place.device
        ids, mask = padded([text.ids[row] for row in rows], self._padding, device)
        with torch.autocast(device.type, dtype=self._format, enabled=self._format != torch.float32):
            logits = model(ids, mask)
        logits = logits.float() + torch.as_tensor(text.offsets[rows], dtype=torch.float32, device=device)
        marks = torch.as_tensor(text.marks[rows], dtype=torch.float32, device=device)
        weights = torch.as_tensor(text.weights[rows], dtype=torch.float32, device=device)
        if self._options.loss == "one_of":
            each = -(marks * functional.log_softmax(logits, dim=1)).sum(dim=1)
            return (each * weights.mean(dim=1)).sum()
        losses = functional.binary_cross_entropy_with_logits(logits, marks, weights, reduction="sum")
        return losses / marks.shape[1]

    def _evaluate(self, validation: Encoded, step: int, loss: float) -> None:
        """Score the validation sentences, shared out among the processes, and keep the weights if they are best."""
        mine = np.arange(len(validation.ids))[self._place.rank :: self._place.world]
        own = self.logits([validation.ids[row] for row in mine])
        parts = self._place.everyone(list(zip(mine.tolist(), own.tolist(), strict=True)))
        logits = np.zeros(validation.marks.shape)
        for row, values in parts:
            logits[row] = values
        score = validation_score(validation.marks, logits + validation.offsets, self._options)
        best = max((past["score"] for past in self.history), default=-math.inf)
        self.history.append({"step": step, "loss": loss, "score": score})
        if score > best:
            self._checkpoints.keep_best(self._model, write=self._place.rank == 0)
        self._place.wait()

    def _stale(self) -> bool:
        """Whether the last evaluations brought nothing better."""
        scores = [past["score"] for past in self.history]
        if not self._options.patience or not scores:
            return False
        return len(scores) - 1 - int(np.argmax(scores)) >= self._options.patience


def network_logits(
    model: SentenceModel,
    ids: Sequence[Sequence[int]],
    padding: int,
    device: torch.device,
    number_format: torch.dtype,
    size: int = 64,
) -> Floats:
    """Return n x h logits of sentences given as token ids."""
    model.eval()
    found = np.zeros((len(ids), model.head.out_features))
    for rows in reading_batches([len(each) for each in ids], size):
        batch, mask = padded([ids[row] for row in rows], padding, device)
        with (
            torch.inference_mode(),
            torch.autocast(device.type, dtype=number_format, enabled=number_format != torch.float32),
        ):
            found[rows] = model(batch, mask).float().cpu().numpy()
    return found


def validation_score(marks: Marks, logits: Floats, options: TrainingOptions) -> float:
    """Return the score that decides which weights are best; greater is better."""
    if options.monitor == "log_loss":
        if options.loss == "one_of":
            chosen = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
            return float(chosen[marks].mean())
        return -float(np.logaddexp(0.0, np.where(marks, -logits, logits)).mean())
    predicted = logits > 0
    if options.loss == "one_of":
        predicted = np.zeros(marks.shape, dtype=np.bool_)
        predicted[np.arange(len(marks)), logits.argmax(axis=1)] = True
    hits = (marks & predicted).sum(axis=0)
    return float((2 * hits / np.maximum(marks.sum(axis=0) + predicted.sum(axis=0), 1)).mean())


def _groups(model: SentenceModel, options: TrainingOptions) -> list[dict[str, Any]]:
    """Weights by learning rate and decay; biases and norms do not decay."""
    found: list[dict[str, Any]] = []
    for is_head in (False, True):
        rate = options.head_rate if is_head and options.head_rate is not None else options.rate
        for decays in (True, False):
            weights = [
                value
                for name, value in model.named_parameters()
                if value.requires_grad and name.startswith("head.") == is_head and (value.ndim > 1) == decays
            ]
            if weights:
                decay = options.weight_decay if decays else 0.0
                found.append({"params": weights, "lr": rate, "greatest": rate, "weight_decay": decay})
    return found
