"""`id`. Source: id(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["id_"]


@COMMANDS.register("id")
def id_(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print user and groups: root everywhere here; [-u] [-g] the number, [-n] the name."""
    given = options("id", args, "ugnG", "")
    if given.options:
        return said(["root" if given.has("n") else "0"])
    return said(["uid=0(root) gid=0(root) groups=0(root)"])
