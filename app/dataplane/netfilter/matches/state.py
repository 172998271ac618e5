"""Matches about what the kernel knows beside the packet: conntrack, mark, addrtype, set, comment.

Source: iptables-extensions(8); Linux net/netfilter/xt_conntrack.c, xt_mark.c, xt_addrtype.c, xt_set.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.headers import Tcp, Udp
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, Words, matches, negation
from app.dataplane.netfilter.rule import Match, RuleError

__all__ = ["AddrType", "Comment", "CtState", "MarkIs", "SetMatch"]

#: In the order in which iptables-save writes them. Source: libxt_conntrack.c, print_state().
STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT")
#: `-m state` knows no NAT. In the order in which the beginning of a word is looked for.
STATE_WORDS = ("INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED")
CTSTATE_WORDS = (*STATE_WORDS, "SNAT", "DNAT")
ADDRESS_TYPES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",
    "NAT", "XRESOLVE",
)  # fmt: skip


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
    """`-m conntrack [!] --ctstate LIST`, or `-m state [!] --state LIST` as it was once written."""

    states: tuple[str, ...]
    negated: bool = False
    module: str = "conntrack"

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m {self.module} {negation(self.negated)}--{self.word} {','.join(self.states)}"

    @property
    def word(self) -> str:
        """What the option and the listing call it."""
        return "ctstate" if self.module == "conntrack" else "state"

    def holds(self, context: Context) -> bool:
        """Compare the state of the packet's connection; SNAT and DNAT ask for its mapping."""
        if context.state in self.states:
            return not self.negated
        nat = context.connection.nat if context.connection else None
        return bool(nat and not nat.isdisjoint(self.states)) != self.negated

    def because(self, context: Context) -> str:
        """Say which state it is in."""
        return f"{self.word} = {context.state}"


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
        return (members is not None and members.contains(*self._element(context))) != self.negated

    def because(self, context: Context) -> str:
        """Say which address is, or is not, in the set."""
        address, proto, port = self._element(context)
        members = context.netns.ipsets.get(self.name)
        with_port = f",{proto}:{port}" if members is not None and members.type == "hash:ip,port" else ""
        return f"{address_text(address)}{with_port} {'∈' if self.negated else '∉'} {self.name}"

    def _element(self, context: Context) -> tuple[IPv4Address, str, int]:
        """Return what is asked for: the address, and by the second word the port. Source: ip_set_get_ip4_port().

        A set with ports is never matched by one word alone (ip_set_test: `opt->dim < set->type->dimension`).
        """
        ip = context.ip
        first, _, second = self.flags.partition(",")
        l4 = ip.payload
        port = 0
        if second and isinstance(l4, Tcp | Udp):
            port = l4.sport if second == "src" else l4.dport
        return (ip.src if first == "src" else ip.dst), ip.proto if second else "", port


# --- builders ---------------------------------------------------------------------------------------------------------


def _one(words: Words, kind: str, name: str) -> Option:
    """Return the one option that must be there."""
    option = words.get(name)
    if option is None:
        raise RuleError(f'{kind}: option "{name}" must be specified')
    return option


def _begun(word: str, known: Sequence[str]) -> str | None:
    """Return the first of `known` that begins with `word`, in any case (strncasecmp)."""
    return next((name for name in known if word and name.startswith(word.upper())), None)


def _states(module: str, name: str, known: Sequence[str]) -> MatchKind:
    def build(words: Words) -> Match:
        option = words.get(name)
        if option is None:
            raise RuleError(
                "You must specify `--state'" if module == "state" else "conntrack: At least one option is required"
            )
        found = set()
        for word in option.value.split(","):
            state = _begun(word, known)
            if state is None:
                raise RuleError(f'Bad {name.removeprefix("--")} "{word}"')
            found.add(state)
        return CtState(tuple(s for s in STATES if s in found), option.negated, module)

    unmodelled = CONNTRACK_UNMODELLED if module == "conntrack" else frozenset()
    return MatchKind({name: 1}, build, unmodelled=unmodelled)


def _mark(words: Words) -> Match:
    option = _one(words, "mark", "--mark")
    value, slash, mask = option.value.partition("/")
    return MarkIs(parse_number(value), parse_number(mask) if slash else 0xFFFFFFFF, option.negated)


def parse_number(text: str) -> int:
    """Return a 32-bit number written in decimal, hexadecimal (0x) or octal (0). Raises RuleError."""
    try:
        number = int(text, 16) if text.lower().startswith("0x") else int(text, 8 if text.startswith("0") else 10)
    except ValueError:
        raise RuleError(f"bad mark value `{text}'") from None
    if not 0 <= number <= 0xFFFFFFFF:
        raise RuleError(f"bad mark value `{text}'")
    return number


def _addrtype(words: Words) -> Match:
    if not words.options:
        raise RuleError("addrtype: you must specify --src-type or --dst-type")
    return AddrType(*(_types(words.get(name)) for name in ("--src-type", "--dst-type")))


def _types(option: Option | None) -> Option | None:
    """Return the option with its types spelled out, in the kernel's order."""
    if option is None:
        return None
    found = set()
    for word in option.value.split(","):
        kind = _begun(word, ADDRESS_TYPES)
        if kind is None:
            raise RuleError(f"addrtype: bad type `{word}'")
        found.add(kind)
    return Option(",".join(t for t in ADDRESS_TYPES if t in found), option.negated)


def _set(words: Words) -> Match:
    option = _one(words, "set", "--match-set")
    name, _, flags = option.value.partition(" ")
    if not all(flag in ("src", "dst") for flag in flags.split(",")):
        raise RuleError("You must spefify (the comma separated list of) 'src' or 'dst'.")
    return SetMatch(name, flags, option.negated)


def _comment(words: Words) -> Match:
    text = _one(words, "comment", "--comment").value
    if len(text.encode()) > 255:
        raise RuleError('comment: option "--comment" is longer than 255 bytes')
    return Comment(text)


CONNTRACK_UNMODELLED = frozenset({
    "--ctproto", "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst", "--ctstatus", "--ctexpire", "--ctdir",
    "--ctorigsrcport", "--ctorigdstport", "--ctreplsrcport", "--ctrepldstport",
})  # fmt: skip
ADDRTYPE_UNMODELLED = frozenset({"--limit-iface-in", "--limit-iface-out"})
SET_UNMODELLED = frozenset({
    "--return-nomatch", "--update-counters", "--update-subcounters", "--packets-eq", "--packets-lt", "--packets-gt",
    "--bytes-eq", "--bytes-lt", "--bytes-gt",
})  # fmt: skip
matches.register("comment")(MatchKind({"--comment": 1}, _comment, plain=frozenset({"--comment"})))
matches.register("conntrack")(_states("conntrack", "--ctstate", CTSTATE_WORDS))
matches.register("state")(_states("state", "--state", STATE_WORDS))
matches.register("mark")(MatchKind({"--mark": 1}, _mark))
matches.register("addrtype")(MatchKind({"--src-type": 1, "--dst-type": 1}, _addrtype, unmodelled=ADDRTYPE_UNMODELLED))
matches.register("set")(MatchKind({"--match-set": 2}, _set, unmodelled=SET_UNMODELLED))
