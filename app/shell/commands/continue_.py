"""`continue`. Source: bash(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.language.control import LoopControl
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["continue_"]


@COMMANDS.register("continue")
def continue_(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Go on with the next round of a loop, or of the Nth around it."""
    text = args[0] if args else "1"
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise CommandError(f"bash: continue: {text}: numeric argument required\n", 1)
    raise LoopControl("continue", int(text))
