"""`false`. Source: false(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["false"]


@COMMANDS.register("false")
def false(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Do nothing, without success."""
    return CommandResult(1, "", "")
