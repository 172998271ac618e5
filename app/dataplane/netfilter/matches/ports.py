"""`-m tcp`, `-m udp`, `-m icmp`, `-m multiport`: ports, flags and ICMP types. Source: iptables-extensions(8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.dataplane.headers import Icmp, Tcp, Udp
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, matches, negation
from app.dataplane.netfilter.rule import Match, RuleError

__all__ = ["IcmpType", "Multiport", "Ports"]

PORT_OPTIONS = {"--sport": 1, "--source-port": 1, "--dport": 1, "--destination-port": 1}
ICMP_NAMES = {"echo-reply": 0, "destination-unreachable": 3, "echo-request": 8, "time-exceeded": 11}


@dataclass(frozen=True, slots=True)
class Range:
    """Ports `low` to `high`."""

    low: int
    high: int
    negated: bool = False

    def text(self) -> str:
        """Return `80` or `80:90`."""
        return str(self.low) if self.low == self.high else f"{self.low}:{self.high}"

    def holds(self, port: int) -> bool:
        """Whether the port is meant."""
        return (self.low <= port <= self.high) != self.negated


def parse_port(text: str) -> int:
    """Return a port number. Raises RuleError for what is none."""
    if not text.isascii() or not text.isdecimal() or int(text[:6]) > 65535:
        raise RuleError(f"invalid port/service `{text}' specified")
    return int(text)


def parse_range(option: Option | None) -> Range | None:
    """Return the range that `80`, `80:90`, `:90` or `80:` means."""
    if option is None:
        return None
    low, colon, high = option.value.partition(":")
    first = parse_port(low) if low else 0
    last = (parse_port(high) if high else 65535) if colon else first
    return Range(first, last, option.negated)


def ports_of(context: Context) -> tuple[int, int] | None:
    """Return source and destination port; None where the packet has none (ICMP, later fragments)."""
    l4 = context.ip.payload
    if context.ip.offset or not isinstance(l4, Tcp | Udp):
        return None
    return l4.sport, l4.dport


@dataclass(frozen=True, slots=True)
class Ports:
    """`-m tcp|udp [!] --sport RANGE [!] --dport RANGE`; without options it only asks for the protocol."""

    proto: str
    source: Range | None = None
    destination: Range | None = None

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = [f"-m {self.proto}"]
        words += [f"{negation(self.source.negated)}--sport {self.source.text()}"] if self.source else []
        words += [f"{negation(self.destination.negated)}--dport {self.destination.text()}"] if self.destination else []
        return " ".join(words)

    def holds(self, context: Context) -> bool:
        """Compare protocol and ports."""
        ports = ports_of(context) if context.ip.proto == self.proto else None
        if ports is None:
            return False
        fits = self.source is None or self.source.holds(ports[0])
        return fits and (self.destination is None or self.destination.holds(ports[1]))

    def because(self, context: Context) -> str:
        """Say which port the packet has."""
        ports = ports_of(context)
        if context.ip.proto != self.proto or ports is None:
            return f"protocol = {context.ip.proto}"
        if self.source and not self.source.holds(ports[0]):
            return f"sport = {ports[0]}"
        return f"dport = {ports[1]}"


@dataclass(frozen=True, slots=True)
class Multiport:
    """`-m multiport [!] --dports|--sports|--ports LIST`."""

    option: str
    ranges: tuple[Range, ...]
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m multiport {negation(self.negated)}{self.option} {','.join(r.text() for r in self.ranges)}"

    def holds(self, context: Context) -> bool:
        """Compare the ports."""
        ports = ports_of(context)
        if ports is None:
            return False
        asked = {"--sports": ports[:1], "--dports": ports[1:], "--ports": ports}[self.option]
        return any(r.holds(p) for r in self.ranges for p in asked) != self.negated

    def because(self, context: Context) -> str:
        """Say which ports the packet has."""
        ports = ports_of(context)
        return f"protocol = {context.ip.proto}" if ports is None else f"sport = {ports[0]}, dport = {ports[1]}"


@dataclass(frozen=True, slots=True)
class IcmpType:
    """`-m icmp [!] --icmp-type TYPE[/CODE]`."""

    type: int
    code: int | None = None
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        code = "" if self.code is None else f"/{self.code}"
        return f"-m icmp {negation(self.negated)}--icmp-type {self.type}{code}"

    def holds(self, context: Context) -> bool:
        """Compare type and code."""
        icmp = context.ip.payload
        if not isinstance(icmp, Icmp):
            return False
        return (icmp.type == self.type and self.code in (None, icmp.code)) != self.negated

    def because(self, context: Context) -> str:
        """Say which type the packet is."""
        icmp = context.ip.payload
        return f"icmp = {icmp.type}/{icmp.code}" if isinstance(icmp, Icmp) else f"protocol = {context.ip.proto}"


def _ports(proto: str) -> MatchKind:
    def build(options: Mapping[str, Option]) -> Match:
        source = options.get("--sport") or options.get("--source-port")
        destination = options.get("--dport") or options.get("--destination-port")
        return Ports(proto, parse_range(source), parse_range(destination))

    return MatchKind(PORT_OPTIONS, build)


def _multiport(options: Mapping[str, Option]) -> Match:
    if len(options) != 1:
        raise RuleError("multiport: one of --ports, --sports, --dports is needed")
    name, option = next(iter(options.items()))
    name = {"--source-ports": "--sports", "--destination-ports": "--dports"}.get(name, name)
    ranges = [parse_range(Option(part)) for part in option.value.split(",")]
    return Multiport(name, tuple(r for r in ranges if r is not None), option.negated)


def _icmp(options: Mapping[str, Option]) -> Match:
    option = options.get("--icmp-type", Option("8"))
    name, slash, code = option.value.partition("/")
    number = ICMP_NAMES.get(name, int(name) if name.isdecimal() else -1)
    if not 0 <= number <= 255 or (slash and not code.isdecimal()):
        raise RuleError(f"unknown ICMP type `{option.value}'")
    return IcmpType(number, int(code) if slash else None, option.negated)


matches.register("tcp")(_ports("tcp"))
matches.register("udp")(_ports("udp"))
matches.register("sctp")(_ports("sctp"))
MULTIPORT_OPTIONS = ("--ports", "--sports", "--dports", "--source-ports", "--destination-ports")
matches.register("multiport")(MatchKind(dict.fromkeys(MULTIPORT_OPTIONS, 1), _multiport))
matches.register("icmp")(MatchKind({"--icmp-type": 1}, _icmp))
