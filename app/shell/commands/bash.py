"""`bash`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.subshell import run_shell
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["bash"]


@COMMANDS.register("bash")
def bash(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Run a shell: bash -c 'COMMANDS', bash FILE, or the lines that follow, until `exit`."""
    return run_shell(at, "bash", args)
