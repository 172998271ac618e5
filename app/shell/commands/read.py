"""`read`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["read"]


@COMMANDS.register("read")
def read(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Put the words of the next line of input into variables: read [-r] NAME..."""
    given = options("read", args, "rs", "pt")
    if not at.stdin:
        return CommandResult(1, "", "")
    line, _, at.stdin = at.stdin.partition("\n")
    names = given.words or ["REPLY"]
    words = line.split(None, len(names) - 1) if given.words else [line]
    for n, name in enumerate(names):
        at.variables[name] = words[n].rstrip() if n < len(words) else ""
    return CommandResult(0, "", "")
