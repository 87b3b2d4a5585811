"""Draw tokens for a batch so that each row follows its own seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import LogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper


class RowNoise(LogitsProcessor):
    """Adds Gumbel noise to scores, so that the largest is a draw from their softmax.

    Args:
        seeds: one for each row of the batch.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the scores with noise; each row's noise comes from its own stream."""
        size = scores.shape[-1]
        uniform = torch.stack([torch.rand(size, generator=stream) for stream in self._streams])
        tiny = torch.finfo(torch.float32).tiny
        noise = -torch.log(-torch.log(uniform.clamp_min(tiny)))
        return scores.float() + noise.to(scores.device)


def seeded_sampling(parameters: Mapping[str, Any], seeds: Sequence[int]) -> list[Any]:
    """Return the processors that turn a model's scores into seeded draws; none for temperature 0.

    Args:
        parameters: `temperature` (1 if not given), `top_p` and `top_k` as in a chat request.
        seeds: one for each row of the batch.
    """
    temperature = float(parameters.get("temperature", 1.0))
    if temperature <= 0:
        return []
    processors: list[Any] = []
    if temperature != 1.0:
        processors.append(TemperatureLogitsWarper(temperature))
    if parameters.get("top_k"):
        processors.append(TopKLogitsWarper(int(parameters["top_k"])))
    if parameters.get("top_p", 1.0) < 1.0:
        processors.append(TopPLogitsWarper(float(parameters["top_p"])))
    return [*processors, RowNoise(seeds)]
