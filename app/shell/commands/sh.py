"""`sh`. Source: sh(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.subshell import run_shell
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["sh"]


@COMMANDS.register("sh")
def sh(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Run a shell: sh -c 'COMMANDS', sh FILE, or the lines that follow, until `exit`."""
    return run_shell(at, "sh", args)
