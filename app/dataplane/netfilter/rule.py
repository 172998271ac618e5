"""Rules, chains and tables as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.dataplane.netfilter.context import Context

__all__ = ["BUILT_IN", "TABLES", "Chain", "Match", "Rule", "RuleError", "Table", "Target"]

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

    def text(self) -> str:
        """Return the words after `-j`."""
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
        return " ".join([*words, *([f"-j {self.target.text()}"] if self.target else [])])


@dataclass(slots=True)
class Chain:
    """A chain: built-in ones have a policy, the others None (`-`)."""

    name: str
    policy: str | None = None
    rules: list[Rule] = field(default_factory=list)
    #: Lines as they are shown, kept beside the rules; evidence and iptables-save read them.
    lines: list[str] = field(default_factory=list)

    def append(self, rule: Rule) -> None:
        """Add a rule at the end."""
        self.insert(len(self.rules), rule)

    def insert(self, position: int, rule: Rule) -> None:
        """Add a rule before `position` (0-based)."""
        self.rules.insert(position, rule)
        self.lines.insert(position, f"-A {self.name} {rule.text()}".rstrip())

    def delete(self, position: int) -> None:
        """Take the rule at `position` (0-based) out."""
        del self.rules[position]
        del self.lines[position]

    def flush(self) -> None:
        """Take all rules out."""
        self.rules.clear()
        self.lines.clear()


@dataclass(slots=True)
class Table:
    """A table: its chains by name, in order of making."""

    name: str
    chains: dict[str, Chain]

    @classmethod
    def empty(cls, name: str) -> Table:
        """Return the table as the kernel starts it: built-in chains, policy ACCEPT."""
        return cls(name, {chain: Chain(chain, "ACCEPT") for chain in BUILT_IN[name]})

    def is_used(self) -> bool:
        """Whether a rule or chain was added, or a policy changed: only then does iptables-save print the table."""
        return len(self.chains) > len(BUILT_IN[self.name]) or any(
            c.rules or c.policy == "DROP" for c in self.chains.values()
        )

    def ordered(self) -> Sequence[Chain]:
        """Return the chains as iptables-save lists them: built-in ones, then the others by name."""
        own = [self.chains[name] for name in BUILT_IN[self.name]]
        return [*own, *(self.chains[n] for n in sorted(self.chains) if n not in BUILT_IN[self.name])]
