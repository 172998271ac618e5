"""`whoami`. Source: whoami(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["whoami"]


@COMMANDS.register("whoami")
def whoami(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print who you are: root everywhere here."""
    return said(["root"])
