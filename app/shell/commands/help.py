"""`help`: what can be typed here."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import did_you_mean
from app.shell.result import CommandError, CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["help_"]


@COMMANDS.register("help")
def help_(at: Terminal, args: Sequence[str]) -> CommandResult:
    """List the commands, one line each; help NAME: only that one."""
    names = COMMANDS.names()
    for word in args:
        if word not in names:
            raise CommandError(f"help: no command '{word}'{did_you_mean(word, names)}\n", 1)
    width = max(len(name) for name in names)
    lines = [
        f"{name:<{width}} {(COMMANDS.get(name).__doc__ or '').partition(chr(10))[0]}"
        for name in names
        if not args or name in args
    ]
    if args:
        return said(lines)
    return said([*lines, f"You are in {at.netns.name}. `ip help`, `bridge help` and `ipset help` tell more."])
