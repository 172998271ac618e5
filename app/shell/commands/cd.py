"""`cd`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["cd"]


@COMMANDS.register("cd")
def cd(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Go to a directory: cd DIRECTORY, cd - (back), cd (home)."""
    words = [word for word in args if word not in ("--", "-L", "-P")]
    if len(words) > 1:
        raise CommandError("bash: cd: too many arguments\n", 1)
    target = words[0] if words else at.variables.get("HOME", "/root")
    if target == "-":
        target = at.variables.get("OLDPWD", "")
        if not target:
            raise CommandError("bash: cd: OLDPWD not set\n", 1)
    files = at.fs
    if not files.is_directory(target):
        what = "Not a directory" if files.is_file(target) else "No such file or directory"
        raise CommandError(f"bash: cd: {target}: {what}\n", 1)
    at.variables["OLDPWD"] = at.cwd
    at.cwd = at.variables["PWD"] = files.full(target)
    return CommandResult(0, f"{at.cwd}\n" if words[:1] == ["-"] else "", "")
