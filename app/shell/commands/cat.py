"""`cat`. Source: cat(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, options, read_inputs

__all__ = ["cat"]


@COMMANDS.register("cat")
def cat(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print files, or what comes through a pipe: [-n] with line numbers."""
    given = options("cat", args, "nbsuvAeETt", "", {"number": "n"})
    inputs = read_inputs(at, "cat", given.words)
    text = "".join(text for _, text in inputs.texts)
    if given.has("n"):
        text = "".join(f"{number:6}\t{line}\n" for number, line in enumerate(lines_of(text), 1))
    return CommandResult(inputs.exit_code, text, inputs.stderr)
