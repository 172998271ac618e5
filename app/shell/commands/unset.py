"""`unset`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["unset"]


@COMMANDS.register("unset")
def unset(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Forget variables."""
    for name in args:
        at.variables.pop(name, None)
        at.exported.discard(name)
    return CommandResult(0, "", "")
