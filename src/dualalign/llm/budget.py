"""A limit on tokens and money that stops a run cleanly."""

from __future__ import annotations

from dataclasses import dataclass

from dualalign.errors import BudgetExceeded
from dualalign.llm.backend import UnusableBackendError
from dualalign.llm.request import ChatReply


@dataclass(slots=True)
class Budget:
    """What may still be spent; replies from the journal cost nothing.

    A call is refused when it and those in flight would probably pass a limit, each taken to cost what calls cost so
    far on average; so what is spent passes a limit by the error of that guess at most.

    Args:
        usd: dollars for this run, None for no limit.
        tokens: prompt and reply tokens for this run, None for no limit.
    """

    usd: float | None = None
    tokens: int | None = None
    spent_usd: float = 0.0
    spent_tokens: int = 0
    cost_known: bool = True
    tokens_known: bool = True
    calls: int = 0
    in_flight: int = 0

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.usd is not None or self.tokens is not None

    def check(self) -> None:
        """Refuse the next call if it would probably pass a limit.

        Raises:
            BudgetExceeded: naming the limit and what was spent.
            UnusableBackendError: a limit was set on what the server does not tell.
        """
        if self.usd is not None:
            if not self.cost_known:
                raise UnusableBackendError(
                    "a dollar budget needs prices, and the cost of the calls is unknown",
                    "give -M price_prompt=... and -M price_reply=... (US dollars per million tokens), or use --budget-tokens",
                )
            if self._passes(self.spent_usd, self.usd):
                raise BudgetExceeded(
                    f"the budget of {self.usd:g} US dollars is spent ({self.spent_usd:.4f})",
                    "everything so far is saved; run the same command with a larger --budget-usd to go on",
                )
        if self.tokens is not None:
            if not self.tokens_known:
                raise UnusableBackendError(
                    "a token budget needs a server that counts tokens, and this one does not",
                    "leave out --budget-tokens, or use a server whose replies hold `usage`",
                )
            if self._passes(self.spent_tokens, self.tokens):
                raise BudgetExceeded(
                    f"the budget of {self.tokens:,} tokens is spent ({self.spent_tokens:,})",
                    "everything so far is saved; run the same command with a larger --budget-tokens to go on",
                )

    def _passes(self, spent: float, limit: float) -> bool:
        of_one_call = spent / self.calls if self.calls else 0.0
        return spent >= limit or spent + (self.in_flight + 1) * of_one_call > limit

    def add(self, reply: ChatReply) -> None:
        """Count one reply that was paid for."""
        self.calls += 1
        if reply.prompt_tokens is None or reply.reply_tokens is None:
            self.tokens_known = False
        self.spent_tokens += (reply.prompt_tokens or 0) + (reply.reply_tokens or 0)
        if reply.cost_usd is None:
            self.cost_known = False
        else:
            self.spent_usd += reply.cost_usd
