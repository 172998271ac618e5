"""`export`. Source: bash(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["export"]


@COMMANDS.register("export")
def export(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Give variables to commands: export NAME, export NAME=VALUE."""
    if not args or list(args) == ["-p"]:
        return said([f'declare -x {name}="{at.variables.get(name, "")}"' for name in sorted(at.exported)])
    problems = ""
    for word in args:
        name, found, value = word.partition("=")
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            problems += f"bash: export: `{word}': not a valid identifier\n"
            continue
        at.exported.add(name)
        if found:
            at.variables[name] = value
    return CommandResult(int(bool(problems)), "", problems)
