"""`awk`: only programs that print. Source: awk(1), POSIX.1-2017."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.regex import Regex, RegexProblem
from app.shell.awkprogram import ProgramProblem, read_program
from app.shell.escapes import unescape
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, options, read_inputs

__all__ = ["awk"]


@COMMANDS.register("awk")
def awk(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print fields of lines: awk [-F SEPARATOR] '[CONDITION] {print $1, $NF}' [FILE]."""
    given = options("awk", args, "", "Fv", {"field-separator": "F"})
    if not given.words:
        raise CommandError("usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]\n", 2)
    separator = unescape(given.options.get("F", " "))[0]
    try:
        program = read_program(given.words[0])
        splitter = Regex(separator, extended=True) if len(separator) > 1 else separator.strip(" ") or None
    except (ProgramProblem, RegexProblem) as problem:
        raise CommandError(f"podwalk: awk: {problem}\n", 2) from None
    inputs = read_inputs(at, "awk", given.words[1:])
    rows = [line for _, text in inputs.texts for line in lines_of(text)]
    out = program.run(rows, splitter)
    return CommandResult(2 * inputs.exit_code, out, inputs.stderr)
