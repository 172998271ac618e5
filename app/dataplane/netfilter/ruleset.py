"""The rules of one namespace: four tables, read from and written as iptables-save text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.dataplane.netfilter.chain import Chain, Table, line_of
from app.dataplane.netfilter.jumps import check_jumps
from app.dataplane.netfilter.placement import check_placement
from app.dataplane.netfilter.restoretext import Command, Section, read_restore, read_rule
from app.dataplane.netfilter.rule import BUILT_IN, TABLES, Rule, RuleError
from app.dataplane.netfilter.targets import Jump

__all__ = ["Ruleset"]

POLICIES = ("ACCEPT", "DROP")
#: iptables-nft-save lists filter before nat.
SAVE_ORDER = ("raw", "mangle", "filter", "nat")
#: Fewer chains than these are cheaper to copy than to look for below.
LAYER_FROM = 64


class Ruleset:
    """Tables raw, mangle, nat and filter. A fresh one accepts everything."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._tables: dict[str, Table] | None = None
        self._on_change = on_change
        self._is_touched = False
        self._is_active = False

    @property
    def tables(self) -> dict[str, Table]:
        """The tables by name; most namespaces are Pods' and never have a rule."""
        if self._tables is None:
            self._tables = {name: Table.empty(name) for name in TABLES}
        return self._tables

    def _touch(self) -> None:
        self._is_touched = True
        self._on_change()

    @property
    def is_active(self) -> bool:
        """Whether packets have to pass these tables.

        The kernel registers a table's hooks when it is first used, and they stay when its rules go.
        """
        if not self._is_active and self._is_touched:
            self._is_active = any(table.is_used() for table in self.tables.values())
            self._is_touched = False
        return self._is_active

    # --- as text ------------------------------------------------------------------------------------------------------

    def restore(self, text: str, *, flush: bool = True, is_checked: bool = True) -> None:
        """Load iptables-save text. With `flush` each table it names is replaced; without, only the chains it declares
        are emptied first (`iptables-restore --noflush`). Nothing is changed if any line is wrong. Where the rules stand
        and what they jump to is not looked at when a daemon that knows its own chains writes (`is_checked` False).

        Raises RuleError with the line. Source: iptables-restore(8).
        """
        staged: dict[str, Table] = {}
        for section in read_restore(text):
            try:
                old = staged.get(section.table, self.tables[section.table])
                table = staged[section.table] = self._loaded(old, section, flush=flush)
                if is_checked:
                    check_jumps(table)
                    check_placement(table)
            except RuleError as error:
                error.line = error.line or section.last_line
                raise
        self.tables.update(staged)
        self._touch()

    def _loaded(self, old: Table, section: Section, *, flush: bool) -> Table:
        """Return the table as it is after a section of the text."""
        table = Table.empty(section.table) if flush else old.copy()
        if section.layer is not None:
            if len(section.layer) < LAYER_FROM or not table.chains.push(section.layer):
                for chain in section.layer.values():
                    table.put(chain)
            return table
        for command in section.commands:
            try:
                self._apply(table, command)
            except RuleError as error:
                error.line = command.line
                raise
        return table

    def _apply(self, table: Table, command: Command) -> None:
        """Carry out one command of a table."""
        name = command.chain
        if command.verb == "-F" and not name:
            for each in list(table.chains.values()):
                table.put(each.emptied())
            return
        if command.verb == ":" and name not in BUILT_IN[table.name]:
            table.put(Chain(name))
            return
        chain = self.chain(table, name)
        if command.verb == ":":
            table.put(chain.with_policy(command.policy) if command.policy in POLICIES else chain)
        elif command.verb == "-X":
            self.delete_chain(table, name)
        elif command.verb == "-F":
            table.put(chain.emptied())
        elif command.verb == "-D":
            self.delete_rule(table, name, command.rules[0])
        elif command.verb == "-I":
            table.put(chain.inserted(command.position, command.rules[0]))
        else:
            lines = [line_of(name, rule) for rule in command.rules]
            table.put(Chain(name, chain.policy, (*chain.rules, *command.rules), (*chain.lines, *lines)))

    def save(self, table: str | None = None) -> str:
        """Return the rules as `iptables-save [-t TABLE]` prints them, without its comment lines. Counters are 0."""
        names = SAVE_ORDER if table is None else (table,)
        parts = []
        for name in names:
            rows = self.tables[name]
            if table is None and not rows.is_used():
                continue
            parts.append(f"*{name}")
            parts += [f":{c.name} {c.policy or '-'} [0:0]" for c in rows.ordered()]
            parts += [line for c in rows.ordered() for line in c.lines]
            parts.append("COMMIT")
        return "".join(f"{part}\n" for part in parts)

    # --- one command --------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Table:
        """Return a table to be changed. Raises RuleError for a name that is none."""
        self._touch()
        if name not in self.tables:
            raise RuleError(f"can't initialize iptables table `{name}': Table does not exist (do you need to insmod?)")
        return self.tables[name]

    def chain(self, table: Table, name: str) -> Chain:
        """Return a chain. Raises RuleError where there is none."""
        if name not in table.chains:
            raise RuleError("No chain/target/match by that name.")
        return table.chains[name]

    def delete_chain(self, table: Table, name: str) -> None:
        """`iptables -X CHAIN`: only an own, empty chain that nothing jumps to."""
        chain = self.chain(table, name)
        if chain.policy is not None:
            raise RuleError("cannot delete built-in chains")
        if chain.rules:
            raise RuleError("CHAIN_DEL failed (Device or resource busy): chain " + name)
        if any(isinstance(r.target, Jump) and r.target.chain == name for c in table.chains.values() for r in c.rules):
            raise RuleError("CHAIN_DEL failed (Device or resource busy): chain " + name)
        table.chains.drop(name)

    def drop_chains(self, table: str, names: Iterable[str]) -> None:
        """Take chains out that their daemon knows nothing leads to; a rule that still does finds an empty one."""
        chains = self.table(table).chains
        for name in names:
            if name in chains:
                chains.drop(name)

    def delete_rule(self, table: Table, name: str, rule: Rule) -> None:
        """`iptables -D CHAIN RULE`."""
        chain = self.chain(table, name)
        if rule not in chain.rules:
            raise RuleError("Bad rule (does a matching rule exist in that chain?).")
        table.put(chain.without(chain.rules.index(rule)))

    def ensure(self, table: str, chain: str, rule_text: str, *, position: int | None = None) -> None:
        """Append the rule (or insert it at the 1-based `position`) unless it is there: what daemons do at start."""
        where = self.table(table)
        target, rule = self.chain(where, chain), read_rule(rule_text)
        if rule not in target.rules:
            where.put(target.inserted(len(target.rules) if position is None else position - 1, rule))
