"""`tee`. Source: tee(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.language.control import FileProblem
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["tee"]


@COMMANDS.register("tee")
def tee(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print what comes through a pipe and write it into files: [-a] behind what is there."""
    given = options("tee", args, "ai", "", {"append": "a", "ignore-interrupts": "i"})
    text, problems = at.input(), ""
    for path in given.words:
        try:
            at.fs.write(path, text, append=given.has("a"))
        except FileProblem as problem:
            problems += f"tee: {problem}\n"
    return CommandResult(int(bool(problems)), text, problems)
