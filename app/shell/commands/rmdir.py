"""`rmdir`. Source: rmdir(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.language.control import FileProblem
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["rmdir"]


@COMMANDS.register("rmdir")
def rmdir(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Remove empty directories."""
    given = options("rmdir", args, "pv", "", {"parents": "p"})
    problems = ""
    for path in given.words:
        try:
            at.fs.remove_directory(path)
        except FileProblem as problem:
            problems += f"rmdir: failed to remove '{problem.path}': {problem.reason}\n"
    return CommandResult(int(bool(problems)), "", problems)
