"""`type`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["type_"]


@COMMANDS.register("type")
def type_(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Say what a word means as a command."""
    out, problems = "", ""
    for name in args:
        if name in COMMANDS:
            out += f"{name} is /usr/bin/{name}\n"
        else:
            problems += f"bash: type: {name}: not found\n"
    return CommandResult(int(bool(problems)), out, problems)
