"""Chains and tables. A chain is a value: nodes with the same rules share it, and a change makes a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.dataplane.layers import Layers
from app.dataplane.netfilter.chainindex import ChainIndex
from app.dataplane.netfilter.rule import BUILT_IN, Rule

__all__ = ["Chain", "Table", "line_of"]


class Chain:
    """A chain: built-in ones have a policy, the others None (`-`). `lines` are its rules in iptables-save's words."""

    __slots__ = ("_index", "lines", "name", "policy", "rules")

    def __init__(
        self, name: str, policy: str | None = None, rules: Sequence[Rule] = (), lines: Sequence[str] | None = None
    ) -> None:
        self.name = name
        self.policy = policy
        self.rules = tuple(rules)
        self.lines = tuple(lines) if lines is not None else tuple(line_of(name, rule) for rule in self.rules)
        self._index: ChainIndex | None = None

    @property
    def index(self) -> ChainIndex:
        """Which rules a packet can match at all, made when it is first asked for."""
        if self._index is None:
            self._index = ChainIndex(self.rules)
        return self._index

    def inserted(self, position: int, rule: Rule) -> Chain:
        """Return the chain with a rule before `position` (0-based)."""
        rules, lines = self.rules, self.lines
        return Chain(
            self.name, self.policy,
            (*rules[:position], rule, *rules[position:]),
            (*lines[:position], line_of(self.name, rule), *lines[position:]),
        )  # fmt: skip

    def without(self, position: int) -> Chain:
        """Return the chain without the rule at `position` (0-based)."""
        rules, lines = self.rules, self.lines
        return Chain(
            self.name, self.policy, rules[:position] + rules[position + 1 :], lines[:position] + lines[position + 1 :]
        )

    def with_policy(self, policy: str | None) -> Chain:
        """Return the chain with another policy."""
        return Chain(self.name, policy, self.rules, self.lines)

    def emptied(self) -> Chain:
        """Return the chain without its rules."""
        return Chain(self.name, self.policy)

    def renamed(self, name: str) -> Chain:
        """Return the chain under another name."""
        return Chain(name, self.policy, self.rules)


EMPTY = {table: {name: Chain(name, "ACCEPT") for name in chains} for table, chains in BUILT_IN.items()}


def line_of(chain: str, rule: Rule) -> str:
    """Return a rule's line in iptables-save."""
    return f"-A {chain} {rule.text()}".rstrip()


@dataclass(slots=True)
class Table:
    """A table: its chains by name, in order of making."""

    name: str
    chains: Layers[str, Chain]

    @classmethod
    def empty(cls, name: str) -> Table:
        """Return the table as the kernel starts it: built-in chains, policy ACCEPT."""
        return cls(name, Layers(EMPTY[name]))

    def copy(self) -> Table:
        """Return a table that can be changed on its own."""
        return Table(self.name, self.chains.copy())

    def put(self, chain: Chain) -> None:
        """Add the chain, or put it in the place of the one with its name."""
        self.chains.put(chain.name, chain)

    def is_used(self) -> bool:
        """Whether a rule or chain was added, or a policy changed: only then does iptables-save print the table."""
        own = self.chains.own()
        if len(own) > len(BUILT_IN[self.name]) or any(c.rules or c.policy == "DROP" for c in own.values()):
            return True
        return len(self.chains) > len(own)

    def ordered(self) -> Sequence[Chain]:
        """Return the chains as iptables-save lists them: built-in ones, then the others by name."""
        own = [self.chains[name] for name in BUILT_IN[self.name]]
        return [*own, *(self.chains[n] for n in sorted(self.chains) if n not in BUILT_IN[self.name])]
