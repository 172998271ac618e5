"""Matches about what the kernel knows beside the packet: conntrack, mark, addrtype, set, physdev, comment.

Source: iptables-extensions(8); Linux net/netfilter/xt_conntrack.c, xt_mark.c, xt_addrtype.c, xt_set.c, xt_physdev.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, matches, negation
from app.dataplane.netfilter.rule import Match, RuleError

__all__ = ["AddrType", "Comment", "CtState", "MarkIs", "Physdev", "SetMatch"]

#: In the order in which iptables-save writes them. Source: libxt_conntrack.c, print_state().
STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT")
ADDRESS_TYPES = (
    "UNSPEC",
    "UNICAST",
    "LOCAL",
    "BROADCAST",
    "ANYCAST",
    "MULTICAST",
    "BLACKHOLE",
    "UNREACHABLE",
    "PROHIBIT",
)


def quoted(text: str) -> str:
    """Return an argument as iptables-save quotes it. Source: xtables_save_string()."""
    if text and all(c.isascii() and (c.isalnum() or c in "_-") for c in text):
        return text
    return '"' + "".join(f"\\{c}" if c in "\"\\'" else c for c in text) + '"'


@dataclass(frozen=True, slots=True)
class Comment:
    """`-m comment --comment TEXT`: always holds."""

    comment: str

    is_comment: ClassVar[bool] = True
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m comment --comment {quoted(self.comment)}"

    def holds(self, context: Context) -> bool:  # noqa: ARG002  (a comment asks nothing)
        """Always."""
        return True

    def because(self, context: Context) -> str:  # noqa: ARG002  (it never fails)
        """Never asked."""
        return ""


@dataclass(frozen=True, slots=True)
class CtState:
    """`-m conntrack [!] --ctstate LIST`."""

    states: tuple[str, ...]
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m conntrack {negation(self.negated)}--ctstate {','.join(self.states)}"

    def holds(self, context: Context) -> bool:
        """Compare the state of the packet's connection; SNAT and DNAT ask for its mapping."""
        if context.state in self.states:
            return not self.negated
        nat = context.connection.nat if context.connection else None
        return bool(nat and not nat.isdisjoint(self.states)) != self.negated

    def because(self, context: Context) -> str:
        """Say which state it is in."""
        return f"ctstate = {context.state}"


@dataclass(frozen=True, slots=True)
class MarkIs:
    """`-m mark [!] --mark VALUE/MASK`."""

    value: int
    mask: int
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        mask = "" if self.mask == 0xFFFFFFFF else f"/{self.mask:#x}"
        return f"-m mark {negation(self.negated)}--mark {self.value:#x}{mask}"

    def holds(self, context: Context) -> bool:
        """Compare the mark."""
        return (context.mark & self.mask == self.value) != self.negated

    def because(self, context: Context) -> str:
        """Say which mark the packet has."""
        return f"mark = {context.mark:#x}"


@cache
def address_types(words: str) -> frozenset[str]:
    """Return the types of `LOCAL,BROADCAST`."""
    return frozenset(words.split(","))


@dataclass(frozen=True, slots=True)
class AddrType:
    """`-m addrtype [!] --src-type TYPE [!] --dst-type TYPE`: what the local FIB says of the address."""

    src_type: Option | None
    dst_type: Option | None

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = ["-m addrtype"]
        words += [f"{negation(self.src_type.negated)}--src-type {self.src_type.value}"] if self.src_type else []
        words += [f"{negation(self.dst_type.negated)}--dst-type {self.dst_type.value}"] if self.dst_type else []
        return " ".join(words)

    def holds(self, context: Context) -> bool:
        """Ask the FIB what the addresses are."""
        return not self._failing(context)

    def because(self, context: Context) -> str:
        """Say which type the address has."""
        return self._failing(context)

    def _failing(self, context: Context) -> str:
        for option, address, side in ((self.src_type, context.ip.src, "src"), (self.dst_type, context.ip.dst, "dst")):
            if option is None:
                continue
            found = context.netns.fib.lookup(address)
            kind = found.type.upper() if found is not None else "UNREACHABLE"
            if (kind in address_types(option.value)) == option.negated:
                return f"{side} {address_text(address)} = {kind}"
        return ""


@dataclass(frozen=True, slots=True)
class SetMatch:
    """`-m set [!] --match-set NAME src|dst[,src|dst]`."""

    name: str
    flags: str
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m set {negation(self.negated)}--match-set {self.name} {self.flags}"

    def holds(self, context: Context) -> bool:
        """Ask the set."""
        members = context.netns.ipsets.get(self.name)
        return (members is not None and members.contains(self._address(context))) != self.negated

    def because(self, context: Context) -> str:
        """Say which address is, or is not, in the set."""
        return f"{address_text(self._address(context))} {'∈' if self.negated else '∉'} {self.name}"

    def _address(self, context: Context) -> IPv4Address:
        return context.ip.src if self.flags.startswith("src") else context.ip.dst


@dataclass(frozen=True, slots=True)
class Physdev:
    """`-m physdev`: the bridge ports of a bridged packet."""

    option: str
    name: str
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m physdev {negation(self.negated)}{self.option}{' ' + self.name if self.name else ''}"

    def holds(self, context: Context) -> bool:
        """Compare the bridge ports."""
        return self._is_so(context) != self.negated

    def because(self, context: Context) -> str:
        """Say by which port the packet came or goes."""
        return f"physdev in = {context.physdev_in or '-'}, out = {context.physdev_out or '-'}"

    def _is_so(self, context: Context) -> bool:
        return {
            "--physdev-in": context.physdev_in == self.name,
            "--physdev-out": context.physdev_out == self.name,
            "--physdev-is-in": bool(context.physdev_in),
            "--physdev-is-out": bool(context.physdev_out),
            "--physdev-is-bridged": context.is_bridged,
        }[self.option]


# --- builders ---------------------------------------------------------------------------------------------------------


def _only(options: Mapping[str, Option], kind: str) -> tuple[str, Option]:
    if len(options) != 1:
        raise RuleError(f"{kind}: exactly one option is modelled, not {len(options)}")
    return next(iter(options.items()))


def _states(options: Mapping[str, Option]) -> Match:
    _, option = _only(options, "conntrack")
    words = option.value.split(",")
    for word in words:
        if word not in STATES:
            raise RuleError(f'Bad ctstate "{word}"')
    return CtState(tuple(s for s in STATES if s in words), option.negated)


def _mark(options: Mapping[str, Option]) -> Match:
    _, option = _only(options, "mark")
    value, _, mask = option.value.partition("/")
    return MarkIs(parse_number(value), parse_number(mask) if mask else 0xFFFFFFFF, option.negated)


def parse_number(text: str) -> int:
    """Return a 32-bit number written in decimal, hexadecimal (0x) or octal (0). Raises RuleError."""
    try:
        number = int(text, 16) if text.lower().startswith("0x") else int(text, 8 if text.startswith("0") else 10)
    except ValueError:
        raise RuleError(f"bad mark value `{text}'") from None
    if not 0 <= number <= 0xFFFFFFFF:
        raise RuleError(f"bad mark value `{text}'")
    return number


def _addrtype(options: Mapping[str, Option]) -> Match:
    for option in options.values():
        for word in option.value.split(","):
            if word not in ADDRESS_TYPES:
                raise RuleError(f"unknown address type `{word}'")
    if not options:
        raise RuleError("addrtype: --src-type or --dst-type is needed")
    return AddrType(options.get("--src-type"), options.get("--dst-type"))


def _set(options: Mapping[str, Option]) -> Match:
    _, option = _only(options, "set")
    name, _, flags = option.value.partition(" ")
    if not all(flag in ("src", "dst") for flag in flags.split(",")):
        raise RuleError(f"--match-set {name}: '{flags}' is not src or dst")
    return SetMatch(name, flags, option.negated)


def _physdev(options: Mapping[str, Option]) -> Match:
    name, option = _only(options, "physdev")
    return Physdev(name, option.value, option.negated)


def _comment(options: Mapping[str, Option]) -> Match:
    text = options["--comment"].value if "--comment" in options else ""
    if len(text.encode()) > 255:
        raise RuleError("comment: --comment is longer than 255 bytes")
    return Comment(text)


PHYSDEV_OPTIONS = {
    "--physdev-in": 1, "--physdev-out": 1, "--physdev-is-in": 0, "--physdev-is-out": 0, "--physdev-is-bridged": 0,
}  # fmt: skip
matches.register("comment")(MatchKind({"--comment": 1}, _comment))
matches.register("conntrack")(MatchKind({"--ctstate": 1}, _states))
matches.register("state")(MatchKind({"--state": 1}, _states))
matches.register("mark")(MatchKind({"--mark": 1}, _mark))
matches.register("addrtype")(MatchKind({"--src-type": 1, "--dst-type": 1}, _addrtype))
matches.register("set")(MatchKind({"--match-set": 2}, _set))
matches.register("physdev")(MatchKind(PHYSDEV_OPTIONS, _physdev))
