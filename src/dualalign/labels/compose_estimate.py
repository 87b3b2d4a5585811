"""What composing with a model would take, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dualalign.labels.composing import Composing
from dualalign.labels.llm_composer import LlmComposer

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_CHARACTERS_PER_TOKEN = 4.0
_TOKENS_PER_SENTENCE = 25
_PROMPTS_SHOWN = 3


@dataclass(slots=True)
class ComposeEstimate:
    """What a run would cost a model.

    Args:
        requests: if every sentence is kept.
        most_requests: that may be sent.
        prompt_tokens: of the former, about, at four characters a token.
        reply_tokens: of the former, about.
        prompts: the first three, whole.
    """

    requests: int
    most_requests: int
    prompt_tokens: int
    reply_tokens: int
    prompts: list[str] = field(default_factory=list)


def estimate_composing(pack: Pack, composing: Composing, scheme: str | None = None) -> ComposeEstimate:
    """Return what composing would take.

    Raises:
        LabelError: no such scheme, or a pack that does not say what a model is told.
    """
    composer = LlmComposer(None, pack, composing, scheme)
    requests = [request for _, request in composer.next_requests(composer.nothing_yet())]
    contents = ["\n\n".join(each["content"] for each in request.messages) for request in requests]
    return ComposeEstimate(
        len(requests),
        composing.limit * len(composer.labels),
        round(sum(map(len, contents)) / _CHARACTERS_PER_TOKEN),
        len(requests) * composing.per_request * _TOKENS_PER_SENTENCE,
        contents[:_PROMPTS_SHOWN],
    )
