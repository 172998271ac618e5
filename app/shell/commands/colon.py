"""`:`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["colon"]


@COMMANDS.register(":")
def colon(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Do nothing; the words are expanded all the same."""
    return CommandResult(0, "", "")
