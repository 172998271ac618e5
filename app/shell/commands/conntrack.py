"""`conntrack`: the connections that this host tracks. Source: conntrack(8), conntrack-tools 1.4.7."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.core.errors import did_you_mean
from app.dataplane.conntrack import Connection
from app.dataplane.netns import NetNs
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS

__all__ = ["conntrack"]

COMMAND_WORDS = {
    "-L": "list",
    "--dump": "list",
    "-D": "delete",
    "--delete": "delete",
    "-F": "flush",
    "--flush": "flush",
}
COMMAND_WORDS |= {"-C": "count", "--count": "count"}
#: Filters that take a value, and what of a connection they compare.
FILTERS: dict[str, Callable[[Connection], str]] = {
    "-p": lambda c: c.original.proto,
    "--proto": lambda c: c.original.proto,
    "-s": lambda c: str(c.original.src),
    "--src": lambda c: str(c.original.src),
    "--orig-src": lambda c: str(c.original.src),
    "-d": lambda c: str(c.original.dst),
    "--dst": lambda c: str(c.original.dst),
    "--orig-dst": lambda c: str(c.original.dst),
    "-r": lambda c: str(c.reply.src),
    "--reply-src": lambda c: str(c.reply.src),
    "-q": lambda c: str(c.reply.dst),
    "--reply-dst": lambda c: str(c.reply.dst),
    "--sport": lambda c: str(c.original.sport),
    "--orig-port-src": lambda c: str(c.original.sport),
    "--dport": lambda c: str(c.original.dport),
    "--orig-port-dst": lambda c: str(c.original.dport),
    "--state": lambda c: c.state,
}
VERSION = "conntrack v1.4.7 (conntrack-tools)"


@COMMANDS.register("conntrack")
def conntrack(netns: NetNs, args: Sequence[str]) -> CommandResult:
    """List (-L), count (-C), delete (-D) or flush (-F) the tracked connections."""
    if not args:
        raise CommandError(f"{VERSION}: You need to supply exactly one command\n", 2)
    command = COMMAND_WORDS.get(args[0])
    if command is None:
        near = did_you_mean(args[0], COMMAND_WORDS)
        raise CommandError(f"{VERSION}: unknown option '{args[0]}'{near}; legal: -L, -C, -D, -F\n", 2)
    now_us = netns.clock.now_us
    rest = list(args[1:])
    if rest and rest[0] == "conntrack":
        rest.pop(0)
    chosen = [c for c in netns.conntrack.connections(now_us) if _fits(c, rest)]
    lines = [connection.text(now_us) for connection in chosen]
    if command == "count":
        return CommandResult(0, f"{len(chosen)}\n", "")
    if command == "flush":
        _forget(netns, chosen)
        return CommandResult(0, "", f"{VERSION}: connection tracking table has been emptied.\n")
    if command == "delete":
        _forget(netns, chosen)
        done = f"{VERSION}: {len(chosen)} flow entries have been deleted.\n"
        return CommandResult(0 if chosen else 1, _text(lines), done)
    return CommandResult(0, _text(lines), f"{VERSION}: {len(chosen)} flow entries have been shown.\n")


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _forget(netns: NetNs, chosen: Sequence[Connection]) -> None:
    for connection in chosen:
        netns.conntrack.kill(connection)


def _fits(connection: Connection, words: Sequence[str]) -> bool:
    """Whether a connection fulfils every filter."""
    rest = list(words)
    while rest:
        option = rest.pop(0)
        if option in ("-o", "--output"):
            raise not_modelled(f"conntrack {option}")
        if option not in FILTERS:
            raise CommandError(f"{VERSION}: unknown option '{option}'{did_you_mean(option, FILTERS)}\n", 2)
        if not rest:
            raise CommandError(f"{VERSION}: option '{option}' requires an argument\n", 2)
        if FILTERS[option](connection) != rest.pop(0):
            return False
    return True
