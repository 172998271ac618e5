"""`-m tcp`, `-m udp`, `-m icmp`, `-m multiport`: ports, flags and ICMP types. Source: iptables-extensions(8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.dataplane.headers import Icmp, Tcp, Udp
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, Words, matches, negation
from app.dataplane.netfilter.names import icmp_type, parse_port
from app.dataplane.netfilter.rule import Match, NotModelledError, RuleError

__all__ = ["IcmpType", "Multiport", "Ports", "TcpFlags"]

ALL_PORTS = (0, 65535)
MOST_PORTS = 15
#: In the order in which iptables-save writes them. Source: libxt_tcp.c, tcpflag_names.
FLAGS = {"FIN": "F", "SYN": "S", "RST": "R", "PSH": "P", "ACK": "A", "URG": "U"}


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


def parse_range(option: Option | None, proto: str) -> Range | None:
    """Return the range that `80`, `80:90`, `:90` or `80:` means; None for none, and for all ports."""
    if option is None:
        return None
    low, colon, high = option.value.partition(":")
    first = parse_port(low) if low or not colon else 0
    last = (parse_port(high) if high else 65535) if colon else first
    if first > last:
        raise RuleError("invalid portrange (min > max)")
    if (first, last) == ALL_PORTS:
        if option.negated:
            raise NotModelledError("a rule that no port can match")
        return None
    if option.negated and first == 0 != last and proto != "sctp":
        return Range(last + 1, 65535)  # for tcp and udp this is how the real one keeps it
    return Range(first, last, option.negated)


def ports_of(context: Context) -> tuple[int, int] | None:
    """Return source and destination port; None where the packet has none (ICMP, later fragments)."""
    l4 = context.ip.payload
    if context.ip.offset or not isinstance(l4, Tcp | Udp):
        return None
    return l4.sport, l4.dport


@dataclass(frozen=True, slots=True)
class TcpFlags:
    """`[!] --tcp-flags MASK COMP`: of the flags in `mask` exactly those in `comp` are set; letters as tcpdump's."""

    mask: str
    comp: str
    negated: bool = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}--tcp-flags {flag_names(self.mask)} {flag_names(self.comp)}"

    def holds(self, flags: str) -> bool:
        """Compare a segment's flags."""
        return ({f for f in self.mask if f in flags} == set(self.comp)) != self.negated


def flag_names(letters: str) -> str:
    """Return flags as iptables-save prints them."""
    return ",".join(name for name, letter in FLAGS.items() if letter in letters) or "NONE"


def flag_bits(letters: str) -> str:
    """Return flags as the number that they are in a header."""
    return f"0x{sum(1 << bit for bit, letter in enumerate(FLAGS.values()) if letter in letters):02X}"


@dataclass(frozen=True, slots=True)
class Ports:
    """`-m tcp|udp|sctp [!] --sport RANGE [!] --dport RANGE`, tcp with flags; with none it asks for the protocol."""

    proto: str
    source: Range | None = None
    destination: Range | None = None
    flags: TcpFlags | None = None

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = [f"-m {self.proto}"]
        words += [f"{negation(self.source.negated)}--sport {self.source.text()}"] if self.source else []
        words += [f"{negation(self.destination.negated)}--dport {self.destination.text()}"] if self.destination else []
        words += [self.flags.text()] if self.flags else []
        return " ".join(words)

    def holds(self, context: Context) -> bool:
        """Compare protocol, ports and flags."""
        ports = ports_of(context) if context.ip.proto == self.proto else None
        if ports is None:
            return False
        fits = self.source is None or self.source.holds(ports[0])
        fits = fits and (self.destination is None or self.destination.holds(ports[1]))
        return fits and (self.flags is None or self.flags.holds(_flags_of(context)))

    def because(self, context: Context) -> str:
        """Say which port, or which flags, the packet has."""
        ports = ports_of(context)
        if context.ip.proto != self.proto or ports is None:
            return f"protocol = {context.ip.proto}"
        if self.source and not self.source.holds(ports[0]):
            return f"sport = {ports[0]}"
        if self.destination and not self.destination.holds(ports[1]):
            return f"dport = {ports[1]}"
        return f"tcp-flags = {flag_names(_flags_of(context))}"


def _flags_of(context: Context) -> str:
    return context.ip.payload.flags if isinstance(context.ip.payload, Tcp) else ""


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


#: `any`: every type.
ANY_TYPE = 255


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
        return f"-m icmp {negation(self.negated)}--icmp-type {self.shown}"

    @property
    def shown(self) -> str:
        """Type and code as iptables-save prints them."""
        code = "" if self.code is None else f"/{self.code}"
        return "any" if self.type == ANY_TYPE else f"{self.type}{code}"

    def holds(self, context: Context) -> bool:
        """Compare type and code."""
        icmp = context.ip.payload
        if not isinstance(icmp, Icmp):
            return False
        fits = self.type == ANY_TYPE or (icmp.type == self.type and self.code in (None, icmp.code))
        return fits != self.negated

    def because(self, context: Context) -> str:
        """Say which type the packet is."""
        icmp = context.ip.payload
        return f"icmp = {icmp.type}/{icmp.code}" if isinstance(icmp, Icmp) else f"protocol = {context.ip.proto}"


# --- builders ---------------------------------------------------------------------------------------------------------


def needs_protocol(words: Words, proto: str) -> None:
    """Refuse a match whose protocol the rule does not ask for."""
    if words.protocol.removeprefix("!") != proto:
        raise RuleError(f"{proto.upper()} match requires '-p {proto}'")


def _ports(proto: str, unmodelled: frozenset[str] = frozenset()) -> MatchKind:
    def build(words: Words) -> Match:
        needs_protocol(words, proto)
        source, destination = words.get("--source-port"), words.get("--destination-port")
        return Ports(proto, parse_range(source, proto), parse_range(destination, proto), _tcp_flags(words))

    options = {"--source-port": 1, "--destination-port": 1}
    if proto == "tcp":
        options |= {"--tcp-flags": 2, "--syn": 0}
    return MatchKind(
        options, build, {"--sport": "--source-port", "--dport": "--destination-port"}, unmodelled=unmodelled
    )


def _tcp_flags(words: Words) -> TcpFlags | None:
    option, syn = words.get("--tcp-flags"), words.get("--syn")
    if option is not None and syn is not None:
        raise RuleError("Only one of `--syn' or `--tcp-flags'  allowed")
    if syn is not None:
        return TcpFlags("FSRA", "S", syn.negated)
    if option is None:
        return None
    mask, comp = (_letters(part) for part in option.value.split(" "))
    if not mask and not comp:
        if option.negated:
            raise NotModelledError("a rule that no flags can match")
        return None
    return TcpFlags(mask, comp, option.negated)


def _letters(text: str) -> str:
    """Return the letters of `SYN,ACK`, `ALL` or `NONE`, in their order."""
    found = set()
    for name in text.upper().split(","):
        if name not in (*FLAGS, "ALL", "NONE"):
            raise RuleError(f"Unknown TCP flag `{name}'")
        found |= set(FLAGS.values()) if name == "ALL" else {FLAGS[name]} if name in FLAGS else set()
    return "".join(letter for letter in FLAGS.values() if letter in found)


def _multiport(words: Words) -> Match:
    if not words.protocol:
        raise RuleError("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    if words.protocol.removeprefix("!") not in ("tcp", "udp", "udplite", "sctp", "dccp") or words.protocol[:1] == "!":
        raise RuleError("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
    if len(words.options) != 1:
        raise RuleError(
            "multiport expection an option" if not words.options else "multiport: only one option is allowed"
        )
    name, option = next(iter(words.options.items()))
    parts = [_span(part, words.protocol) for part in option.value.split(",")]
    if sum(1 if part.low == part.high else 2 for part in parts) > MOST_PORTS:
        raise RuleError("too many ports specified")
    short = {"--source-ports": "--sports", "--destination-ports": "--dports"}.get(name, name)
    return Multiport(short, tuple(parts), option.negated)


def _span(text: str, proto: str) -> Range:
    low, colon, high = text.partition(":")
    first = parse_port(low, proto)
    last = parse_port(high, proto) if colon else first
    if colon and first >= last:
        raise RuleError("invalid portrange specified")
    return Range(first, last)


def _icmp(words: Words) -> Match:
    option = words.get("--icmp-type")
    if option is None:
        raise RuleError('icmp: option "--icmp-type" must be specified')
    if words.protocol != "icmp":
        raise RuleError("RULE_APPEND failed (Invalid argument)")
    number, code = icmp_type(option.value)
    return IcmpType(number, None if number == ANY_TYPE else code, option.negated)


TCP_UNMODELLED, SCTP_UNMODELLED = frozenset({"--tcp-option"}), frozenset({"--chunk-types"})
matches.register("tcp")(_ports("tcp", TCP_UNMODELLED))
matches.register("udp")(_ports("udp"))
matches.register("sctp")(_ports("sctp", SCTP_UNMODELLED))
MULTIPORT_OPTIONS = ("--ports", "--source-ports", "--destination-ports")
MULTIPORT_ALIASES = {"--port": "--ports", "--sports": "--source-ports", "--dports": "--destination-ports"}
matches.register("multiport")(MatchKind(dict.fromkeys(MULTIPORT_OPTIONS, 1), _multiport, MULTIPORT_ALIASES))
matches.register("icmp")(MatchKind({"--icmp-type": 1}, _icmp))
