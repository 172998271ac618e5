"""What one line may cost, counted over everything that it starts. The numbers stand in app/limits.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.limits import limit
from app.shell.language.control import LimitReachedError

__all__ = ["LineBudget"]


class LineBudget:
    """Counts of one line. Each check raises LimitReachedError."""

    def __init__(self, start_us: int, walked: Callable[[], int] = lambda: 0) -> None:
        self.start_us = start_us
        #: How many hops the line's packets have made.
        self.walked = walked
        self.rounds = 0
        self.commands = 0
        self.depth = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Go one script deeper."""
        self.depth += 1
        try:
            _check(self.depth, "terminal.nesting", "nests deeper than {} levels")
            yield
        finally:
            self.depth -= 1

    def check_pipeline(self, length: int) -> None:
        """Check how many commands are joined."""
        _check(length, "terminal.pipeline", "joins more than {} commands by pipes")

    def count_round(self) -> None:
        """Count one round of a loop."""
        self.rounds += 1
        _check(self.rounds, "terminal.loop_rounds", "goes round in loops more than {} times")

    def count_command(self) -> None:
        """Count one command."""
        self.commands += 1
        _check(self.commands, "terminal.commands", "runs more than {} commands")

    def check_walks(self) -> None:
        """Check how far the line's packets have walked: it is what computing takes longest over."""
        _check(self.walked(), "terminal.hops", "sends packets over more than {} hops")

    def check_time(self, now_us: int) -> None:
        """Check how much virtual time has passed."""
        _check((now_us - self.start_us) // 1_000_000, "terminal.virtual_seconds", "takes more than {} virtual seconds")


def _check(value: int, name: str, message: str) -> None:
    most = limit(name)
    if value > most:
        raise LimitReachedError(f"the line {message.format(f'{most:,}')}")
