"""Targets: what happens to a packet that a rule matched.

Source: iptables(8), iptables-extensions(8). A target is data; netfilter/verdict.py and nat.py act on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from app.core.addresstext import address_text
from app.dataplane.netfilter.rule import RuleError, Target

__all__ = [
    "Accept",
    "Dnat",
    "Drop",
    "Jump",
    "Log",
    "Masquerade",
    "NoTrack",
    "Reject",
    "Return",
    "SetMark",
    "Snat",
    "parse_target",
]

#: --reject-with: ICMP type and code, or None for a TCP reset.
REJECT_TYPES: dict[str, tuple[int, int] | None] = {
    "icmp-net-unreachable": (3, 0), "icmp-host-unreachable": (3, 1), "icmp-proto-unreachable": (3, 2),
    "icmp-port-unreachable": (3, 3), "icmp-net-prohibited": (3, 9), "icmp-host-prohibited": (3, 10),
    "icmp-admin-prohibited": (3, 13), "tcp-reset": None,
}  # fmt: skip
FULL_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Accept:
    """The packet passes this table."""

    def text(self) -> str:
        """Return `ACCEPT`."""
        return "ACCEPT"


@dataclass(frozen=True, slots=True)
class Drop:
    """The packet is dropped in silence."""

    def text(self) -> str:
        """Return `DROP`."""
        return "DROP"


@dataclass(frozen=True, slots=True)
class Return:
    """Back to the calling chain; at the end of a built-in one its policy decides."""

    def text(self) -> str:
        """Return `RETURN`."""
        return "RETURN"


@dataclass(frozen=True, slots=True)
class Jump:
    """On with another chain; `is_goto`: without coming back here."""

    chain: str
    is_goto: bool = False

    def text(self) -> str:
        """Return the chain's name."""
        return self.chain


@dataclass(frozen=True, slots=True)
class Reject:
    """The packet is dropped and its sender told."""

    with_: str = "icmp-port-unreachable"

    def text(self) -> str:
        """Return `REJECT --reject-with TYPE`."""
        return f"REJECT --reject-with {self.with_}"


@dataclass(frozen=True, slots=True)
class PortRange:
    """`ADDRESS[-ADDRESS][:PORT[-PORT]]` of DNAT and SNAT, one address only; port 0: kept."""

    address: IPv4Address
    port: int = 0
    last_port: int = 0

    def text(self) -> str:
        """Return it as iptables-save prints it."""
        if not self.port:
            return address_text(self.address)
        last = f"-{self.last_port}" if self.last_port != self.port else ""
        return f"{self.address}:{self.port}{last}"


@dataclass(frozen=True, slots=True)
class Dnat:
    """The destination is rewritten."""

    to: PortRange
    flags: tuple[str, ...] = ()

    def text(self) -> str:
        """Return `DNAT --to-destination ADDRESS:PORT`."""
        return " ".join([f"DNAT --to-destination {self.to.text()}", *self.flags])


@dataclass(frozen=True, slots=True)
class Snat:
    """The source is rewritten."""

    to: PortRange
    flags: tuple[str, ...] = ()

    def text(self) -> str:
        """Return `SNAT --to-source ADDRESS`."""
        return " ".join([f"SNAT --to-source {self.to.text()}", *self.flags])


@dataclass(frozen=True, slots=True)
class Masquerade:
    """The source becomes the address of the interface by which the packet leaves."""

    flags: tuple[str, ...] = ()

    @property
    def is_fully_random(self) -> bool:
        """Whether the port is always drawn anew."""
        return "--random-fully" in self.flags

    def text(self) -> str:
        """Return `MASQUERADE --random-fully`."""
        return " ".join(["MASQUERADE", *self.flags])


@dataclass(frozen=True, slots=True)
class SetMark:
    """The packet's mark becomes (mark & ~mask) ^ value."""

    value: int
    mask: int = FULL_MASK

    def apply(self, mark: int) -> int:
        """Return the new mark. Source: xt_mark.c, mark_tg()."""
        return (mark & ~self.mask & FULL_MASK) ^ self.value

    def text(self) -> str:
        """Return `MARK --set-xmark VALUE/MASK`."""
        return f"MARK --set-xmark {self.value:#x}/{self.mask:#x}"


@dataclass(frozen=True, slots=True)
class NoTrack:
    """The packet is not tracked."""

    def text(self) -> str:
        """Return `CT --notrack`, as iptables-save prints NOTRACK today."""
        return "CT --notrack"


@dataclass(frozen=True, slots=True)
class Log:
    """A line in the kernel log (not modelled); the packet goes on to the next rule."""

    words: tuple[str, ...] = ()

    def text(self) -> str:
        """Return `LOG ...`."""
        return " ".join(["LOG", *self.words])


def parse_target(words: Sequence[str], *, is_goto: bool = False) -> Target:
    """Return the target that `words` (after `-j` or `-g`) name. Raises RuleError."""
    if not words:
        raise RuleError("option `-j' requires an argument")
    name, options = words[0], list(words[1:])
    if name in PARSERS:
        return PARSERS[name](options)
    if options:
        raise RuleError(f'unknown option "{options[0]}"')
    return Jump(name, is_goto)


def _plain(target: Target) -> Callable[[list[str]], Target]:
    def parse(options: list[str]) -> Target:
        if options:
            raise RuleError(f'unknown option "{options[0]}"')
        return target

    return parse


def _reject(options: list[str]) -> Target:
    if not options:
        return Reject()
    if len(options) != 2 or options[0] != "--reject-with" or options[1] not in REJECT_TYPES:
        raise RuleError(f'unknown reject type "{options[-1]}"; legal: {", ".join(REJECT_TYPES)}')
    return Reject(options[1])


def _nat(option: str, make: Callable[[PortRange, tuple[str, ...]], Target]) -> Callable[[list[str]], Target]:
    def parse(options: list[str]) -> Target:
        if option not in options or options.index(option) + 1 >= len(options):
            raise RuleError(f'option "{option}" must be specified')
        at = options.index(option)
        flags = tuple(
            w for w in options[:at] + options[at + 2 :] if w in ("--random", "--persistent", "--random-fully")
        )
        return make(_port_range(options[at + 1]), flags)

    return parse


def _port_range(text: str) -> PortRange:
    address, colon, ports = text.partition(":")
    first, dash, last = ports.partition("-")
    numbers = [first, last] if dash else [first]
    if colon and not all(n.isdecimal() and 1 <= int(n[:6]) <= 65535 for n in numbers):
        raise RuleError(f'Port range "{ports}" invalid')
    try:
        low = int(first) if colon else 0
        return PortRange(IPv4Address(address), low, int(last) if dash else low)
    except AddressValueError:
        raise RuleError(f'Bad IP address "{address}"') from None


def _masquerade(options: list[str]) -> Target:
    for option in options:
        if option not in ("--random", "--random-fully"):
            raise RuleError(f'unknown option "{option}"')
    return Masquerade(tuple(options))


def _mark(options: list[str]) -> Target:
    if len(options) != 2:
        raise RuleError(
            "MARK target: kernel too old? one of --set-xmark, --set-mark, --or-mark, --and-mark, --xor-mark"
        )
    name, (value, _, mask) = options[0], options[1].partition("/")
    from app.dataplane.netfilter.matches.state import parse_number

    number = parse_number(value)
    if name == "--set-xmark":
        return SetMark(number, parse_number(mask) if mask else FULL_MASK)
    if name == "--set-mark":
        # Bits of the mask and of the value are cleared first: --set-mark V/M is --set-xmark V/(V|M).
        return SetMark(number, (parse_number(mask) if mask else FULL_MASK) | number)
    if name == "--or-mark":
        return SetMark(number, number)
    if name == "--xor-mark":
        return SetMark(number, 0)
    if name == "--and-mark":
        return SetMark(0, ~number & FULL_MASK)
    raise RuleError(f'unknown option "{name}"')


def _ct(options: list[str]) -> Target:
    if options != ["--notrack"]:
        raise RuleError("CT: only --notrack is modelled")
    return NoTrack()


PARSERS: dict[str, Callable[[list[str]], Target]] = {
    "ACCEPT": _plain(Accept()),
    "DROP": _plain(Drop()),
    "RETURN": _plain(Return()),
    "REJECT": _reject,
    "DNAT": _nat("--to-destination", Dnat),
    "SNAT": _nat("--to-source", Snat),
    "MASQUERADE": _masquerade,
    "MARK": _mark,
    "NOTRACK": _plain(NoTrack()),
    "CT": _ct,
    "LOG": lambda options: Log(tuple(options)),
}
