"""When to ask again, after how long, and when to stop asking: one request, or the whole run."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError, UnusableBackendError

_FIRST_WAIT = 0.05
_LONGEST_WAIT = 30.0


@dataclass(slots=True)
class Tries:
    """How often one request was sent.

    Args:
        key: the request's.
        began: when it was first sent, by the monotonic clock.
        sent: when it was last sent.
        count: times sent.
        attempts: of these, times that count as attempts.
        timeouts: of these, times nothing came.
        wait: seconds before the next, before jitter.
    """

    key: str
    began: float = 0.0
    sent: float = 0.0
    count: int = 0
    attempts: int = 0
    timeouts: int = 0
    wait: float = _FIRST_WAIT

    def send(self) -> None:
        """Count one more."""
        self.sent = time.monotonic()
        self.began = self.began or self.sent
        self.count += 1


@dataclass(slots=True)
class Retries:
    """The rules of asking again, with what a run has met so far.

    Args:
        attempts: times one request is sent before its fault is raised.
        timeouts: how many of these may end in a time-out.
        patience: seconds a request waits on a server that is too busy or, having answered before, is not there;
            such refusals are no attempts.
    """

    attempts: int = 8
    timeouts: int = 3
    patience: float = 600.0
    _last_reply: float = float("-inf")
    _last_sign_of_life: float = 0.0
    _silent: set[str] = field(default_factory=set)
    _given_up: int = 0
    # Jitter spreads retries in time and changes no result, so it needs no seed of the run.
    _jitter: random.Random = field(default_factory=random.Random)

    def replied(self) -> None:
        """Note that a reply arrived."""
        self._last_reply = self._last_sign_of_life = time.monotonic()
        if self._silent:
            self._silent.clear()

    def wait_before_next(self, tries: Tries, error: RetryableError) -> float:
        """Return the seconds to wait before a request is sent again.

        Raises:
            ModelError: this request was sent often enough.
            UnusableBackendError: so was every other; nothing is answered.
        """
        now, asked = time.monotonic(), error.retry_after or 0.0
        if asked > self.patience:
            raise UnusableBackendError(
                f"the server asks to wait {asked:,.0f} s: {error}",
                "run the same command again then; replies so far are kept",
            )
        if error.kind == "timeout":
            tries.timeouts += 1
            self._hear_nothing(tries, now, error)
        elif error.kind != "unreachable":
            self._last_sign_of_life = now
            self._silent.clear()
        if error.outside and (error.overload or self._last_reply > float("-inf")):
            spare = now + max(tries.wait, asked) - tries.began < self.patience
        else:
            tries.attempts += 1
            spare = tries.attempts < self.attempts and tries.timeouts < self.timeouts
        if not spare:
            self._give_up(tries, now, error)
        wait = asked + self._jitter.uniform(0.2, 1.0) * tries.wait
        tries.wait = min(tries.wait * 2, _LONGEST_WAIT)
        return wait

    def _hear_nothing(self, tries: Tries, now: float, error: RetryableError) -> None:
        self._silent.add(tries.key)
        alive = self._last_sign_of_life = self._last_sign_of_life or tries.began
        # Requests that wait their turn time out one after another, so the silence of the server is what counts.
        if len(self._silent) > 1 and now - alive > (self.timeouts - 0.5) * (now - tries.sent):
            raise _unanswered(now - alive, error)

    def _give_up(self, tries: Tries, now: float, error: RetryableError) -> None:
        self._given_up = 0 if self._last_reply > tries.began else self._given_up + 1
        if self._given_up > 1:
            raise _unanswered(now - tries.began, error)
        raise ModelError(
            f"'{tries.key}' failed {tries.count} times, last: {error}",
            "run the same command again later; replies so far are kept",
        )


def _unanswered(seconds: float, error: RetryableError) -> UnusableBackendError:
    return UnusableBackendError(
        f"no request was answered in {seconds:.0f} s, last: {error}",
        "check that the server runs and --base-url names it, then run the same command again; "
        "replies so far are kept",
    )
