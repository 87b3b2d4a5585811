"""How many requests to have in flight: more while the server keeps up, half when it says it does not."""

from __future__ import annotations

import asyncio
import time


class AdaptiveLimit:
    """A semaphore whose size follows the server.

    Each success lets one more request in while latency holds; an overload (429, 503, a time-out) halves the limit,
    at most once per `cooldown` seconds, since one burst of refusals is one message. `pause` keeps every request back
    for as long as the server asks by `Retry-After`.

    Args:
        start: requests in flight at first.
        most: never more than this.
        cooldown: seconds in which only one halving counts.
        tolerated_latency: growth stops while latency is more than this many times the best seen.
    """

    def __init__(
        self, start: int = 8, most: int = 256, cooldown: float = 1.0, tolerated_latency: float = 4.0
    ) -> None:
        self.limit = float(min(start, most))
        self.most = most
        self.in_flight = 0
        self.halvings = 0
        self._cooldown = cooldown
        self._tolerated = tolerated_latency
        self._best = float("inf")
        self._latency = 0.0
        self._last_halving = float("-inf")
        self._paused_until = 0.0
        self._waiting: list[asyncio.Future[None]] = []

    async def acquire(self) -> None:
        """Wait for a place."""
        while True:
            pause = self._paused_until - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            if self.in_flight < int(self.limit):
                self.in_flight += 1
                return
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future in self._waiting:
                    self._waiting.remove(future)
                raise

    def release(self) -> None:
        """Give the place back."""
        self.in_flight -= 1
        self._wake()

    def succeeded(self, seconds: float) -> None:
        """Report a reply and how long it took."""
        self._best = min(self._best, seconds)
        self._latency = seconds if self._latency == 0.0 else 0.9 * self._latency + 0.1 * seconds
        if self._latency <= self._tolerated * max(self._best, 0.02):
            self.limit = min(float(self.most), self.limit + 1.0)

    def overloaded(self) -> None:
        """Report that the server refused for load."""
        now = time.monotonic()
        if now - self._last_halving >= self._cooldown:
            self._last_halving = now
            self.limit = max(1.0, self.limit / 2)
            self.halvings += 1

    def pause(self, seconds: float) -> None:
        """Send nothing more for so many seconds."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _wake(self) -> None:
        free = int(self.limit) - self.in_flight
        while free > 0 and self._waiting:
            future = self._waiting.pop(0)
            if not future.done():
                future.set_result(None)
                free -= 1
