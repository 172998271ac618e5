"""`-m statistic` and `-m recent`: chance, and memory of who was seen.

Source: iptables-extensions(8); Linux net/netfilter/xt_statistic.c, xt_recent.c. A probability is kept as the kernel
keeps it, a 31-bit fraction, and printed back with 11 digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import ClassVar

from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, Words, matches, negation
from app.dataplane.netfilter.rule import Match, NotModelledError, RuleError

__all__ = ["Recent", "Statistic"]

SCALE = 0x80000000
SECOND_US = 1_000_000
HOST_MASK = IPv4Address("255.255.255.255")
#: Times that are kept of one address (ip_pkt_list_tot, raised to the next power of two less one for --hitcount).
MOST_STAMPS = 255


@dataclass(frozen=True, slots=True)
class Statistic:
    """`-m statistic --mode random [!] --probability P`; `numerator` of 2^31."""

    numerator: int
    negated: bool = False

    @property
    def probability(self) -> float:
        """The probability as a fraction."""
        return self.numerator / SCALE

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = True

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"-m statistic --mode random {negation(self.negated)}--probability {self.probability:.11f}"

    def holds(self, context: Context) -> bool:
        """Draw a number."""
        drawn = context.netns.network.rng.fraction()
        context.draws.append(drawn)
        return (drawn < self.probability) != self.negated

    def because(self, context: Context) -> str:
        """Say which number was drawn."""
        return f"--probability {self.probability:.11f} drew {context.draws[-1]:.2f}"


@dataclass(frozen=True, slots=True)
class Recent:
    """`-m recent --set|--rcheck|--update|--remove --name NAME ...` by source or destination address."""

    command: str
    name: str
    seconds: int = 0
    reap: bool = False
    hits: int = 0
    mask: IPv4Address = HOST_MASK
    side: str = "--rsource"
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = ["-m recent", f"{negation(self.negated)}{self.command}"]
        words += [f"--seconds {self.seconds}"] if self.seconds else []
        words += ["--reap"] if self.reap else []
        words += [f"--hitcount {self.hits}"] if self.hits else []
        return " ".join([*words, f"--name {self.name}", f"--mask {self.mask}", self.side])

    def holds(self, context: Context) -> bool:
        """Look the address up in the list, and write there what the command says. Source: recent_mt()."""
        seen = context.netns.recent.setdefault(self.name, {})
        now_us, address = context.netns.clock.now_us, self._address(context)
        stamps = seen.get(address)
        if stamps is None:
            if self.command != "--set":
                return self.negated
            seen[address] = [now_us]
            return not self.negated
        is_so = self._is_so(stamps, now_us)
        if self.command == "--remove":
            del seen[address]
        elif self.command == "--set" or (self.command == "--update" and is_so != self.negated):
            seen[address] = [*stamps, now_us][-MOST_STAMPS:]
        return is_so != self.negated

    def _is_so(self, stamps: list[int], now_us: int) -> bool:
        """Whether the address was seen as often, and as lately, as is asked."""
        if self.command in ("--set", "--remove"):
            return True
        fresh = [s for s in stamps if not self.seconds or now_us - s <= self.seconds * SECOND_US]
        return len(fresh) >= max(self.hits, 1)

    def _address(self, context: Context) -> IPv4Address:
        address = context.ip.src if self.side == "--rsource" else context.ip.dst
        return address if self.mask == HOST_MASK else IPv4Address(int(address) & int(self.mask))

    def because(self, context: Context) -> str:
        """Say who is not in the list, or is, where the rule asks for the opposite."""
        return f"{self._address(context)} {'∈' if self.negated else '∉'} {self.name}"


def _statistic(words: Words) -> Match:
    mode, option = words.get("--mode"), words.get("--probability")
    if mode is None:
        raise RuleError('statistic: option "--mode" must be specified')
    if mode.value == "nth":
        raise NotModelledError("statistic --mode nth")
    if mode.value != "random":
        raise RuleError(f'Bad mode "{mode.value}"')
    if option is None:
        raise RuleError('statistic: option "--probability" must be specified')
    try:
        value = float(option.value)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise RuleError('statistic: bad value for option "--probability", or out of range (0-1).')
    return Statistic(min(round(value * SCALE), SCALE), option.negated)


COMMANDS = ("--set", "--rcheck", "--update", "--remove")


def _recent(words: Words) -> Match:
    given = [name for name in COMMANDS if name in words.options]
    if len(given) != 1:
        raise RuleError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
    seconds, hits = (_number(words, name, low) for name, low in (("--seconds", 1), ("--hitcount", 0)))
    if "--reap" in words.options and not seconds:
        raise RuleError('recent: option "--reap" also requires "--seconds".')
    if given[0] in ("--set", "--remove") and (seconds or hits):
        raise RuleError("RULE_APPEND failed (Invalid argument)")
    name, mask = (
        words.options.get("--name", Option("DEFAULT")).value,
        words.options.get("--mask", Option(str(HOST_MASK))),
    )
    side = "--rdest" if "--rdest" in words.options else "--rsource"
    try:
        return Recent(
            given[0], name, seconds, "--reap" in words.options, hits, IPv4Address(mask.value), side,
            words.options[given[0]].negated,
        )  # fmt: skip
    except AddressValueError:
        raise RuleError(f'recent: bad value for option "--mask": `{mask.value}\'') from None


def _number(words: Words, name: str, low: int) -> int:
    """Return the value of an option that takes a number; 0 where it is not there."""
    option = words.get(name)
    if option is None:
        return 0
    if not option.value.isascii() or not option.value.isdecimal() or not low <= int(option.value[:11]) <= 0xFFFFFFFF:
        raise RuleError(f'recent: bad value for option "{name}", or out of range ({low}-4294967295).')
    return int(option.value)


RECENT_OPTIONS = {
    "--set": 0, "--rcheck": 0, "--update": 0, "--remove": 0, "--name": 1, "--seconds": 1, "--reap": 0, "--mask": 1,
    "--rsource": 0, "--rdest": 0, "--hitcount": 1,
}  # fmt: skip
PLAIN_RECENT = frozenset(RECENT_OPTIONS) - frozenset(COMMANDS)
NTH = frozenset({"--every", "--packet"})
matches.register("statistic")(MatchKind({"--mode": 1, "--probability": 1}, _statistic, unmodelled=NTH))
matches.register("recent")(MatchKind(RECENT_OPTIONS, _recent, plain=PLAIN_RECENT, unmodelled=frozenset({"--rttl"})))
