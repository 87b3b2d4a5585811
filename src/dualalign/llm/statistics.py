"""What a run has asked, met and spent so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dualalign.llm.request import ChatReply


@dataclass(slots=True)
class Statistics:
    """What a run has done so far.

    Args:
        sent: calls that reached the backend, retries included.
        replied: replies received.
        replayed: answers that came from the journal.
        faults: kind of fault -> how often it was met.
        prompt_tokens: of this run's replies.
        reply_tokens: of this run's replies.
        cost_usd: of this run's replies with a known cost.
        cost_known: False once any reply's cost was unknown.
    """

    sent: int = 0
    replied: int = 0
    replayed: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost_usd: float = 0.0
    cost_known: bool = True

    def add(self, reply: ChatReply) -> None:
        """Count what one reply took."""
        self.prompt_tokens += reply.prompt_tokens or 0
        self.reply_tokens += reply.reply_tokens or 0
        if reply.cost_usd is None:
            self.cost_known = False
        else:
            self.cost_usd += reply.cost_usd
