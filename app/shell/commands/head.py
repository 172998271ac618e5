"""`head`. Source: head(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.ends import ends_of
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["head"]


@COMMANDS.register("head")
def head(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the first ten lines: -n N or -N how many, -c N bytes."""
    return ends_of(at, "head", args)
