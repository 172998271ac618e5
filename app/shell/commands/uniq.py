"""`uniq`. Source: uniq(1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, options, read_inputs

__all__ = ["uniq"]


@COMMANDS.register("uniq")
def uniq(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Drop repeated neighbours: [-c] count them, [-d] only repeated ones, [-u] only single ones."""
    given = options("uniq", args, "cdui", "", {"count": "c", "repeated": "d", "unique": "u", "ignore-case": "i"})
    inputs = read_inputs(at, "uniq", given.words[:1])
    lines = [line for _, text in inputs.texts for line in lines_of(text)]
    made = ""
    for _, group in groupby(lines, key=str.lower if given.has("i") else None):
        same = list(group)
        if (given.has("d") and len(same) < 2) or (given.has("u") and len(same) > 1):
            continue
        made += f"{len(same):7} {same[0]}\n" if given.has("c") else f"{same[0]}\n"
    return CommandResult(inputs.exit_code, made, inputs.stderr)
