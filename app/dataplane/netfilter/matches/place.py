"""`-m physdev` and `-m iprange`: bridge ports, and addresses from one to another.

Source: iptables-extensions(8); Linux net/netfilter/xt_physdev.c, xt_iprange.c.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, Words, matches, negation
from app.dataplane.netfilter.matches.basic import interface_fits
from app.dataplane.netfilter.rule import Match, RuleError

__all__ = ["IpRange", "Physdev"]

#: In the order in which iptables-save writes them, with the number of words each takes.
PHYSDEV_OPTIONS = {
    "--physdev-is-in": 0, "--physdev-in": 1, "--physdev-is-out": 0, "--physdev-out": 1, "--physdev-is-bridged": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Physdev:
    """`-m physdev`: what is asked of a bridged packet's ports, as (option, value); all must hold."""

    terms: tuple[tuple[str, Option], ...]

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = (f"{negation(o.negated)}{name}{' ' + o.value if o.value else ''}" for name, o in self.terms)
        return " ".join(["-m physdev", *words])

    @property
    def asks_way_out(self) -> bool:
        """Whether it asks by which port a packet leaves without asking for a bridged one: OUTPUT cannot tell."""
        asked = {name for name, option in self.terms if name != "--physdev-is-bridged" or not option.negated}
        return "--physdev-is-bridged" not in asked and not asked.isdisjoint(("--physdev-out", "--physdev-is-out"))

    def holds(self, context: Context) -> bool:
        """Compare the bridge ports."""
        return all(_is_so(name, option.value, context) != option.negated for name, option in self.terms)

    def because(self, context: Context) -> str:
        """Say by which port the packet came or goes."""
        return f"physdev in = {context.physdev_in or '-'}, out = {context.physdev_out or '-'}"


def _is_so(option: str, name: str, context: Context) -> bool:
    return {
        "--physdev-in": interface_fits(name, context.physdev_in),
        "--physdev-out": interface_fits(name, context.physdev_out),
        "--physdev-is-in": bool(context.physdev_in),
        "--physdev-is-out": bool(context.physdev_out),
        "--physdev-is-bridged": context.is_bridged,
    }[option]


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses `first` to `last`."""

    first: IPv4Address
    last: IPv4Address
    negated: bool = False

    def text(self, option: str) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}{option} {self.first}-{self.last}"

    def holds(self, address: IPv4Address) -> bool:
        """Whether the address is meant."""
        return (self.first <= address <= self.last) != self.negated


@dataclass(frozen=True, slots=True)
class IpRange:
    """`-m iprange [!] --src-range FROM-TO [!] --dst-range FROM-TO`."""

    source: Span | None
    destination: Span | None

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = ["-m iprange", *([self.source.text("--src-range")] if self.source else [])]
        return " ".join([*words, *([self.destination.text("--dst-range")] if self.destination else [])])

    def holds(self, context: Context) -> bool:
        """Compare both addresses."""
        fits = self.source is None or self.source.holds(context.ip.src)
        return fits and (self.destination is None or self.destination.holds(context.ip.dst))

    def because(self, context: Context) -> str:
        """Say which address is outside."""
        if self.source is not None and not self.source.holds(context.ip.src):
            return f"src = {address_text(context.ip.src)}"
        return f"dst = {address_text(context.ip.dst)}"


def _physdev(words: Words) -> Match:
    terms = tuple((name, words.options[name]) for name in PHYSDEV_OPTIONS if name in words.options)
    if not terms:
        raise RuleError("PHYSDEV: no physdev option specified")
    if any(PHYSDEV_OPTIONS[name] and not option.value for name, option in terms):
        raise RuleError("Empty interface is likely to be undesired")
    return Physdev(terms)


def _iprange(words: Words) -> Match:
    if not words.options:
        raise RuleError("iprange match: You must specify `--src-range' or `--dst-range'")
    return IpRange(*(_span(words.get(name)) for name in ("--src-range", "--dst-range")))


def _span(option: Option | None) -> Span | None:
    if option is None:
        return None
    first, dash, last = option.value.partition("-")
    try:
        return Span(IPv4Address(first), IPv4Address(last if dash else first), option.negated)
    except AddressValueError:
        raise RuleError(f"iprange: Bad IP address `{option.value}'") from None


matches.register("physdev")(MatchKind(PHYSDEV_OPTIONS, _physdev))
matches.register("iprange")(MatchKind({"--src-range": 1, "--dst-range": 1}, _iprange))
