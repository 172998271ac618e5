"""`tail`. Source: tail(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.ends import ends_of
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["tail"]


@COMMANDS.register("tail")
def tail(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the last ten lines: -n N or -N how many, -c N bytes."""
    return ends_of(at, "tail", args)
