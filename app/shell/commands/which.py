"""`which`. Source: which(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["which"]

SBIN = frozenset("ip bridge iptables iptables-save iptables-restore ipset nft sysctl conntrack tcpdump".split())


@COMMANDS.register("which")
def which(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print where commands would lie."""
    names = [word for word in args if not word.startswith("-")]
    found = [f"{'/usr/sbin' if name in SBIN else '/usr/bin'}/{name}\n" for name in names if name in COMMANDS]
    return CommandResult(int(len(found) < len(names) or not names), "".join(found), "")
