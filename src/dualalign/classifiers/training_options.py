"""How a network is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dualalign.errors import ClassifierError

Pooling = Literal["mean", "last", "first"]
"""How the states of a sentence's tokens become one vector: their mean, or the state of the last or first token."""
Precision = Literal["auto", "float32", "bfloat16", "float16"]


@dataclass(frozen=True, slots=True)
class TrainingOptions:
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
        save_every: steps between checkpoints, where a folder for them is given.
    """

    epochs: float = 3.0
    batch: int = 32
    micro_batch: int = 32
    tokens: int = 128
    rate: float = 2e-5
    head_rate: float | None = None
    betas: tuple[float, ...] = (0.9, 0.999)
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip: float = 1.0
    class_power: float = 0.0
    loss: Literal["each", "one_of"] = "each"
    evaluate_every: int = 0
    patience: int = 3
    monitor: Literal["macro_f1", "log_loss"] = "macro_f1"
    precision: Precision = "auto"
    recompute: bool = False
    save_every: int = 200

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "micro_batch", "tokens", "rate", "save_every"):
            if getattr(self, name) <= 0:
                raise ClassifierError(f"training.{name} is {getattr(self, name):g}", "give a number above 0")
        for name in ("weight_decay", "clip", "class_power", "evaluate_every", "patience"):
            if getattr(self, name) < 0:
                raise ClassifierError(f"training.{name} is {getattr(self, name):g}", "give 0 or more")
        if not 0 <= self.warm_up < 1:
            raise ClassifierError(f"training.warm_up is {self.warm_up:g}", "give a share from 0 to below 1")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ClassifierError(f"training.betas are {self.betas}", "give two numbers from 0 to below 1")


def learning_share(step: int, steps: int, warm_up: float) -> float:
    """Return the share of the greatest learning rate that holds at a step, counted from 0."""
    rising = round(warm_up * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    return max(0.0, (steps - step) / max(1, steps - rising))
