"""A token bucket: how much one client may ask for in a while. Time is an argument; nothing here sleeps."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """`rate` tokens a second, never more than `burst` saved up. The level may be driven below zero (a debt)."""

    __slots__ = ("_burst", "_level", "_now", "_rate", "_seen")

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._level = burst
        self._seen = now()

    def _refill(self) -> None:
        now = self._now()
        self._level = min(self._burst, self._level + max(0.0, now - self._seen) * self._rate)
        self._seen = now

    def take(self, amount: float = 1.0) -> float:
        """Take `amount` tokens, saved up or not, and return what is left: below zero is a debt."""
        self._refill()
        self._level -= amount
        return self._level

    def seconds_until(self, amount: float) -> float:
        """Return how long until `amount` tokens are there, 0.0 if they are there now."""
        self._refill()
        return max(0.0, (min(amount, self._burst) - self._level) / self._rate)

    def level(self) -> float:
        """Return the tokens that are there now."""
        self._refill()
        return self._level
