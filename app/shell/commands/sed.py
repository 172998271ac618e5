"""`sed`: only s///, p and d. Source: sed(1), POSIX.1-2017."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.regex import RegexProblem
from app.shell.result import CommandError, CommandResult
from app.shell.sedscript import ScriptProblem, edited, read_script
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, options, read_inputs

__all__ = ["sed"]

LONG = {"quiet": "n", "regexp-extended": "E", "in-place": "i", "expression": "e"}


@COMMANDS.register("sed")
def sed(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Edit lines: sed [-n] [-E] [-i] 's/OLD/NEW/g' [FILE]; also '/PATTERN/d', '3p', '2,4d', '$d'."""
    given = options("sed", args, "nErzsi", "e", LONG)
    scripts = given.all.get("e") or given.words[:1]
    if not scripts:
        raise CommandError("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n", 1)
    extended = given.has("E") or given.has("r")
    try:
        edits = [edit for script in scripts for edit in read_script(script, extended=extended)]
    except (ScriptProblem, RegexProblem) as problem:
        raise CommandError(f"sed: -e expression #1: {problem}\n", 1) from None
    paths = given.words if given.has("e") else given.words[1:]
    inputs = read_inputs(at, "sed", paths, prefix="")
    stderr = inputs.stderr.replace("sed: ", "sed: can't read ")
    if given.has("i"):
        if not paths:
            raise CommandError("sed: no input files\n", 1)
        for path, text in inputs.texts:
            at.fs.write(path, edited(lines_of(text), edits, is_quiet=given.has("n")))
        return CommandResult(2 if stderr else 0, "", stderr)
    lines = [line for _, text in inputs.texts for line in lines_of(text)]
    return CommandResult(2 if stderr else 0, edited(lines, edits, is_quiet=given.has("n")), stderr)
