"""`egrep`. Source: grep(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.commands.grep import grep
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["egrep"]


@COMMANDS.register("egrep")
def egrep(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the lines that match, by extended regular expressions: `grep -E`."""
    return grep(at, ["-E", *args])
