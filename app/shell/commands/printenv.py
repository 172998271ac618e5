"""`printenv`. Source: printenv(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["printenv"]


@COMMANDS.register("printenv")
def printenv(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the environment, or the variables that are named."""
    shown = {name: value for name, value in at.variables.items() if name in at.exported}
    if not args:
        return said([f"{name}={value}" for name, value in shown.items()])
    found = [shown[name] for name in args if name in shown]
    return CommandResult(int(len(found) < len(args)), "".join(f"{value}\n" for value in found), "")
