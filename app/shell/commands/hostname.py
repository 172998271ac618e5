"""`hostname`. Source: hostname(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["hostname"]


@COMMANDS.register("hostname")
def hostname(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the name of this host; with -i its addresses."""
    netns = at.netns
    if not args:
        return said([netns.name.rpartition("/")[2]])
    if args[0] in ("-i", "-I", "--ip-address", "--all-ip-addresses"):
        own = [a.interface.ip for i in netns.interfaces.values() for a in i.addresses if a.scope == "global"]
        return said([" ".join(str(ip) for ip in own) + " "])
    raise CommandError("hostname: you must be root to change the host name\n", 1)
