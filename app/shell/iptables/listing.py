"""`iptables -L`: chains and rules in columns. Source: iptables 1.8.9, iptables/xshared.c, extensions/libxt_*.c."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.matches.basic import Destination, Fragment, InInterface, OutInterface, Protocol, Source
from app.dataplane.netfilter.matches.chance import Recent, Statistic
from app.dataplane.netfilter.matches.place import IpRange, Physdev
from app.dataplane.netfilter.matches.ports import ANY_TYPE, IcmpType, Multiport, Ports, flag_bits, flag_names
from app.dataplane.netfilter.matches.state import AddrType, Comment, CtState, MarkIs, SetMatch
from app.dataplane.netfilter.names import PROTOCOLS, icmp_name_of
from app.dataplane.netfilter.rule import Match, Rule, Target
from app.dataplane.netfilter.targets import Dnat, Jump, Log, Masquerade, NoTrack, Reject, SetMark, Snat

__all__ = ["Style", "list_chain"]

#: Names of /etc/services that a cluster's rules are likely to have.
SERVICES = {("tcp", 22): "ssh", ("tcp", 80): "http", ("tcp", 443): "https", ("tcp", 8080): "http-alt",
            ("tcp", 53): "domain", ("udp", 53): "domain", ("tcp", 179): "bgp"}  # fmt: skip
LOOPBACK = IPv4Network("127.0.0.0/8")
LOG_BITS = {
    "--log-tcp-sequence": 1, "--log-tcp-options": 2, "--log-ip-options": 4, "--log-uid": 8, "--log-macdecode": 32,
}  # fmt: skip
LEVEL_NAMES = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
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
    shown = str(PROTOCOLS.get(name, name)) if style.is_numeric else name
    mark = "!" if isinstance(protocol, Protocol) and protocol.negated else " "
    start = f"{number:<4} " if style.has_numbers else ""
    via = _via(parts.get(InInterface), parts.get(OutInterface), style) if style.is_verbose else ""
    opt = _fragments(parts.get(Fragment))
    ends = "".join(_end(parts.get(kind), style) for kind in (Source, Destination))
    goto = "[goto] " if isinstance(rule.target, Jump) and rule.target.is_goto else ""
    more = goto + "".join(f" {text}" for text in _details(rule, style))
    return f"{start}{style.counters}{_target_name(rule.target):<9} {mark}{shown:<4} {opt} {via}{ends}{more}"


def _fragments(part: Match | None) -> str:
    """Return the column `opt`."""
    return "--" if not isinstance(part, Fragment) else "!f" if part.negated else "-f"


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
    if isinstance(target, NoTrack):
        return "CT"  # NOTRACK is another name of it
    return target.chain if isinstance(target, Jump) else target.text().partition(" ")[0]


def _details(rule: Rule, style: Style) -> Iterator[str]:
    for match in rule.matches:
        if type(match) in MATCHES:
            yield MATCHES[type(match)](match, style)
    if text := _target_details(rule.target, style):
        yield text


def _target_details(target: Target | None, style: Style) -> str:
    if isinstance(target, Reject):
        return f"reject-with {target.with_}"
    if isinstance(target, Dnat | Snat):
        return " ".join([f"to:{target.to.text()}", *(flag.removeprefix("--") for flag in target.flags)])
    if isinstance(target, Masquerade):
        ports = [f"masq ports: {target.to.ports()}"] if target.to.port else []
        return " ".join([*ports, *(flag.removeprefix("--") for flag in target.flags)])
    if isinstance(target, SetMark):
        return f"MARK {_mark(target)}"
    if isinstance(target, NoTrack):
        return "NOTRACK" if target.name == "NOTRACK" else "CT notrack"
    return _log(target, style) if isinstance(target, Log) else ""


def _log(target: Log, style: Style) -> str:
    """Source: extensions/libxt_LOG.c, LOG_print()."""
    prefix = [f'prefix "{target.prefix}"'] if target.prefix else []
    if style.is_numeric:
        flags = sum(LOG_BITS[flag] for flag in target.flags)
        return " ".join([f"LOG flags {flags} level {target.level}", *prefix])
    names = [flag.removeprefix("--log-") for flag in target.flags]
    return " ".join([f"LOG level {LEVEL_NAMES[target.level]}", *names, *prefix])


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
    if match.flags is not None:
        flags = match.flags
        shown = flag_bits if style.is_numeric else flag_names
        words.append(f"flags:{'!' if flags.negated else ''}{shown(flags.mask)}/{shown(flags.comp)}")
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
    hits = f" hit_count: {match.hits}" if match.hits else ""
    side = "source" if match.side == "--rsource" else "dest"
    where = f"name: {match.name} side: {side} mask: {match.mask}"
    return f"{_not(match.negated)}recent: {command}{seconds}{reap}{hits} {where}"


def _statistic(match: Statistic) -> str:
    return f"statistic mode random {_not(match.negated)}probability {match.probability:.11f}"


def _multiport(match: Multiport) -> str:
    option = match.option.removeprefix("--")
    return f"multiport {option} {_not(match.negated)}{','.join(r.text() for r in match.ranges)}"


def _icmp(match: IcmpType, style: Style) -> str:
    """Source: extensions/libipt_icmp.c, icmp_print(): names only where no numbers are asked for."""
    if match.type == ANY_TYPE:
        text = "icmptype 255" if style.is_numeric else "icmp any"
    else:
        name = icmp_name_of(match.type, match.code) if not style.is_numeric and not match.negated else ""
        code = "" if match.code is None else f" code {match.code}"
        text = f"icmp {name}" if name else f"icmptype {match.type}{code}"
    return f"icmp {_not(match.negated)}{text}" if match.negated else text


def _iprange(match: IpRange) -> str:
    words = []
    for name, span in (("source", match.source), ("destination", match.destination)):
        if span is not None:
            words.append(f"{name} IP range {_not(span.negated)}{span.first}-{span.last}")
    return " ".join(words)


MATCHES: dict[type, Callable[[Any, Style], str]] = {
    Comment: lambda match, _: f"/* {match.comment} */",
    CtState: lambda match, _: f"{_not(match.negated)}{match.word} {','.join(match.states)}",
    MarkIs: lambda match, _: f"mark match {_not(match.negated)}{match.value:#x}/{match.mask:#x}",
    AddrType: lambda match, _: _addrtype(match),
    SetMatch: lambda match, _: f"{_not(match.negated)}match-set {match.name} {match.flags}",
    Physdev: lambda match, _: f"PHYSDEV match{match.text().removeprefix('-m physdev')}",
    Recent: lambda match, _: _recent(match),
    Statistic: lambda match, _: _statistic(match),
    Ports: _ports,
    Multiport: lambda match, _: _multiport(match),
    IcmpType: _icmp,
    IpRange: lambda match, _: _iprange(match),
}
"""How each kind of match prints itself; addresses, interfaces and protocol have columns."""


def list_table(table: Table, chains: Sequence[Chain], style: Style) -> list[str]:
    """Return the lines of several chains, an empty line between them."""
    lines: list[str] = []
    for chain in chains:
        lines += [*([""] if lines else []), *list_chain(table, chain, style)]
    return lines
