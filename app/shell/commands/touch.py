"""`touch`. Source: touch(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.language.control import FileProblem
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["touch"]


@COMMANDS.register("touch")
def touch(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Make empty files where there are none; times of files are not modelled."""
    given = options("touch", args, "acm", "drt", {"no-create": "c", "date": "d"})
    if not given.words:
        raise CommandError("touch: missing file operand\nTry 'touch --help' for more information.\n", 1)
    problems = ""
    for path in given.words:
        try:
            if not at.fs.exists(path) and not given.has("c"):
                at.fs.write(path, "")
        except FileProblem as problem:
            problems += f"touch: cannot touch '{problem.path}': {problem.reason}\n"
    return CommandResult(int(bool(problems)), "", problems)
