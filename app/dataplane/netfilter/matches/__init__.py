"""Matches, one file each kind; the parser finds them here by the name after `-m`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.core.registry import Registry
from app.dataplane.netfilter.rule import Match

__all__ = ["MatchKind", "Option", "Words", "matches", "negation"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it was written: its value ("" for a flag), and whether `!` stood before it."""

    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The options of one `-m NAME`, by their first names, and the rule's protocol: `tcp`, `!tcp`, "" for all."""

    options: Mapping[str, Option]
    protocol: str = ""

    def get(self, name: str) -> Option | None:
        """Return an option that may be left out."""
        return self.options.get(name)


@dataclass(frozen=True, slots=True)
class MatchKind:
    """A kind of match: its options with the number of words each takes, and how it is made from them.

    `aliases` are further names of options, `plain` those that `!` must not stand before, `unmodelled` what the real
    one has besides. `build` raises RuleError for values that iptables would refuse.
    """

    options: Mapping[str, int]
    build: Callable[[Words], Match]
    aliases: Mapping[str, str] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    unmodelled: frozenset[str] = frozenset()


matches: Registry[MatchKind] = Registry("match", package="app.dataplane.netfilter.matches")


def negation(negated: bool) -> str:
    """Return the `! ` of a negated term."""
    return "! " if negated else ""
