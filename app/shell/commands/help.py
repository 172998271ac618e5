"""`help`: what can be typed here."""

from __future__ import annotations

from collections.abc import Sequence

from app.dataplane.netns import NetNs
from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS

__all__ = ["help_"]


@COMMANDS.register("help")
def help_(netns: NetNs, args: Sequence[str]) -> CommandResult:
    """List the commands, one line each."""
    names = [n for n in COMMANDS.names() if not args or n in args]
    lines = [f"{name:<10} {(COMMANDS.get(name).__doc__ or '').partition(chr(10))[0]}" for name in names]
    return said([*lines, f"You are in {netns.name}. `COMMAND help` tells more."] if not args else lines)
