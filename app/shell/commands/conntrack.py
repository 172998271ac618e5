"""`conntrack`: the connections that this host tracks. Source: conntrack(8), conntrack-tools 1.4.7, src/conntrack.c."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.dataplane.conntrack import Connection
from app.dataplane.netns import NetNs
from app.shell.conntrackcall import USAGE, VERSION, Call, read_call
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["conntrack"]


@COMMANDS.register("conntrack")
def conntrack(at: Terminal, args: Sequence[str]) -> CommandResult:
    """List (-L), count (-C), delete (-D) or flush (-F) the tracked connections."""
    netns = at.netns
    call = read_call(args)
    chosen = [c for c in netns.conntrack.connections(netns.clock.now_us) if call.fits(c)]
    return RUN[call.command](netns, call, chosen)


def _help(_: NetNs, call: Call, __: Sequence[Connection]) -> CommandResult:
    return CommandResult(0, f"{VERSION}\n" if call.command == "version" else USAGE, "")


def _list(netns: NetNs, _: Call, chosen: Sequence[Connection]) -> CommandResult:
    return CommandResult(0, _text(netns, chosen), f"{VERSION}: {len(chosen)} flow entries have been shown.\n")


def _count(_: NetNs, __: Call, chosen: Sequence[Connection]) -> CommandResult:
    return CommandResult(0, f"{len(chosen)}\n", "")


def _delete(netns: NetNs, _: Call, chosen: Sequence[Connection]) -> CommandResult:
    text = _text(netns, chosen)
    for connection in chosen:
        netns.conntrack.kill(connection)
    return CommandResult(0 if chosen else 1, text, f"{VERSION}: {len(chosen)} flow entries have been deleted.\n")


def _flush(netns: NetNs, _: Call, __: Sequence[Connection]) -> CommandResult:
    netns.conntrack.forget_all()
    return CommandResult(0, "", f"{VERSION}: connection tracking table has been emptied.\n")


def _text(netns: NetNs, chosen: Sequence[Connection]) -> str:
    return "".join(f"{connection.text(netns.clock.now_us)}\n" for connection in chosen)


RUN: dict[str, Callable[[NetNs, Call, Sequence[Connection]], CommandResult]] = {
    "list": _list, "count": _count, "delete": _delete, "flush": _flush, "help": _help, "version": _help,
}  # fmt: skip
