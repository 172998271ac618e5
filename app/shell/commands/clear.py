"""`clear`. Source: clear(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["clear"]


@COMMANDS.register("clear")
def clear(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print nothing: what shows the terminal may take this as the wish to clear it."""
    return CommandResult(0, "", "")
