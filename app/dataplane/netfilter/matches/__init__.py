"""Matches, one file each kind; the parser finds them here by the name after `-m`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.core.registry import Registry
from app.dataplane.netfilter.rule import Match

__all__ = ["MatchKind", "Option", "matches", "negation"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it was written: its value ("" for a flag), and whether `!` stood before it."""

    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class MatchKind:
    """A kind of match: its options with the number of words each takes, and how it is made from them.

    `build` raises RuleError for values that iptables would refuse.
    """

    options: Mapping[str, int]
    build: Callable[[Mapping[str, Option]], Match]


matches: Registry[MatchKind] = Registry("match", package="app.dataplane.netfilter.matches")


def negation(negated: bool) -> str:
    """Return the `! ` of a negated term."""
    return "! " if negated else ""
