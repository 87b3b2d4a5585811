"""Fine-tuning of a network by `transformers.Trainer`: what is particular to sentences with one head a label."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dualalign.classifiers.options import Options
from dualalign.errors import ClassifierError
from dualalign.files import read_object, refusals_said, write_text
from dualalign.stats.arrays import Floats, Marks, Rows
from dualalign.stats.calibration import log_losses

if TYPE_CHECKING:
    import torch

    from dualalign.classifiers.networks import SentenceModel

Precision = Literal["auto", "float32", "bfloat16", "float16"]
OnStep = Callable[[int, int, float], None]
"""Called after each step with the steps done, those there are, and the loss."""

_POOL = 16
_RUN = "run.json"


class TrainingOptions(Options):
    """Settings of fine-tuning.

    Args:
        epochs: passes over the sentences, above 0; parts of one are allowed.
        batch: sentences a step of the optimiser, over all devices.
        micro_batch: sentences at most in one forward pass of one device; changes memory, not the result.
        tokens: tokens of a sentence read at most.
        rate: greatest learning rate of AdamW.
        head_rate: that of the head, which starts from nothing; `rate` if None.
        betas: of AdamW.
        weight_decay: of AdamW, on matrices only.
        warm_up: share of the steps in which the rate rises from 0; afterwards it falls linearly to 0.
        clip: greatest norm of the gradient; 0 leaves it as it is.
        class_power: a positive of a head counts (negatives / positives) ** class_power; 0 counts all alike.
        loss: `each`: every head answers yes or no; `one_of`: exactly one head is right.
        evaluate_every: steps between evaluations on validation sentences; 0 evaluates after each epoch.
        patience: evaluations without a better score after which training stops; 0 goes on to the end. The weights
            of the best evaluation are kept either way.
        monitor: score that decides which is best.
        precision: arithmetic of the forward pass; `auto` takes bfloat16 or float16 on a GPU, float32 elsewhere.
        recompute: forget activations and compute them again for the gradient: less memory, a third more time.
        save_every: steps between checkpoints, where a folder for them is given and nothing is evaluated; with
            validation sentences each evaluation saves one.
    """

    epochs: float = Field(default=3.0, gt=0)
    batch: int = Field(default=32, ge=1)
    micro_batch: int = Field(default=32, ge=1)
    tokens: int = Field(default=128, ge=1)
    rate: float = Field(default=2e-5, gt=0)
    head_rate: float | None = Field(default=None, gt=0)
    betas: Annotated[
        tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]], Field(strict=False)
    ] = (0.9, 0.999)
    weight_decay: float = Field(default=0.01, ge=0)
    warm_up: float = Field(default=0.1, ge=0, lt=1)
    clip: float = Field(default=1.0, ge=0)
    class_power: float = Field(default=0.0, ge=0)
    loss: Literal["each", "one_of"] = "each"
    evaluate_every: int = Field(default=0, ge=0)
    patience: int = Field(default=3, ge=0)
    monitor: Literal["macro_f1", "log_loss"] = "macro_f1"
    precision: Precision = "auto"
    recompute: bool = False
    save_every: int = Field(default=200, ge=1)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Sentences as token ids, with what is to be learned of them.

    Args:
        ids: token ids of n sentences.
        labels: n x h.
        weights: n x h, 0 or more.
        offsets: n x h, added to the logits and not learned.
    """

    ids: Sequence[Sequence[int]]
    labels: Marks
    weights: Floats
    offsets: Floats

    def examples(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Return sentences as `transformers.Trainer` takes them."""
        return [
            {
                "input_ids": self.ids[row],
                "labels": self.labels[row],
                "weights": self.weights[row],
                "offsets": self.offsets[row],
            }
            for row in rows
        ]


def train(
    model: SentenceModel,
    padding: int,
    options: TrainingOptions,
    seed: int,
    text: Encoded,
    validation: Encoded | None = None,
    checkpoints: Path | None = None,
    fingerprint: str = "",
    on_step: OnStep | None = None,
) -> list[dict[str, float]]:
    """Train a network in place, and leave it with the weights of the best evaluation (the last without validation).

    The same seed gives the same weights on the same devices, whether or not training was stopped and resumed.

    Args:
        model: the network; weights that need no gradient stay as they are.
        padding: token id to pad with.
        seed: of the order of sentences and of dropout.
        validation: sentences that decide when to stop and which weights to keep.
        checkpoints: folder in which training can be stopped and resumed.
        fingerprint: of everything that the weights depend on.

    Returns:
        Step and score of each evaluation.

    Raises:
        ClassifierError: checkpoints of another run, damaged ones, or a folder that cannot be written.
    """
    from transformers import EarlyStoppingCallback, PrinterCallback, Trainer

    from dualalign.classifiers.networks import best_device, quiet

    an_epoch = math.ceil(len(text.ids) / options.batch)
    steps = max(1, round(options.epochs * an_epoch))
    several = int(os.environ.get("WORLD_SIZE", "1"))
    if options.batch % several:
        raise ClassifierError(
            f"training.batch is {options.batch} for {several} processes", "give a batch that divides evenly"
        )
    order = training_order([len(each) for each in text.ids], options.batch, steps, seed)
    if several > 1 and validation is not None and checkpoints is None:
        raise ClassifierError("several processes share no checkpoints", "give a folder for checkpoints")
    with TemporaryDirectory() as temporary, _random_states_kept(), quiet():
        folder = checkpoints or Path(temporary)
        resumed = _last_checkpoint(folder, fingerprint)
        evaluate_every = min(options.evaluate_every or an_epoch, steps)
        arguments = _arguments(options, steps, seed, several, folder, evaluate_every, validation is not None)
        arguments.save_only_model = checkpoints is None
        if validation is None and checkpoints is None:
            arguments.save_strategy = "no"
        trainer = Trainer(
            model.to(best_device()),
            arguments,
            data_collator=lambda examples: _collated(examples, padding),
            train_dataset=text.examples(order.tolist()),
            eval_dataset=validation and validation.examples(range(len(validation.ids))),
            compute_metrics=lambda found: _metrics(found, options),
            optimizers=(_optimizer(model, options), None),
        )
        trainer.remove_callback(PrinterCallback)
        if validation is not None and options.patience:
            trainer.add_callback(EarlyStoppingCallback(options.patience))
        if on_step is not None:
            trainer.add_callback(_progress_callback(on_step))
        with refusals_said(folder, ClassifierError, "choose another folder"):
            if checkpoints is not None:
                folder.mkdir(parents=True, exist_ok=True)
                write_text(folder / _RUN, f'{{"fingerprint": "{fingerprint}"}}')
            try:
                trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
            except (EOFError, KeyError, RuntimeError, ValueError, _safetensors_error()) as error:
                if resumed is None:
                    raise
                raise ClassifierError(
                    f"{resumed}: damaged checkpoint ({error})", "remove the folder and train again"
                ) from None
        logged = [each for each in trainer.state.log_history if "eval_score" in each]
    return [{"step": each["step"], "score": each["eval_score"]} for each in logged]


def training_order(lengths: Sequence[int], batch: int, steps: int, seed: int) -> Rows:
    """Return the rows of all steps, `batch` each: sentences of a batch are alike in length, batches come at random.

    Every sentence comes once before any comes again, but for those of the same few batches. The order is drawn as a
    whole, so that a resumed run goes through the same one.

    Args:
        lengths: tokens of each sentence.
    """
    drawn = np.random.default_rng(seed)
    wanted = steps * batch
    sizes = np.asarray(lengths)
    rows = np.concatenate([drawn.permutation(len(sizes)) for _ in range(math.ceil(wanted / len(sizes)))])
    found = []
    for start in range(0, wanted, batch * _POOL):
        pool = rows[start : min(start + batch * _POOL, wanted)]
        batches = pool[np.argsort(sizes[pool], kind="stable")].reshape(-1, batch)
        found.append(drawn.permutation(batches).ravel())
    return np.concatenate(found)


def validation_score(truth: Marks, logits: Floats, options: TrainingOptions) -> float:
    """Return the score that decides which weights are best; greater is better."""
    from scipy.special import log_softmax
    from sklearn.metrics import f1_score

    if options.monitor == "log_loss":
        if options.loss == "one_of":
            return float(log_softmax(logits, axis=1)[truth].mean())
        return -float(log_losses(truth, logits).mean())
    predicted = logits > 0
    if options.loss == "one_of":
        predicted = np.eye(truth.shape[1], dtype=np.bool_)[logits.argmax(axis=1)]
    return float(
        np.mean([f1_score(*pair, zero_division=0) for pair in zip(truth.T, predicted.T, strict=True)])
    )


def _metrics(found: Any, options: TrainingOptions) -> dict[str, float]:
    return {"score": validation_score(found.label_ids > 0.5, found.predictions, options)}


def mixed_precision(precision: Precision) -> torch.dtype:
    """Return the number format of forward passes on the best device."""
    import torch

    if precision != "auto":
        formats = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
        return formats[precision]
    if not torch.cuda.is_available():
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _arguments(
    options: TrainingOptions, steps: int, seed: int, several: int, folder: Path, every: int, evaluates: bool
) -> Any:
    import torch
    from transformers import TrainingArguments

    from dualalign.classifiers.networks import best_device

    number_format = mixed_precision(options.precision)
    each = options.batch // several
    micro = math.gcd(each, min(options.micro_batch, each))
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        seed=seed,
        # The order of sentences is that of the list itself.
        train_sampling_strategy="sequential",
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=each // micro,
        per_device_eval_batch_size=64,
        warmup_steps=options.warm_up,
        lr_scheduler_type="linear",
        max_grad_norm=options.clip,
        bf16=number_format == torch.bfloat16,
        fp16=number_format == torch.float16,
        eval_strategy="steps" if evaluates else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every if evaluates else options.save_every,
        save_total_limit=2,
        load_best_model_at_end=evaluates,
        restore_callback_states_from_checkpoint=True,
        metric_for_best_model="score" if evaluates else None,
        greater_is_better=True if evaluates else None,
        label_names=["labels"],
        remove_unused_columns=False,
        logging_steps=1,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available(),
        use_cpu=best_device().type == "cpu",
    )


def _collated(examples: Sequence[dict[str, Any]], padding: int) -> dict[str, torch.Tensor]:
    import torch

    from dualalign.classifiers.networks import padded

    batch = padded([each["input_ids"] for each in examples], padding)
    for name in ("labels", "weights", "offsets"):
        batch[name] = torch.as_tensor(np.stack([each[name] for each in examples]), dtype=torch.float32)
    return batch


def _optimizer(model: SentenceModel, options: TrainingOptions) -> Any:
    """AdamW with learning rate and decay by kind of weight; biases and norms do not decay."""
    import torch

    groups: list[dict[str, Any]] = []
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
                groups.append({"params": weights, "lr": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups, betas=options.betas)


def _progress_callback(on_step: OnStep) -> Any:
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "loss" in logs:
                on_step(state.global_step, state.max_steps, logs["loss"])

    return Progress()


def _last_checkpoint(folder: Path, fingerprint: str) -> Path | None:
    """Return the newest whole checkpoint of this run: its state is written last.

    Raises:
        ClassifierError: checkpoints of other sentences or settings.
    """
    whole = [each for each in folder.glob("checkpoint-*") if (each / "trainer_state.json").is_file()]
    if not whole:
        return None
    if read_object(folder / _RUN).get("fingerprint") != fingerprint:
        raise ClassifierError(
            f"{folder}: a checkpoint of other sentences, labels or settings",
            "give another folder for checkpoints, or remove this one",
        )
    return max(whole, key=lambda each: int(each.name.rpartition("-")[2]))


def _safetensors_error() -> type[Exception]:
    from safetensors import SafetensorError

    return SafetensorError


@contextmanager
def _random_states_kept() -> Iterator[None]:
    """Leave the global random numbers, which the trainer seeds, as they were."""
    import torch

    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        yield
    random.setstate(python)
    np.random.set_state(numpy)
