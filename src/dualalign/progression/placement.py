"""Where a network is fitted and used, and in which numbers."""

from __future__ import annotations

from typing import Literal

import torch

from dualalign.errors import ProgressionError

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]


def device_of(wanted: Device) -> torch.device:
    """Return the device asked for; `auto` is a GPU with CUDA if there is one, else the processor.

    Raises:
        ProgressionError: CUDA is asked for and not there, or the device is none of these.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise ProgressionError(f"device '{wanted}'", "use auto, cpu or cuda")
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ProgressionError("device 'cuda': torch sees no GPU with CUDA", "use auto or cpu")
    # With its number: tensors on `cuda` say they lie on `cuda:0`, and the two names are not equal.
    return (
        torch.device("cpu")
        if wanted == "cpu" or not there
        else torch.device("cuda", torch.cuda.current_device())
    )


def arithmetic_of(wanted: Precision, device: torch.device) -> torch.dtype:
    """Return the numbers of the forward passes in training; `auto` is bfloat16 on a GPU that has it, else float32.

    Raises:
        ProgressionError: the GPU has no bfloat16, or the precision is none of these.
    """
    if wanted not in ("auto", "float32", "bfloat16"):
        raise ProgressionError(f"precision '{wanted}'", "use auto, float32 or bfloat16")
    lacks = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    if wanted == "bfloat16" and lacks:
        raise ProgressionError("precision 'bfloat16': this GPU has no such numbers", "use auto or float32")
    if wanted == "bfloat16" or (wanted == "auto" and device.type == "cuda" and not lacks):
        return torch.bfloat16
    return torch.float32
