"""`true`. Source: true(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["true"]


@COMMANDS.register("true")
def true(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Do nothing, successfully."""
    return CommandResult(0, "", "")
