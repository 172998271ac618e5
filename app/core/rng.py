"""Seeded chance: the only source of random numbers below the web.

Source of the algorithm: CPython's `random.Random.random()` (Mersenne Twister), whose sequence for an integer
seed is the same on every version and platform; `randrange` and `choice` are not used, because theirs changed.
"""

from __future__ import annotations

import random

__all__ = ["Rng"]


class Rng:
    """A stream of numbers that depends on the seed alone."""

    __slots__ = ("_random", "seed")

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._random = random.Random(seed)

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def between(self, low: int, high: int) -> int:
        """Return an integer, `low` and `high` included."""
        return low + int(self._random.random() * (high - low + 1))
