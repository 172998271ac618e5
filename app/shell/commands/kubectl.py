"""`kubectl`: the client of the API. Everything is in app/shell/kubectl."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.kubectl.dispatch import dispatch
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["kubectl"]


@COMMANDS.register("kubectl")
def kubectl(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Ask and change the cluster's objects; kubectl --help tells more."""
    return dispatch(at, args)
