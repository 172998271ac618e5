"""`source` and `.`. Source: bash(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.language.streams import Sink
from app.shell.lines import run_script
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["source"]


@COMMANDS.register(".")
@COMMANDS.register("source")
def source(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Run a file in this shell, which keeps the variables that it sets."""
    if not args:
        raise CommandError("bash: source: filename argument required\n", 2)
    sink = Sink()
    code = run_script(at, at.fs.read(args[0]), sink)
    return CommandResult(code, sink.stdout, sink.stderr)
