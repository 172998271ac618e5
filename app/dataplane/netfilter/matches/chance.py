"""`-m statistic` and `-m recent`: chance, and memory of who was seen.

Source: iptables-extensions(8); Linux net/netfilter/xt_statistic.c, xt_recent.c. A probability is kept as the kernel
keeps it, a 31-bit fraction, and printed back with 11 digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import MatchKind, Option, matches, negation
from app.dataplane.netfilter.rule import Match, RuleError

__all__ = ["Recent", "Statistic"]

SCALE = 0x80000000
SECOND_US = 1_000_000


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
    """`-m recent --set|--rcheck|--update|--remove --name NAME ...` by source address."""

    command: str
    name: str
    seconds: int = 0
    reap: bool = False
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        words = ["-m recent", f"{negation(self.negated)}{self.command}"]
        words += [f"--seconds {self.seconds}"] if self.seconds else []
        words += ["--reap"] if self.reap else []
        return " ".join([*words, f"--name {self.name}", "--mask 255.255.255.255", "--rsource"])

    def holds(self, context: Context) -> bool:
        """Look the source up in the list (and write it there: --set)."""
        seen = context.netns.recent.setdefault(self.name, {})
        now_us, source = context.netns.clock.now_us, context.ip.src
        last = seen.get(source)
        if self.command == "--set":
            seen[source] = now_us
            return True
        fresh = last is not None and (not self.seconds or now_us - last <= self.seconds * SECOND_US)
        if self.command == "--remove" and fresh:
            del seen[source]
        if self.command == "--update" and fresh:
            seen[source] = now_us
        return fresh != self.negated

    def because(self, context: Context) -> str:
        """Say who is not in the list."""
        return f"{context.ip.src} ∉ {self.name}"


def _statistic(options: Mapping[str, Option]) -> Match:
    mode = options.get("--mode")
    option = options.get("--probability")
    if mode is None or mode.value != "random" or option is None:
        raise RuleError("statistic: only --mode random --probability P is modelled")
    try:
        value = float(option.value)
    except ValueError:
        raise RuleError(f"statistic: `{option.value}' is not a probability") from None
    if not 0 <= value <= 1:
        raise RuleError(f"statistic: `{option.value}' is not between 0 and 1")
    return Statistic(min(round(value * SCALE), SCALE), option.negated)


COMMANDS = ("--set", "--rcheck", "--update", "--remove")


def _recent(options: Mapping[str, Option]) -> Match:
    given = [name for name in COMMANDS if name in options]
    if len(given) != 1:
        raise RuleError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
    seconds = options.get("--seconds", Option("0")).value
    if not seconds.isdecimal():
        raise RuleError(f"recent: `{seconds}' is not a number of seconds")
    name = options.get("--name", Option("DEFAULT")).value
    return Recent(given[0], name, int(seconds), "--reap" in options, options[given[0]].negated)


RECENT_OPTIONS = {
    "--set": 0, "--rcheck": 0, "--update": 0, "--remove": 0, "--name": 1, "--seconds": 1, "--reap": 0, "--mask": 1,
    "--rsource": 0, "--hitcount": 1,
}  # fmt: skip
matches.register("statistic")(MatchKind({"--mode": 1, "--probability": 1}, _statistic))
matches.register("recent")(MatchKind(RECENT_OPTIONS, _recent))
