"""`iptables -L`: chains and rules in columns. Source: iptables 1.8.9, iptables/xshared.c, extensions/libxt_*.c."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.matches.basic import Destination, InInterface, OutInterface, Protocol, Source
from app.dataplane.netfilter.matches.chance import Recent, Statistic
from app.dataplane.netfilter.matches.ports import IcmpType, Multiport, Ports
from app.dataplane.netfilter.matches.state import AddrType, Comment, CtState, MarkIs, Physdev, SetMatch
from app.dataplane.netfilter.rule import Match, Rule, Target
from app.dataplane.netfilter.targets import Dnat, Jump, Log, Masquerade, NoTrack, Reject, SetMark, Snat

__all__ = ["Style", "list_chain"]

PROTOCOL_NUMBERS = {"all": "0", "icmp": "1", "ipencap": "4", "tcp": "6", "udp": "17", "sctp": "132"}
#: Names of /etc/services that a cluster's rules are likely to have.
SERVICES = {("tcp", 22): "ssh", ("tcp", 80): "http", ("tcp", 443): "https", ("tcp", 8080): "http-alt",
            ("tcp", 53): "domain", ("udp", 53): "domain", ("tcp", 179): "bgp"}  # fmt: skip
LOOPBACK = IPv4Network("127.0.0.0/8")
FULL_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Style:
    """How to list: -n numbers, -v interfaces and counters, -x counters in full, --line-numbers."""

    is_numeric: bool = False
    is_verbose: bool = False
    is_exact: bool = False
    has_numbers: bool = False

    @property
    def counters(self) -> str:
        """The two columns of -v of a rule: nothing is counted."""
        width = 8 if self.is_exact else 5
        return f"{0:>{width}} {0:>{width}} " if self.is_verbose else ""

    @property
    def counter_heads(self) -> str:
        """What stands above them: with -x not in line, as in the real one."""
        heads = "    pkts      bytes " if self.is_exact else " pkts bytes "
        return heads if self.is_verbose else ""


def list_chain(table: Table, chain: Chain, style: Style) -> Iterator[str]:
    """Yield the lines of one chain: what it is, the columns' heads, its rules."""
    yield f"Chain {chain.name} ({_about(table, chain, style)})"
    yield _head(style)
    for number, rule in enumerate(chain.rules, 1):
        yield _row(rule, number, style)


def _about(table: Table, chain: Chain, style: Style) -> str:
    if chain.policy is not None:
        return f"policy {chain.policy}" + (" 0 packets, 0 bytes" if style.is_verbose else "")
    rules = (rule for other in table.chains.values() for rule in other.rules)
    return f"{sum(isinstance(r.target, Jump) and r.target.chain == chain.name for r in rules)} references"


def _head(style: Style) -> str:
    number = "num  " if style.has_numbers else ""
    via = f" {'in':<6} {'out':<6} " if style.is_verbose else ""
    return f"{number}{style.counter_heads}{'target':<9}  prot opt{via} {'source':<19}  {'destination':<19} "


def _row(rule: Rule, number: int, style: Style) -> str:
    parts = {type(match): match for match in rule.matches}
    protocol = parts.get(Protocol)
    name = protocol.name if isinstance(protocol, Protocol) else "all"
    shown = PROTOCOL_NUMBERS.get(name, name) if style.is_numeric else name
    mark = "!" if isinstance(protocol, Protocol) and protocol.negated else " "
    start = f"{number:<4} " if style.has_numbers else ""
    via = _via(parts.get(InInterface), parts.get(OutInterface), style) if style.is_verbose else ""
    ends = "".join(_end(parts.get(kind), style) for kind in (Source, Destination))
    more = "".join(f" {text}" for text in _details(rule, style))
    return f"{start}{style.counters}{_target_name(rule.target):<9} {mark}{shown:<4} -- {via}{ends}{more}"


def _via(came_in: Match | None, goes_out: Match | None, style: Style) -> str:
    names = []
    for part in (came_in, goes_out):
        if isinstance(part, InInterface | OutInterface):
            names.append(f"{'!' if part.negated else ''}{part.name}")
        else:
            names.append("*" if style.is_numeric else "any")
    return f" {names[0]:<6} {names[1]:<6} "


def _end(part: Match | None, style: Style) -> str:
    """Return a column of addresses, `!` before it where it is negated."""
    if not isinstance(part, Source | Destination):
        return f" {'0.0.0.0/0' if style.is_numeric else 'anywhere':<19} "
    return f"{'!' if part.negated else ' '}{_network(part.network, style):<19} "


def _network(network: IPv4Network, style: Style) -> str:
    if network == LOOPBACK and not style.is_numeric:
        return "loopback/8"  # /etc/networks
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def _target_name(target: Target | None) -> str:
    if target is None:
        return ""
    return target.chain if isinstance(target, Jump) else target.text().partition(" ")[0]


def _details(rule: Rule, style: Style) -> Iterator[str]:
    for match in rule.matches:
        if type(match) in MATCHES:
            yield MATCHES[type(match)](match, style)
    if isinstance(rule.target, Jump) and rule.target.is_goto:
        yield "[goto] "
    if text := _target_details(rule.target):
        yield text


def _target_details(target: Target | None) -> str:
    if isinstance(target, Reject):
        return f"reject-with {target.with_}"
    if isinstance(target, Dnat | Snat):
        return " ".join([f"to:{target.to.text()}", *(flag.removeprefix("--") for flag in target.flags)])
    if isinstance(target, Masquerade):
        return " ".join(flag.removeprefix("--") for flag in target.flags)
    if isinstance(target, SetMark):
        return f"MARK {_mark(target)}"
    return "NOTRACK" if isinstance(target, NoTrack) else " ".join(target.words) if isinstance(target, Log) else ""


def _mark(target: SetMark) -> str:
    """Source: extensions/libxt_MARK.c, mark_tg_print()."""
    if target.value == 0:
        return f"and {~target.mask & FULL_MASK:#x}"
    if target.value == target.mask:
        return f"or {target.value:#x}"
    if target.mask == 0:
        return f"xor {target.value:#x}"
    return f"set {target.value:#x}" if target.mask == FULL_MASK else f"xset {target.value:#x}/{target.mask:#x}"


def _not(negated: bool) -> str:
    return "! " if negated else ""


def _ports(match: Ports, style: Style) -> str:
    words = [match.proto]
    for name, span in (("spt", match.source), ("dpt", match.destination)):
        if span is not None:
            single = SERVICES.get((match.proto, span.low), str(span.low)) if not style.is_numeric else str(span.low)
            text = single if span.low == span.high else f"{span.low}:{span.high}"
            words.append(f"{name}{'' if span.low == span.high else 's'}:{'!' if span.negated else ''}{text}")
    return " ".join(words)


def _addrtype(match: AddrType) -> str:
    words = ["ADDRTYPE match"]
    for name, option in (("src-type", match.src_type), ("dst-type", match.dst_type)):
        if option is not None:
            words.append(f"{name} {'!' if option.negated else ''}{option.value}")
    return " ".join(words)


def _recent(match: Recent) -> str:
    """Source: extensions/libxt_recent.c, recent_print()."""
    command = {"--set": "SET", "--rcheck": "CHECK", "--update": "UPDATE", "--remove": "REMOVE"}[match.command]
    seconds = f" seconds: {match.seconds}" if match.seconds else ""
    reap = " reap" if match.reap else ""
    where = f"name: {match.name} side: source mask: 255.255.255.255"
    return f"{_not(match.negated)}recent: {command}{seconds}{reap} {where}"


def _statistic(match: Statistic) -> str:
    return f"statistic mode random {_not(match.negated)}probability {match.probability:.11f}"


def _multiport(match: Multiport) -> str:
    option = match.option.removeprefix("--")
    return f"multiport {option} {_not(match.negated)}{','.join(r.text() for r in match.ranges)}"


def _icmp(match: IcmpType) -> str:
    code = "" if match.code is None else f" code {match.code}"
    return f"icmp {_not(match.negated)}icmptype {match.type}{code}" if match.negated else f"icmptype {match.type}{code}"


MATCHES: dict[type, Callable[[Any, Style], str]] = {
    Comment: lambda match, _: f"/* {match.comment} */",
    CtState: lambda match, _: f"{_not(match.negated)}ctstate {','.join(match.states)}",
    MarkIs: lambda match, _: f"mark match {_not(match.negated)}{match.value:#x}/{match.mask:#x}",
    AddrType: lambda match, _: _addrtype(match),
    SetMatch: lambda match, _: f"{_not(match.negated)}match-set {match.name} {match.flags}",
    Physdev: lambda match, _: f"PHYSDEV match{match.text().removeprefix('-m physdev')}",
    Recent: lambda match, _: _recent(match),
    Statistic: lambda match, _: _statistic(match),
    Ports: _ports,
    Multiport: lambda match, _: _multiport(match),
    IcmpType: lambda match, _: _icmp(match),
}
"""How each kind of match prints itself; addresses, interfaces and protocol have columns."""


def list_table(table: Table, chains: Sequence[Chain], style: Style) -> list[str]:
    """Return the lines of several chains, an empty line between them."""
    lines: list[str] = []
    for chain in chains:
        lines += [*([""] if lines else []), *list_chain(table, chain, style)]
    return lines
