"""How many requests to have in flight: more while more are answered for it, half when the server refuses."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from math import inf, sqrt

_MOST_LEVELS = 64


class AdaptiveLimit:
    """A semaphore whose size follows the server.

    Growth: each reply lets one more request in, as long as that pays. Once a round (as many answers as may be in
    flight) the rate of replies is compared with the rate at about half the requests: less than `gain` times it, and the
    server only queues what it is given, so the limit goes back to where the rate was as good. After `ask_again`
    rounds it tries once more.

    Overload: so is the share of refusals (429, 503, a time-out). A share above what is tolerated halves the limit, which
    then grows by a twentieth a round, at least by one. If halving leaves the share as it was, the refusals do not come from our load (a proxy
    that refuses at random), and that share is tolerated, up to a fifth; anything above is obeyed.

    `pause` keeps every request back for as long as the server asks by `Retry-After`.

    Args:
        start: requests in flight at first.
        most: never more than this.
        gain: least rise of the rate of replies for which doubling the requests in flight is worth it.
        ask_again: rounds after which growth that did not pay is tried again.
        clock: seconds from any origin.
    """

    TOLERATED = 0.05
    MOST_BACKGROUND = 0.2
    _SMALLEST_ROUND = 16
    _ROUND_AFTER_HALVING = 48
    _SLOW_GROWTH = 0.05
    _WEIGHT = 0.3

    def __init__(
        self,
        start: int = 8,
        most: int = 256,
        gain: float = 1.1,
        ask_again: int = 50,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = float(min(start, most))
        self.most = most
        self.in_flight = 0
        self.halvings = 0
        self.background = 0.0
        """Share of refusals that does not follow the load."""
        self._gain = gain
        self._ask_again = ask_again
        self._clock = clock
        # Replies a second by doubling of requests in flight, a moving mean over rounds.
        self._rates: dict[int, float] = {}
        self._fast_until = inf
        self._highest_level = _MOST_LEVELS
        self._slack = False
        self._rounds = 0
        self._stale_answers = 0
        self._begin_round()
        self._share_before_halving: float | None = None
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def acquire(self) -> None:
        """Wait for a place."""
        while True:
            pause = self._paused_until - self._clock()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            if self.in_flight < int(self.limit):
                if not self.in_flight and (self._slack or not self._answers):
                    # Idle time is no time the server took.
                    self._begin_round()
                self.in_flight += 1
                return
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._slack = False
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
        if not self._waiting and self.in_flight < int(self.limit) - 1:
            self._slack = self._slack_in_round = True

    def succeeded(self) -> None:
        """Report a reply; to be called before its place is given back."""
        # The round after a halving tells what halving did, so the limit rests.
        if not self._slack and self._share_before_halving is None:
            slow = max(1.0 / self.limit, self._SLOW_GROWTH)
            grown = self.limit + (1.0 if self.limit < self._fast_until else slow)
            if _level(int(grown)) <= self._highest_level:
                self.limit = min(float(self.most), grown)
        self._answer(refused=False)

    def overloaded(self) -> None:
        """Report that the server refused for load."""
        self._answer(refused=True)

    def pause(self, seconds: float) -> None:
        """Send nothing more for so many seconds."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _answer(self, refused: bool) -> None:
        if self._stale_answers:
            self._stale_answers -= 1
            if not self._stale_answers:
                self._begin_round()
            return
        self._answers += 1
        self._refusals += refused
        after_halving = self._share_before_halving is not None
        least = self._ROUND_AFTER_HALVING if after_halving else self._SMALLEST_ROUND
        in_a_round = max(least, self._limit_at_start)
        # Where many are refused there is no need to see the round to its end.
        hopeless = self._refusals > max(self._bearable(in_a_round), 0.3 * self._answers)
        if self._answers >= in_a_round or hopeless:
            self._rounds += 1
            if not self._heed_refusals(self._refusals, self._answers) and not self._slack_in_round:
                self._heed_rate(
                    (self._answers - self._refusals) / max(self._clock() - self._round_began, 1e-9)
                )
            self._begin_round()

    def _begin_round(self) -> None:
        self._answers = self._refusals = 0
        self._limit_at_start = int(self.limit)
        self._round_began = self._clock()
        self._slack_in_round = self._slack

    def _heed_rate(self, rate: float) -> None:
        """Go down where half the requests were answered as fast, and stay where twice as many were not faster."""
        # Replies come from what was sent a round ago.
        level = _level(self._limit_at_start)
        before = self._rates.get(level, rate)
        here = self._rates[level] = before + self._WEIGHT * (rate - before)
        if self._rounds % self._ask_again == 0:
            self._rates = {each: seen for each, seen in self._rates.items() if each <= level}
        above = min((each for each in self._rates if each > level), default=None)
        below = max((each for each in self._rates if each < level), default=None)
        stays = above is not None and self._rates[above] < self._gain * here
        self._highest_level = level if stays else _MOST_LEVELS
        if below is not None and here < self._gain * self._rates[below]:
            self._go_down_to(below)
        elif stays and below is None and level > 0:
            self._go_down_to(level - 1)

    def _go_down_to(self, level: int) -> None:
        self.limit = min(self.limit, float(1 << level))
        self._highest_level = level
        self._stale_answers = max(0, self.in_flight - int(self.limit))

    def _heed_refusals(self, refusals: int, answers: int) -> bool:
        """Halve the limit if more were refused than is usual; return whether it was."""
        share, before = refusals / answers, self._share_before_halving
        self._share_before_halving = None
        if before is not None and before <= 0.5 and before / 3 <= share <= self.MOST_BACKGROUND:
            self.background = share
            self._fast_until = inf
        if refusals <= self._bearable(answers):
            if self.background:
                self.background += self._WEIGHT * (min(share, self.MOST_BACKGROUND) - self.background)
            return False
        self._share_before_halving = share
        self.limit = max(1.0, self.limit / 2)
        self._fast_until = self.limit
        self.halvings += 1
        # What is in flight was sent under the old limit and says nothing about the new one.
        self._stale_answers = self.in_flight - 1
        return True

    def _bearable(self, answers: int) -> float:
        expected = (self.background + self.TOLERATED) * answers
        return expected + 2 * sqrt(expected)

    def _wake(self) -> None:
        free = int(self.limit) - self.in_flight
        while free > 0 and self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                free -= 1


def _level(in_flight: int) -> int:
    """Return which doubling so many belong to: 1, 2, 3 to 4, 5 to 8, ..."""
    return (in_flight - 1).bit_length()
