"""`pwd`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["pwd"]


@COMMANDS.register("pwd")
def pwd(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print the working directory."""
    return said([at.cwd])
