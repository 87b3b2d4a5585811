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
    """

    def __init__(
        self, kind: str, message: str, overload: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.overload = overload
        self.retry_after = retry_after


class Backend(Protocol):
    """Answers one request at a time; the client decides how many at once."""

    model: str
    most_in_flight: int
    """Requests the backend can serve at once."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request.

        Raises:
            RetryableError: worth asking again.
            ModelError: not worth asking again; the message says what to do.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and memory."""
        ...
