"""`mkdir`. Source: mkdir(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.filesystem import FileSystem
from app.shell.language.control import FileProblem
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["mkdir"]


@COMMANDS.register("mkdir")
def mkdir(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Make directories: [-p] parents too, and no complaint about what is there."""
    given = options("mkdir", args, "pv", "m", {"parents": "p", "mode": "m", "verbose": "v"})
    if not given.words:
        raise CommandError("mkdir: missing operand\nTry 'mkdir --help' for more information.\n", 1)
    problems = ""
    for path in given.words:
        try:
            _make(at.fs, path, parents=given.has("p"))
        except FileProblem as problem:
            problems += f"mkdir: cannot create directory '{problem.path}': {problem.reason}\n"
    return CommandResult(int(bool(problems)), "", problems)


def _make(files: FileSystem, path: str, *, parents: bool) -> None:
    if not parents:
        files.make_directory(path)
        return
    at = ""
    for part in files.full(path).split("/")[1:]:
        at += f"/{part}"
        if not files.is_directory(at):
            files.make_directory(at)
