"""`env`. Source: env(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["env"]


@COMMANDS.register("env")
def env(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the environment, or run a command with more variables: env NAME=VALUE COMMAND."""
    words = list(args)
    own = dict(at.variables), set(at.exported)
    try:
        while words and "=" in words[0] and not words[0].startswith("-"):
            name, _, value = words.pop(0).partition("=")
            at.variables[name] = value
            at.exported.add(name)
        if words:
            return at.call(words)
        return said([f"{name}={at.variables[name]}" for name in at.variables if name in at.exported])
    finally:
        at.variables, at.exported = own
