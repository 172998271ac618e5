"""Rules as plain data: what they ask of a packet, and what they do with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.dataplane.netfilter.context import Context

__all__ = ["BUILT_IN", "TABLES", "Match", "NotModelledError", "Rule", "RuleError", "Target"]

#: Built-in chains of each table, in the order in which iptables-save lists them.
BUILT_IN: dict[str, tuple[str, ...]] = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
#: Tables by priority. Source: enum nf_ip_hook_priorities: raw -300, conntrack -200, mangle -150, dstnat -100, filter 0.
TABLES = tuple(BUILT_IN)


class RuleError(Exception):
    """A rule that iptables would not take: its message, and the line of the text it stood in (1-based, 0 unknown)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class NotModelledError(RuleError):
    """A rule that iptables would take, and this model does not."""

    def __init__(self, what: str) -> None:
        super().__init__(f"podwalk: {what} is not modelled")


class Match(Protocol):
    """A condition of a rule. Frozen, comparable; made by `parse.py`, printed by `text`."""

    @property
    def is_comment(self) -> bool:
        """Whether it always holds."""
        ...

    @property
    def is_random(self) -> bool:
        """Whether it draws a number."""
        ...

    def text(self) -> str:
        """Return the words of iptables-save, `-m NAME` included."""
        ...

    def holds(self, context: Context) -> bool:
        """Whether the packet fulfils the condition."""
        ...

    def because(self, context: Context) -> str:
        """Return the failing term of a packet that does not, as a formula."""
        ...


class Target(Protocol):
    """What happens to a packet that a rule matched."""

    @property
    def option(self) -> str:
        """`-j`, or `-g` of a jump that does not come back."""
        ...

    def text(self) -> str:
        """Return the words after the option."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: all matches must hold; `target` None only counts."""

    matches: tuple[Match, ...]
    target: Target | None
    #: The matches that ask something: a comment does not.
    terms: tuple[Match, ...] = field(init=False, repr=False, compare=False)

    has_chance: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(m for m in self.matches if not m.is_comment))
        object.__setattr__(self, "has_chance", any(m.is_random for m in self.matches))

    def text(self) -> str:
        """Return the rule as iptables-save prints it after `-A CHAIN `."""
        words = [m.text() for m in self.matches]
        return " ".join([*words, *([f"{self.target.option} {self.target.text()}"] if self.target else [])])
