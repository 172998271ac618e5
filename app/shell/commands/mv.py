"""`mv`. Source: mv(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.filepairs import pairs
from app.shell.language.control import FileProblem
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["mv"]


@COMMANDS.register("mv")
def mv(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Move modelled files: mv SOURCE... DESTINATION."""
    given = options("mv", args, "fvinpar", "", {"force": "f", "verbose": "v", "recursive": "r"})
    files, problems = at.fs, ""
    for path, place in pairs("mv", given.words, files):
        try:
            files.write(place, files.read(path))
            files.remove(path)
        except FileProblem as problem:
            problems += f"mv: {problem}\n"
    return CommandResult(int(bool(problems)), "", problems)
