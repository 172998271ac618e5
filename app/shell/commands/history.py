"""`history`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import whole

__all__ = ["history"]


@COMMANDS.register("history")
def history(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the lines typed so far: [N] the last N, [-c] forget them."""
    if list(args) == ["-c"]:
        at.history.clear()
        return CommandResult(0, "", "")
    count = whole(args[0], "bash: history: numeric argument required", 0) if args else len(at.history)
    first = max(len(at.history) - count, 0)
    return said([f"{n:5}  {line}" for n, line in enumerate(at.history[first:], first + 1)])
