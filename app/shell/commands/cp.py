"""`cp`. Source: cp(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.filepairs import pairs
from app.shell.language.control import FileProblem
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["cp"]


@COMMANDS.register("cp")
def cp(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Copy modelled files: cp SOURCE... DESTINATION."""
    given = options("cp", args, "fvinpar", "", {"force": "f", "verbose": "v", "recursive": "r"})
    files, problems = at.fs, ""
    for path, place in pairs("cp", given.words, files):
        try:
            files.write(place, files.read(path))
        except FileProblem as problem:
            problems += f"cp: {problem}\n"
    return CommandResult(int(bool(problems)), "", problems)
