"""`ss`: the sockets of this namespace. Source: iproute2 6.1, misc/ss.c.

Simplified (docs/fidelity.md): columns have a fixed width, where the real one fits them to the terminal; ports are
numbers with or without -n; filters are `state`, `sport`, `dport`, `src` and `dst`, joined by `and`; -K closes what the
filter names in every state, where the real one wants -l or -a besides for sockets that listen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address

from msgspec import Struct

from app.core.errors import listing
from app.dataplane.netns import NetNs
from app.shell.iproute.words import Words, network
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["ss"]

HEADER = f"{'Netid':<6}{'State':<11}{'Recv-Q':<7}{'Send-Q':<7}{'Local Address:Port':>22} {'Peer Address:Port':>22}"
LETTERS = {
    "l": "listening", "t": "tcp", "u": "udp", "w": "icmp", "n": "", "a": "all", "H": "quiet", "p": "processes",
    "K": "kill", "4": "", "r": "", "O": "", "0": "packet",
}  # fmt: skip
LONG = {
    "--listening": "l", "--tcp": "t", "--udp": "u", "--raw": "w", "--numeric": "n", "--all": "a", "--no-header": "H",
    "--processes": "p", "--kill": "K", "--ipv4": "4", "--resolve": "r", "--oneline": "O", "--packet": "0",
}  # fmt: skip
STATES = {
    "established": {"ESTAB"}, "syn-sent": {"SYN-SENT"}, "syn-recv": {"SYN-RECV"}, "fin-wait-1": {"FIN-WAIT-1"},
    "fin-wait-2": {"FIN-WAIT-2"}, "time-wait": {"TIME-WAIT"}, "closed": {"UNCONN"}, "close-wait": {"CLOSE-WAIT"},
    "last-ack": {"LAST-ACK"}, "listening": {"LISTEN"}, "unconnected": {"UNCONN"},
}  # fmt: skip
SERVICES = {"http": 80, "https": 443, "domain": 53}
WAITING = frozenset({"LISTEN", "UNCONN"})


class Socket(Struct, frozen=True):
    """One line of `ss`, taken apart. `process` is the program that listens, "" where it is not known."""

    proto: str
    state: str
    row: str
    process: str

    def end(self, word: str) -> tuple[IPv4Address, int]:
        """Return address and port of one side: `src`/`sport` or `dst`/`dport`; `*` is port 0."""
        text = self.row.split()[4 if word.startswith("s") else 5]
        address, _, port = text.partition(":")
        return IPv4Address(address), 0 if port == "*" else int(port)


def _sockets(netns: NetNs) -> list[Socket]:
    programs = {listener.row(): listener.process for listener in netns.sockets.listeners}
    packet = [Socket("packet", "UNCONN", socket.row(), socket.process) for socket in netns.arp_sockets]
    rows = netns.sockets.rows()
    return [*packet, *(Socket(proto, state, row, programs.get(row, "")) for proto, state, row in rows)]


Test = Callable[[Socket], bool]


class Query(Struct):
    """What is asked: the options' names, the states, and the tests of the filter."""

    options: set[str]
    states: frozenset[str] = frozenset()
    tests: tuple[Test, ...] = ()

    def shows(self, socket: Socket) -> bool:
        """Whether a socket is listed."""
        protocols = self.options & {"tcp", "udp", "icmp", "packet"}
        if socket.proto == "packet" and (self.tests or "kill" in self.options):
            return False
        return (
            (not protocols or socket.proto in protocols)
            and self._is_state(socket.state)
            and all(test(socket) for test in self.tests)
        )

    def _is_state(self, state: str) -> bool:
        if self.states:
            return state in self.states
        if self.options & {"all", "kill"}:
            return True
        return (state in WAITING) == ("listening" in self.options)


@COMMANDS.register("ss")
def ss(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show the sockets of this network namespace; with -K close them."""
    netns = at.netns
    options, rest = _options(args)
    query = _filter(rest, options)
    found = [s for s in _sockets(netns) if query.shows(s)]
    if "kill" in options:
        for socket in found:
            netns.sockets.close(socket.row)
    single = len(options & {"tcp", "udp", "icmp"}) == 1 and "packet" not in options
    header = (
        [] if "quiet" in options else [_cut(HEADER, single=single) + (" Process" if "processes" in options else "")]
    )
    return said([*header, *(_line(s, single=single, processes="processes" in options) for s in found)])


def _line(socket: Socket, *, single: bool, processes: bool) -> str:
    program = f' users:(("{socket.process}"))' if processes and socket.process else ""
    return _cut(socket.row, single=single) + program


def _cut(row: str, *, single: bool) -> str:
    """Return the row without the Netid column, which the real one leaves out when one protocol was asked for."""
    return row[6:] if single else row


def _options(args: Sequence[str]) -> tuple[set[str], list[str]]:
    options: set[str] = set()
    rest: list[str] = []
    for arg in args:
        if rest or not arg.startswith("-") or arg == "-":
            rest.append(arg)
            continue
        for letter in LONG.get(arg, arg[1:]):
            if (arg.startswith("--") and arg not in LONG) or letter in "ZzxMSdVhsemioTbEDFA6fN":
                raise not_modelled(f"ss {arg}", "modelled: -l -a -t -u -w -0 -n -p -H -K")
            if letter not in LETTERS:
                raise CommandError(f"ss: invalid option -- '{letter}'\n", 255)
            options.add(LETTERS[letter])
    options.discard("")
    return options, rest


# --- the filter -------------------------------------------------------------------------------------------------------


def _filter(rest: Sequence[str], options: set[str]) -> Query:
    query = Query(options)
    words = Words([w for w in rest if w not in ("(", ")", "and", "&", "&&")])
    while words:
        word = words.take()
        if word == "state":
            query.states |= _state(words.take())
        elif word in ("sport", "dport"):
            query.tests = (*query.tests, _port_test(word, words))
        elif word in ("src", "dst"):
            query.tests = (*query.tests, _address_test(word, words))
        elif word in ("or", "not", "|", "||", "!", "exclude", "dev", "autobound", "fwmark", "cgroup"):
            raise not_modelled(f"`{word}` in a filter of ss", "modelled: state, sport, dport, src, dst, and")
        else:
            message = f'Error: an inet prefix is expected rather than "{word}".\nCannot parse dst/src address.\n'
            raise CommandError(message, 1)
    return query


def _state(name: str) -> frozenset[str]:
    if name in ("all", "connected"):
        every = frozenset(s for group in STATES.values() for s in group)
        return every if name == "all" else every - WAITING
    if name not in STATES:
        raise CommandError(f"ss: wrong state name: {name}\n", 255)
    return frozenset(STATES[name])


def _port_test(name: str, words: Words) -> Test:
    if words.first in ("=", "==", "eq"):
        words.take()
    elif words.first in ("!=", "ne", "neq", ">", "<", ">=", "<=", "gt", "lt", "ge", "le"):
        raise not_modelled(f"`{words.first}` in a filter of ss", "modelled: =")
    text = words.take().removeprefix(":")
    port = SERVICES.get(text) if text in SERVICES else int(text) if re.fullmatch("[0-9]{1,5}", text) else None
    if port is None or port > 65535:
        raise CommandError(f'Error: "{text}" is not a port: write a number or {listing(SERVICES)}\n', 1)
    return lambda s: s.end(name)[1] == port


def _address_test(name: str, words: Words) -> Test:
    if words.first in ("=", "=="):
        words.take()
    within = network(words.take(), "an inet").network
    return lambda s: s.end(name)[0] in within
