"""Where a network is trained: one device, or several through accelerate."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

import torch
from torch import nn

from dualalign.classifiers.libraries import require
from dualalign.classifiers.training_options import Precision


class Placement:
    """One process on one device."""

    rank = 0
    world = 1

    def __init__(self, device: torch.device | None = None) -> None:
        self.device = device or best_device()

    def prepare(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, Any]:
        """Return the model and optimiser, ready for training."""
        return model, optimizer

    def apart(self, model: nn.Module) -> AbstractContextManager[Any]:
        """Keep gradients of this process to itself until a later backward pass."""
        return nullcontext()

    def backward(self, loss: torch.Tensor) -> None:
        """Add the gradient of a loss."""
        loss.backward()  # type: ignore[no-untyped-call]

    def everyone(self, found: list[Any]) -> list[Any]:
        """Return the lists of all processes, one after the other."""
        return found

    def wait(self) -> None:
        """Wait until all processes are here."""


class SeveralDevices(Placement):
    """One of several processes that `accelerate launch` or `torchrun` started, each with its own device."""

    def __init__(self) -> None:
        require("decoders", "accelerate")
        accelerate: Any = import_module("accelerate")

        self._accelerator = accelerate.Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="no")
        super().__init__(self._accelerator.device)
        self.rank = self._accelerator.process_index
        self.world = self._accelerator.num_processes

    def prepare(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, Any]:
        """Return the model and optimiser, wrapped so that gradients are shared."""
        prepared: tuple[nn.Module, Any] = self._accelerator.prepare(model, optimizer)
        return prepared

    def apart(self, model: nn.Module) -> AbstractContextManager[Any]:
        """Keep gradients of this process to itself until a later backward pass."""
        held: AbstractContextManager[Any] = self._accelerator.no_sync(model)
        return held

    def backward(self, loss: torch.Tensor) -> None:
        """Add the gradient of a loss."""
        self._accelerator.backward(loss)

    def everyone(self, found: list[Any]) -> list[Any]:
        """Return the lists of all processes, one after the other."""
        gathered: list[Any] = import_module("accelerate.utils").gather_object(found)
        return gathered

    def wait(self) -> None:
        """Wait until all processes are here."""
        self._accelerator.wait_for_everyone()


def placement() -> Placement:
    """Return where to train: among several processes if this one was started as one of several."""
    return SeveralDevices() if int(os.environ.get("WORLD_SIZE", "1")) > 1 else Placement()


def writes_files() -> bool:
    """Return whether this process writes what all of several processes learned."""
    return int(os.environ.get("RANK", "0")) == 0


def best_device() -> torch.device:
    """Return a GPU if there is one, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def arithmetic(precision: Precision, device: torch.device) -> torch.dtype:
    """Return the number format of forward passes on a device."""
    if precision != "auto":
        formats = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
        return formats[precision]
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
