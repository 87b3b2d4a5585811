"""What a composing model might reply, for tests: sentences of random words, which no rule labels."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.llm import ChatRequest

WORDS = [
    "amber",
    "bold",
    "crisp",
    "dusty",
    "eager",
    "faint",
    "grand",
    "hazy",
    "ivory",
    "jolly",
    "keen",
    "lively",
    "mellow",
    "noble",
    "ochre",
    "proud",
]


def novel_reply(seed: str) -> str:
    """Return a reply of eight sentences, others for another seed."""
    rng = random.Random(seed)
    made = [" ".join(rng.choices(WORDS, k=9)).capitalize() + "." for _ in range(8)]
    return json.dumps({"sentences": made})


def novel(request: ChatRequest) -> str:
    """Answer a request; another seed in it makes other sentences."""
    return novel_reply(request.key + str(request.parameters["seed"]))
