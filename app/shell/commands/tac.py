"""`tac`. Source: tac(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, read_inputs

__all__ = ["tac"]


@COMMANDS.register("tac")
def tac(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print lines in reverse order."""
    inputs = read_inputs(at, "tac", args)
    lines = [line for _, text in inputs.texts for line in reversed(lines_of(text))]
    return CommandResult(inputs.exit_code, "".join(f"{line}\n" for line in lines), inputs.stderr)
