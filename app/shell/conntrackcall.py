"""Reading the command line of conntrack. Source: conntrack-tools 1.4.7, src/conntrack.c, do_parse()."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address

from msgspec import Struct, field

from app.dataplane.conntrack import Connection
from app.shell.result import CommandError, not_modelled

__all__ = ["USAGE", "VERSION", "Call", "read_call"]

VERSION = "conntrack v1.4.7 (conntrack-tools)"
USAGE = """\
conntrack v1.4.7 (podwalk's model)

Usage: conntrack [commands] [options]
Commands: -L [conntrack] | -D [conntrack] | -C [conntrack] | -F [conntrack]
Options of -L and -D: -s ADDRESS[/CIDR] | -d ADDRESS[/CIDR] | -r ADDRESS | -q ADDRESS | -p PROTO
         after -p tcp or -p udp: --sport PORT | --dport PORT | --reply-port-src PORT | --reply-port-dst PORT
         after -p tcp: --state STATE
"""
BY_WORD = {
    "-L": "list", "--dump": "list", "-D": "delete", "--delete": "delete", "-F": "flush", "--flush": "flush",
    "-C": "count", "--count": "count", "-h": "help", "--help": "help", "-V": "version", "--version": "version",
}  # fmt: skip
#: Filters by address and protocol, with the name that a refusal gives them; conntrack refuses them in this order.
FILTERS = {
    "-s": "src", "--src": "src", "--orig-src": "src", "-d": "dst", "--dst": "dst", "--orig-dst": "dst",
    "-r": "reply-src", "--reply-src": "reply-src", "-q": "reply-dst", "--reply-dst": "reply-dst",
    "-p": "protonum", "--proto": "protonum", "--protonum": "protonum",
}  # fmt: skip
PORTS: dict[str, Callable[[Connection], int]] = {
    "--sport": lambda c: c.original.sport, "--orig-port-src": lambda c: c.original.sport,
    "--dport": lambda c: c.original.dport, "--orig-port-dst": lambda c: c.original.dport,
    "--reply-port-src": lambda c: c.reply.sport, "--reply-port-dst": lambda c: c.reply.dport,
}  # fmt: skip
PROTOCOLS = {
    "icmp": 1, "ipencap": 4, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "icmpv6": 58, "sctp": 132, "udplite": 136,
}  # fmt: skip
WITH_PORTS = (6, 17, 33, 132, 136)
STATES = (
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",
    "SYN_SENT2", "LISTEN",
)  # fmt: skip
TABLES = ("expect", "conntrack", "dying", "unconfirmed")
#: What conntrack(8) has and the model has not.
UNMODELLED = frozenset(
    """
    -I --create -A --add -U --update -G --get -E --event -S --stats -R --load-file -o --output -e --event-mask -f
    --family -b --buffer-size -z --zero -n --src-nat -g --dst-nat -j --any-nat -m --mark -l --label -u --status -t
    --timeout -i --id -w --zone --orig-zone --reply-zone --mask-src --mask-dst --tuple-src --tuple-dst -c --secmark -a
    --icmp-type --icmp-code --icmp-id
    """.split()
)
Test = Callable[[Connection], bool]


class Call(Struct):
    """A command line: what to do, and the tests of a connection (of an option given twice the last counts)."""

    command: str = ""
    tests: dict[str, Test] = field(default_factory=dict)

    def fits(self, connection: Connection) -> bool:
        """Whether a connection fulfils every test."""
        return all(test(connection) for test in self.tests.values())


def wrong(message: str) -> CommandError:
    """Return a refusal of the command line."""
    return CommandError(f"{VERSION}: {message}\nTry `conntrack -h' or 'conntrack --help' for more information.\n", 2)


def read_call(args: Sequence[str]) -> Call:
    """Return what a command line asks for. CommandError: conntrack refuses it, or it is not modelled."""
    return _Reader(args).read()


class _Reader:
    def __init__(self, args: Sequence[str]) -> None:
        self.left = list(args)
        self.call = Call()
        self.protocol = 0
        self.is_ipv6: bool | None = None

    def read(self) -> Call:
        while self.left:
            word = self.left.pop(0)
            if (
                word.startswith("-") and word != "-"
            ):  # getopt passes over other words, and conntrack never asks for them
                self._option(*self._cut(word))
        call = self.call
        if call.command not in ("list", "delete", "help", "version"):
            for name in dict.fromkeys(FILTERS.values()):
                if name in call.tests:
                    raise wrong(f"Illegal option `--{name}' with this command")
        call.command = call.command or "help"
        return call

    def _cut(self, word: str) -> tuple[str, str]:
        """Return an option as it is written, and its name, the value that hangs on it (`-ptcp`, `--src=A`) put back."""
        name, given, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if given:
            self.left.insert(0, value)
        return word, name

    def _option(self, word: str, name: str) -> None:
        if name in BY_WORD:
            self._command(BY_WORD[name])
        elif name in FILTERS:
            kind, value = FILTERS[name], self._value(name)
            self.call.tests[kind] = self._protocol(value) if kind == "protonum" else self._address(kind, value)
        elif name in PORTS and self.protocol in WITH_PORTS:
            number, port = _atoi(self._value(name)), PORTS[name]
            self.call.tests[name] = lambda c: port(c) == number
        elif name == "--state" and self.protocol == PROTOCOLS["tcp"]:
            state = self._value(name)
            if state not in STATES:
                raise wrong(f"unknown TCP state `{state}'")
            self.call.tests[name] = lambda c: c.state == ("SYN_SENT2" if state == "LISTEN" else state)
        elif name in UNMODELLED:
            raise not_modelled(f"conntrack {name}")
        else:
            raise wrong(f"unknown option `{word}'")

    def _command(self, command: str) -> None:
        if self.call.command:
            raise wrong("Invalid commands combination")
        self.call.command = command
        if command in ("help", "version") or not self.left or self.left[0].startswith(("-", "!")):
            return
        word = self.left.pop(0)
        table = next((table for table in TABLES if table.startswith(word)), None)
        if table is None:
            raise wrong(f"unknown type `{word}'")
        if table != "conntrack":
            raise not_modelled(f"conntrack's table {table}")

    def _value(self, name: str) -> str:
        if not self.left:
            raise wrong(f"option `{name}' requires an argument")
        return self.left.pop(0)

    def _protocol(self, text: str) -> Test:
        number = PROTOCOLS.get(text.lower())
        if number is None and re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) and int(text) <= 255:
            number = int(text)
        if number is None:
            raise wrong(f"`{text}' unsupported protocol")
        self.protocol = number
        return lambda c: PROTOCOLS[c.original.proto] == number

    def _address(self, kind: str, text: str) -> Test:
        """Return the test of an address, or of a prefix for the original direction."""
        address, slash, length = text.partition("/")
        network, most = _network(address), 32
        if network is None:
            try:
                IPv6Address(address)
            except ValueError:
                raise wrong(f"Invalid IP address `{text}'") from None
            most = 128
        if self.is_ipv6 not in (None, network is None):
            raise wrong("mismatched address family")
        self.is_ipv6 = network is None
        if slash and kind.startswith("reply"):
            raise wrong(f"CIDR notation unavailable for `--{kind}'")
        if not re.fullmatch(r"[0-9]{0,3}", length, re.ASCII) or int(length or 0) > most:
            raise wrong("Invalid netmask")
        if network is None:
            return lambda _: False  # there is only IPv4
        prefix = network.supernet(new_prefix=int(length or 0)) if slash else network
        return lambda c: _end(c, kind) in prefix


def _end(connection: Connection, kind: str) -> object:
    one = connection.reply if kind.startswith("reply") else connection.original
    return one.src if kind.endswith("src") else one.dst


def _network(text: str) -> IPv4Network | None:
    """Return the address as inet_aton(3) reads it (`10.1` is 10.0.0.1), or None."""
    try:
        return IPv4Network(socket.inet_aton(text))
    except (OSError, ValueError):  # ValueError: a NUL or what is no ASCII
        return None


def _atoi(text: str) -> int:
    """Return a port as atoi(3) reads it: what is no number is 0, what is too big loses its upper bits."""
    found = re.match(r"\s*([+-]?[0-9]{1,18})", text, re.ASCII)
    return int(found[1]) & 0xFFFF if found else 0
