"""From the words after `-j` to a target. What iptables would refuse is a RuleError.

Source: iptables 1.8.9, extensions/libipt_*.c and libxt_*.c of each target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address

from app.dataplane.netfilter.matches import Words
from app.dataplane.netfilter.matches.state import parse_number
from app.dataplane.netfilter.names import parse_port
from app.dataplane.netfilter.rule import NotModelledError, RuleError, Target
from app.dataplane.netfilter.targets import (
    FULL_MASK,
    REJECT_TYPES,
    WARNING,
    Accept,
    Dnat,
    Drop,
    Log,
    Masquerade,
    NoTrack,
    PortRange,
    Reject,
    Return,
    SetMark,
    Snat,
)

__all__ = ["TARGETS", "UNMODELLED_TARGETS", "TargetKind"]

#: Short names beside the long ones. Source: libipt_REJECT.c, reject_table.
REJECT_ALIASES = {
    "icmp-net-unreachable": "net-unreach", "icmp-host-unreachable": "host-unreach",
    "icmp-proto-unreachable": "proto-unreach", "icmp-port-unreachable": "port-unreach",
    "icmp-net-prohibited": "net-prohib", "icmp-host-prohibited": "host-prohib", "tcp-reset": "tcp-rst",
    "icmp-admin-prohibited": "admin-prohib",
}  # fmt: skip
LEVELS = {
    "alert": 1, "crit": 2, "debug": 7, "emerg": 0, "error": 3, "info": 6, "notice": 5, "panic": 0, "warning": WARNING,
}  # fmt: skip
LOG_FLAGS = ("--log-tcp-sequence", "--log-tcp-options", "--log-ip-options", "--log-uid", "--log-macdecode")
LONGEST_PREFIX = 29
RANDOM = ("--random", "--random-fully", "--persistent")
WITH_PORTS = ("tcp", "udp", "sctp", "dccp", "icmp")
UNMODELLED_TARGETS = frozenset({
    "AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "DSCP", "ECN", "HL", "HMARK", "IDLETIMER",
    "LED", "NETMAP", "NFLOG", "NFQUEUE", "QUEUE", "RATEEST", "REDIRECT", "SECMARK", "SET", "SYNPROXY", "TCPMSS",
    "TCPOPTSTRIP", "TEE", "TOS", "TPROXY", "TRACE", "TTL", "ULOG",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of target: its options with the number of words each takes, and how it is made from them."""

    build: Callable[[Words], Target]
    options: Mapping[str, int] = field(default_factory=dict)
    unmodelled: frozenset[str] = frozenset()


def _plain(target: Target) -> TargetKind:
    return TargetKind(lambda _: target)


def _reject(words: Words) -> Target:
    option = words.get("--reject-with")
    if option is None:
        return Reject()
    word = option.value.lower()
    found = (n for n in REJECT_TYPES if n.startswith(word) or REJECT_ALIASES[n].startswith(word)) if word else iter(())
    name = next(found, None)
    if name is None:
        raise RuleError(f'unknown reject type "{option.value}"')
    if name == "tcp-reset" and words.protocol != "tcp":
        raise RuleError("RULE_APPEND failed (Invalid argument)")
    return Reject(name)


def _nat(option: str, make: Callable[[PortRange, tuple[str, ...]], Target], flags: tuple[str, ...]) -> TargetKind:
    def build(words: Words) -> Target:
        to = words.get(option)
        if to is None:
            raise RuleError(f'{make.__name__.upper()}: option "{option}" must be specified')
        span = _port_range(to.value, words)
        return make(span, tuple(flag for flag in flags if words.get(flag)))

    return TargetKind(build, {option: 1, **dict.fromkeys(flags, 0)})


def _port_range(text: str, words: Words) -> PortRange:
    address, colon, ports = text.partition(":")
    if colon and words.protocol.removeprefix("!") not in WITH_PORTS:
        raise RuleError("Need TCP, UDP, SCTP or DCCP with port specification")
    low, high = _ports(ports, words) if colon else (0, 0)
    first, dash, last = address.partition("-")
    try:
        start = IPv4Address(first) if address else None
        if dash and IPv4Address(last) != start:
            raise NotModelledError("a range of addresses")
    except AddressValueError:
        raise RuleError(f'Bad IP address "{address}"') from None
    if start is None and not colon:
        raise RuleError('Bad IP address ""')
    return PortRange(start, low, high)


def _ports(text: str, words: Words) -> tuple[int, int]:
    """Return the first and the last port of `80`, `80-90` or a service's name."""
    if "/" in text:
        raise NotModelledError("a shifted range of ports")
    first, dash, last = text.partition("-")
    low, high = _port(first, words), _port(last, words) if dash else 0
    if dash and high < low:
        raise RuleError(f"Port range `{last}' funky")
    if not low:
        raise NotModelledError("translation to port 0")
    return low, high if dash else low


def _port(text: str, words: Words) -> int:
    try:
        return parse_port(text, words.protocol.removeprefix("!"))
    except RuleError:
        raise RuleError(f"Port `{text}' not valid") from None


def _masquerade(words: Words) -> Target:
    flags = tuple(flag for flag in RANDOM[:2] if words.get(flag))
    to = words.get("--to-ports")
    if to is None:
        return Masquerade(flags)
    if words.protocol.removeprefix("!") not in WITH_PORTS:
        raise RuleError("Need TCP, UDP, SCTP or DCCP with port specification")
    return Masquerade(flags, PortRange(None, *_ports(to.value, words)))


def _mark(words: Words) -> Target:
    if len(words.options) != 1:
        raise RuleError("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
    name, option = next(iter(words.options.items()))
    value, slash, mask_text = option.value.partition("/")
    number = _mark_number(value, name)
    mask = _mark_number(mask_text, name) if slash else FULL_MASK
    if slash and name not in ("--set-xmark", "--set-mark"):
        raise RuleError(f'MARK: bad integer value for option "{name}", or out of range.')
    return {
        "--set-xmark": SetMark(number, mask),
        # Bits of the mask and of the value are cleared first: --set-mark V/M is --set-xmark V/(V|M).
        "--set-mark": SetMark(number, mask | number),
        "--or-mark": SetMark(number, number),
        "--xor-mark": SetMark(number, 0),
        "--and-mark": SetMark(0, ~number & FULL_MASK),
    }[name]


def _mark_number(text: str, name: str) -> int:
    try:
        return parse_number(text)
    except RuleError:
        raise RuleError(f'MARK: bad integer value for option "{name}", or out of range.') from None


def _ct(words: Words) -> Target:
    if words.get("--notrack") is None:
        raise NotModelledError("CT without --notrack")
    return NoTrack()


def _log(words: Words) -> Target:
    prefix, level = words.get("--log-prefix"), words.get("--log-level")
    if prefix is not None and not prefix.value:
        raise RuleError("Argument must have a minimum length of 1 characters")
    text = prefix.value if prefix is not None else ""
    flags = tuple(flag for flag in LOG_FLAGS if words.get(flag))
    return Log(_cut(text), WARNING if level is None else _level(level.value), flags)


def _cut(text: str) -> str:
    """Return the 29 bytes that the kernel has room for."""
    return text.encode()[:LONGEST_PREFIX].decode(errors="ignore")


def _level(text: str) -> int:
    """Return the number of a level's name or of what it begins with; nothing is cut off the number's digits."""
    if text.isascii() and text.isdecimal() and int(text[:4]) <= 7:
        return int(text)
    if text not in LEVELS:
        raise RuleError(f'log level "{text}" unknown')
    return LEVELS[text]


MARKS = ("--set-xmark", "--set-mark", "--or-mark", "--xor-mark", "--and-mark")
CT_UNMODELLED = frozenset(
    {"--zone", "--zone-orig", "--zone-reply", "--helper", "--ctevents", "--expevents", "--timeout"}
)
TARGETS: dict[str, TargetKind] = {
    "ACCEPT": _plain(Accept()),
    "DROP": _plain(Drop()),
    "RETURN": _plain(Return()),
    "REJECT": TargetKind(_reject, {"--reject-with": 1}),
    "DNAT": _nat("--to-destination", Dnat, ("--random", "--persistent")),
    "SNAT": _nat("--to-source", Snat, RANDOM),
    "MASQUERADE": TargetKind(_masquerade, {"--to-ports": 1, "--random": 0, "--random-fully": 0}),
    "MARK": TargetKind(_mark, dict.fromkeys(MARKS, 1)),
    "NOTRACK": _plain(NoTrack("NOTRACK")),
    "CT": TargetKind(_ct, {"--notrack": 0}, CT_UNMODELLED),
    "LOG": TargetKind(_log, {"--log-prefix": 1, "--log-level": 1, **dict.fromkeys(LOG_FLAGS, 0)}),
}
