"""How many requests to have in flight: more while more are answered for it, half when the server refuses."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from math import inf, sqrt


class AdaptiveLimit:
    """A semaphore whose size follows the server.

    Growth: each reply lets one more request in while latency holds; that is, while twice the requests in flight are
    answered at a rate at least `gain` times higher. Where they are not, the server only queues them, and the limit goes
    back; after `ask_again` rounds it tries once more.

    Overload: the share of refusals (429, 503, a time-out) is read once a round, a round being as many answers as may be
    in flight. A share above what is tolerated halves the limit, which then grows by one a round. If halving leaves
    the share as it was, the refusals do not come from our load (a proxy that refuses at random), and that share is
    tolerated, up to a fifth; anything above is obeyed.

    `pause` keeps every request back for as long as the server asks by `Retry-After`.

    Args:
        start: requests in flight at first.
        most: never more than this.
        gain: least rise of the rate of replies for which doubling the requests in flight is worth it.
        ask_again: rounds after which growth that did not pay is tried again.
    """

    TOLERATED = 0.05
    MOST_BACKGROUND = 0.2
    _SMALLEST_ROUND = 16
    _SAMPLES = 12
    _WEIGHT = 0.05

    def __init__(self, start: int = 8, most: int = 256, gain: float = 1.1, ask_again: int = 50) -> None:
        self.limit = float(min(start, most))
        self.most = most
        self.in_flight = 0
        self.halvings = 0
        self.background = 0.0
        """Share of refusals that does not follow the load."""
        self._gain = gain
        self._ask_again = ask_again
        # Of each power of two: replies seen, moving means of requests in flight and of latency.
        self._levels: dict[int, tuple[int, float, float]] = {}
        self._fast_until = inf
        self._rounds = 0
        self._answers = 0
        self._refusals = 0
        self._stale_answers = 0
        self._share_before_halving: float | None = None
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

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
                if future.done() and not future.cancelled():
                    self._wake()
                raise

    def release(self) -> None:
        """Give the place back."""
        self.in_flight -= 1
        self._wake()

    def succeeded(self, seconds: float) -> None:
        """Report a reply and how long it took; to be called before its place is given back."""
        self._learn(seconds)
        if self.in_flight >= int(self.limit) - 1:
            self._steer()
        self._answer(refused=False)

    def overloaded(self) -> None:
        """Report that the server refused for load."""
        self._answer(refused=True)

    def pause(self, seconds: float) -> None:
        """Send nothing more for so many seconds."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _learn(self, seconds: float) -> None:
        level = self.in_flight.bit_length()
        seen, width, latency = self._levels.get(level, (0, 0.0, 0.0))
        weight = max(1.0 / (seen + 1), self._WEIGHT)
        self._levels[level] = (
            seen + 1,
            width + weight * (self.in_flight - width),
            latency + weight * (seconds - latency),
        )

    def _rate(self, level: int) -> float | None:
        """Return replies a second with so many in flight (Little's law), None if too few were seen."""
        seen, width, latency = self._levels.get(level, (0, 0.0, 0.0))
        return width / max(latency, 1e-9) if seen >= self._SAMPLES else None

    def _steer(self) -> None:
        level = int(self.limit).bit_length()
        here, below, above = self._rate(level), self._rate(level - 1), self._rate(level + 1)
        no_use_above = here is not None and above is not None and above < self._gain * here
        if level > 1 and here is not None:
            unknown_below = no_use_above and below is None
            if unknown_below or (below is not None and here < self._gain * below):
                self.limit = float((1 << (level - 1)) - 1)
                return
        grown = self.limit + (1.0 if self.limit < self._fast_until else 1.0 / self.limit)
        if not (no_use_above and int(grown).bit_length() > level):
            self.limit = min(float(self.most), grown)

    def _answer(self, refused: bool) -> None:
        if self._stale_answers:
            self._stale_answers -= 1
            return
        self._answers += 1
        self._refusals += refused
        if self._answers >= max(self._SMALLEST_ROUND, int(self.limit)):
            self._end_round(self._refusals, self._answers)
            self._answers = self._refusals = 0

    def _end_round(self, refusals: int, answers: int) -> None:
        self._rounds += 1
        if self._rounds % self._ask_again == 0:
            self._levels.pop(int(self.limit).bit_length() + 1, None)
        share, before = refusals / answers, self._share_before_halving
        self._share_before_halving = None
        if before is not None and before / 2 <= share <= self.MOST_BACKGROUND:
            self.background = share
            self._fast_until = inf
        usual = self.background * answers
        if refusals < usual - 2 * sqrt(usual):
            self.background = share
        bearable = (self.background + self.TOLERATED) * answers
        if refusals > bearable + 2 * sqrt(bearable):
            self._share_before_halving = share
            self.limit = max(1.0, self.limit / 2)
            self._fast_until = self.limit
            self.halvings += 1
            # What is in flight was sent under the old limit and says nothing about the new one.
            self._stale_answers = self.in_flight - 1

    def _wake(self) -> None:
        free = int(self.limit) - self.in_flight
        while free > 0 and self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                free -= 1
