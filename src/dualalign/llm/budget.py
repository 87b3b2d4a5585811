"""A limit on tokens and money that stops a run cleanly."""

from __future__ import annotations

from dataclasses import dataclass

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm.request import ChatReply


@dataclass(slots=True)
class Budget:
    """What may still be spent; replies from the journal cost nothing.

    Args:
        usd: dollars for this run, None for no limit.
        tokens: prompt and reply tokens for this run, None for no limit.
    """

    usd: float | None = None
    tokens: int | None = None
    spent_usd: float = 0.0
    spent_tokens: int = 0
    cost_known: bool = True

    def check(self) -> None:
        """Refuse the next call if a limit is reached.

        Raises:
            BudgetExceeded: naming the limit and what was spent.
            ModelError: a dollar limit was set but the calls' cost is unknown.
        """
        if self.usd is not None and not self.cost_known:
            raise ModelError(
                "a dollar budget needs prices, and the cost of the calls is unknown",
                "give --price-prompt and --price-reply (US dollars per million tokens), or use --budget-tokens",
            )
        if self.usd is not None and self.spent_usd >= self.usd:
            raise BudgetExceeded(
                f"the budget of {self.usd:g} US dollars is spent ({self.spent_usd:.4f})",
                "everything so far is saved; run the same command with a larger --budget-usd to go on",
            )
        if self.tokens is not None and self.spent_tokens >= self.tokens:
            raise BudgetExceeded(
                f"the budget of {self.tokens:,} tokens is spent ({self.spent_tokens:,})",
                "everything so far is saved; run the same command with a larger --budget-tokens to go on",
            )

    def add(self, reply: ChatReply) -> None:
        """Count one reply that was paid for."""
        self.spent_tokens += (reply.prompt_tokens or 0) + (reply.reply_tokens or 0)
        if reply.cost_usd is None:
            self.cost_known = False
        else:
            self.spent_usd += reply.cost_usd
