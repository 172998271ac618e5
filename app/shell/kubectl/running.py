"""A command in a container, for `exec`, `attach` and `run -i`."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import did_you_mean
from app.shell.kubectl.errors import error
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["run_in"]


def run_in(inner: Terminal, words: Sequence[str], *, has_stdin: bool) -> CommandResult:
    """Run a command in a container; without -i it has no input. CommandError: the runtime finds no such program."""
    if not has_stdin:
        inner.stdin, inner.is_piped, inner.session = "", True, None
    name = words[0]
    known = name.rpartition("/")[2]
    if known not in COMMANDS:
        hint = f"podwalk: no such program is modelled{did_you_mean(known, COMMANDS.names())}"
        raise error(
            "Internal error occurred: error executing command in container: failed to exec in container: failed to "
            "start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "
            f'"{name}": executable file not found in $PATH\n{hint}'
        )
    return inner.call(words)
