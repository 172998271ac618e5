"""Rules and chains as plain data, never changed in place: a changed chain is a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.dataplane.nft.sets import AnonymousSet, VerdictMap
from app.dataplane.nft.statements import Lookup, Nat, Select, Statement, Update
from app.dataplane.nft.verdicts import Verdict

__all__ = ["BaseHook", "Chain", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Statements from left to right, and a comment."""

    statements: tuple[Statement, ...]
    comment: str = ""

    def text(self) -> str:
        """Return the rule as nft prints it."""
        words = [statement.text() for statement in self.statements]
        return " ".join([*words, *([f'comment "{self.comment}"'] if self.comment else [])])

    @property
    def anonymous_sets(self) -> int:
        """How many sets come with the rule: each takes a handle of its own."""
        return sum(
            isinstance(statement, Lookup | Select) and isinstance(statement.where, AnonymousSet | VerdictMap)
            for statement in self.statements
        )

    def verdicts(self) -> Iterator[Verdict]:
        """Yield the verdicts that stand in the rule itself."""
        for statement in self.statements:
            if isinstance(statement, Verdict):
                yield statement
            elif isinstance(statement, Select) and isinstance(statement.where, VerdictMap):
                yield from (verdict for _, verdict in statement.where.entries)

    def named_sets(self) -> Iterator[str]:
        """Yield the sets and maps that the rule refers to."""
        for statement in self.statements:
            if isinstance(statement, Update):
                yield statement.name
            elif isinstance(statement, Lookup | Select) and isinstance(statement.where, str):
                yield statement.where

    def nat(self) -> Nat | None:
        """Return the statement that rewrites an address."""
        return next((statement for statement in self.statements if isinstance(statement, Nat)), None)


@dataclass(frozen=True, slots=True)
class BaseHook:
    """Where a base chain hangs: `type` filter or nat, `hook` in small letters, its priority and policy.

    `sequence` is the order of registration: of two with one priority the later is called first.
    """

    type: str
    hook: str
    priority: int
    policy: str = "accept"
    sequence: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain; `base` is None for a regular one. `handles` are those of the rules."""

    name: str
    base: BaseHook | None = None
    comment: str = ""
    rules: tuple[Rule, ...] = ()
    handle: int = field(default=0, compare=False)
    handles: tuple[int, ...] = field(default=(), compare=False)

    def insert(self, position: int, rule: Rule, handle: int) -> Chain:
        """Return the chain with a rule before `position` (0-based)."""
        rules = (*self.rules[:position], rule, *self.rules[position:])
        return replace(self, rules=rules, handles=(*self.handles[:position], handle, *self.handles[position:]))

    def delete(self, position: int) -> Chain:
        """Return the chain without the rule at `position`."""
        rules = self.rules[:position] + self.rules[position + 1 :]
        return replace(self, rules=rules, handles=self.handles[:position] + self.handles[position + 1 :])

    def flushed(self) -> Chain:
        """Return the chain without rules."""
        return replace(self, rules=(), handles=())
