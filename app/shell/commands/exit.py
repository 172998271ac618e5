"""`exit`. Source: bash(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.language.control import ShellExit
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["exit_"]


@COMMANDS.register("exit")
def exit_(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Leave this shell, with an exit code if one is given."""
    text = args[0] if args else str(at.last_code)
    if not re.fullmatch("-?[0-9]{1,9}", text):
        raise CommandError(f"bash: exit: {text}: numeric argument required\n", 2)
    raise ShellExit(int(text) % 256)
