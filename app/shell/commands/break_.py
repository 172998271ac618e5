"""`break`. Source: bash(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.language.control import LoopControl
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["break_"]


@COMMANDS.register("break")
def break_(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Leave a loop, or N of them."""
    text = args[0] if args else "1"
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise CommandError(f"bash: break: {text}: numeric argument required\n", 1)
    raise LoopControl("break", int(text))
