"""Where a request goes: the protocol every backend keeps, and what can go wrong there."""

from __future__ import annotations

from typing import Protocol

from dualalign.errors import ModelError
from dualalign.llm.request import ChatReply, ChatRequest


class RetryableError(ModelError):
    """A failure that the same request may not meet again: overload, a dropped connection, a broken reply.

    Args:
        kind: short name counted in the run's statistics, for example `429` or `timeout`.
        message: what happened.
        overload: whether the server said it has too much to do.
        retry_after: seconds the server asks to wait, None if it does not say.
        outside: whether the fault lies in the server's state and not in the request (refused for load, not
            there at all), so that waiting is worth more than counting attempts.
        paid: a reply that was paid for and is of no use, so that a budget counts it.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        overload: bool = False,
        retry_after: float | None = None,
        outside: bool = False,
        paid: ChatReply | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.overload = overload
        self.retry_after = retry_after
        self.outside = outside
        self.paid = paid


class UselessReplyError(ModelError):
    """A reply that arrived, was paid for and answers nothing; the same request would most likely fare the same.

    Args:
        kind: short name counted in the run's statistics, for example `refused`.
        message: what happened.
        remedy: what to do about it.
        paid: the reply, so that a budget counts it; None where nobody knows what it took.
    """

    def __init__(self, kind: str, message: str, remedy: str, paid: ChatReply | None = None) -> None:
        super().__init__(message, remedy)
        self.kind = kind
        self.paid = paid


class UnusableBackendError(ModelError):
    """No request will be answered (no valid key, no such model, nobody there), so the run stops at once."""


class Backend(Protocol):
    """Answers one request at a time; the client decides how many at once.

    A backend whose replies depend on more than the model's name may carry `identity`, a string that holds the
    name and the rest; the journal then keeps replies under it.
    """

    model: str
    most_in_flight: int
    """Requests the backend can serve at once."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request.

        Raises:
            RetryableError: worth asking again.
            UnusableBackendError: no request will be answered.
            UselessReplyError: it was answered in a way that is of no use.
            ModelError: this request is not worth asking again; the message says what to do.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and memory."""
        ...
