"""All nftables tables of one namespace, and the transactions that change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.dataplane.nft.chain import Chain
from app.dataplane.nft.check import check_table
from app.dataplane.nft.errors import EXISTS, NftError, missing, process
from app.dataplane.nft.table import Table

__all__ = ["Command", "Ruleset", "Transaction"]

Hooked = tuple[int, str, str]
"""A base chain: its priority, table and name."""


class Ruleset:
    """Tables of family ip by name. A fresh one lets everything pass. `on_active` is told when packets begin to pass."""

    def __init__(self, on_active: Callable[[], None] = lambda: None) -> None:
        self._on_active = on_active
        self.tables: dict[str, Table] = {}
        self._sequence = 0
        self._last_handle = 0
        self._hooked: dict[tuple[str, str], tuple[Hooked, ...]] = {}
        self._is_active = False

    @property
    def is_active(self) -> bool:
        """Whether packets have to pass a base chain; as with iptables, conntrack stays once it was asked for."""
        return self._is_active

    def table(self, name: str) -> Table:
        """Return a table. Raises NftError."""
        if name not in self.tables:
            raise missing(name, self.tables, "table ‘{}’ in family ip", is_listed=True)
        return self.tables[name]

    def hooked(self, type_: str, hook: str) -> tuple[Hooked, ...]:
        """Return the base chains of a type at a hook (`prerouting`) in the order in which the kernel calls them.

        By priority; of equals the one registered last is first. Source: nf_hook_entries_grow(), net/netfilter/core.c.
        """
        key = (type_, hook)
        if key not in self._hooked:
            found = [
                (chain.base.priority, -chain.base.sequence, table.name, chain.name)
                for table in self.tables.values()
                for chain in table.chains.values()
                if chain.base is not None and (chain.base.type, chain.base.hook) == key
            ]
            self._hooked[key] = tuple((priority, table, name) for priority, _, table, name in sorted(found))
        return self._hooked[key]

    # --- transactions -------------------------------------------------------------------------------------------------

    def apply(self, transaction: Transaction, now_us: int = 0, *, is_checked: bool = True) -> None:
        """Run all commands, or none: NftError leaves the tables as they were.

        `is_checked` False leaves out the search for loops and misplaced statements in what can be reached: for the
        tables of programs that write the same rules on every node.
        """
        if not self.tables and (made := transaction.on_empty()) is not None:
            self._adopt(made)
            return
        before = {name: table.fork() for name, table in self.tables.items()}
        try:
            self.run(transaction, now_us, is_checked=is_checked)
        except NftError:
            self.tables = before
            self._changed()
            raise

    def run(self, transaction: Transaction, now_us: int, *, is_checked: bool) -> None:
        """Run all commands; where one is refused (NftError) those before it have been run."""
        for line, command in transaction.commands:
            try:
                command(self, now_us)
            except NftError as error:
                raise NftError(error.message, error.word, line) from None
        if is_checked:
            for table in self.tables.values():
                check_table(table)

    def _adopt(self, made: Ruleset) -> None:
        """Take over tables to write on them; `_hooked` too: whoever changes a base chain begins a new one."""
        self.tables = {name: table.fork() for name, table in made.tables.items()}
        self._sequence, self._last_handle = made._sequence, made._last_handle
        if made.is_active:
            self._activate()
        self._hooked = made._hooked

    def frozen(self) -> Ruleset:
        """Return a copy that others adopt."""
        copy = Ruleset()
        copy._adopt(self)
        copy.tables = {name: table.frozen() for name, table in self.tables.items()}
        return copy

    def _activate(self) -> None:
        if not self._is_active:
            self._is_active = True
            self._on_active()

    def _changed(self) -> None:
        self._hooked = {}

    # --- commands -----------------------------------------------------------------------------------------------------

    def add_table(self, name: str, comment: str = "", *, is_create: bool = False) -> None:
        """Make a table; one that is there stays as it is (`create`: is refused)."""
        if name in self.tables:
            if is_create:
                raise process(EXISTS, name)
            return
        self._last_handle += 1
        self.tables[name] = Table(name, comment, self._last_handle)

    def changing(self, name: str) -> Table:
        """Return a table to be changed. Raises NftError."""
        if name not in self.tables:
            raise missing(name, self.tables, "table ‘{}’ in family ip")
        return self.tables[name]

    def delete_table(self, name: str) -> None:
        """Take a table out with all that it holds."""
        self.changing(name)
        del self.tables[name]
        self._changed()

    def flush(self) -> None:
        """`nft flush ruleset`."""
        self.tables = {}
        self._changed()

    def flush_table(self, name: str) -> None:
        """Take all rules out; chains and sets stay."""
        table = self.changing(name)
        for chain in list(table.chains):
            table.flush_chain(chain)

    def add_chain(self, table: str, chain: Chain, *, is_create: bool = False) -> None:
        """Make a chain, and register it if it is a base chain."""
        into = self.changing(table)
        if is_create and chain.name in into.chains:
            raise process(EXISTS, chain.name)
        if chain.base is not None:
            self._sequence += 1
            chain = replace(chain, base=replace(chain.base, sequence=self._sequence))
            self._activate()
            self._changed()
        into.add_chain(chain)

    def delete_chain(self, table: str, name: str) -> None:
        """Take a chain out, with its rules."""
        self.changing(table).delete_chains([name])
        self._changed()


Command = Callable[[Ruleset, int], None]
"""What a line does to the tables; the number is the time in microseconds, from which elements live."""


class Transaction:
    """A text of commands, read once; what it makes of no tables at all is made once too, and shared by all."""

    def __init__(self, commands: Sequence[tuple[int, Command]]) -> None:
        self.commands = tuple(commands)
        self._made: Ruleset | None = None
        self._is_timed = False

    def on_empty(self) -> Ruleset | None:
        """Return the tables that it makes where there are none; None where elements have a time, which runs from now.

        Nobody may write to them.
        """
        if self._made is None and not self._is_timed:
            made = Ruleset()
            made.run(self, 0, is_checked=True)
            elements = (e for t in made.tables.values() for each in t.sets.values() for e in each.elements.values())
            self._is_timed = any(element.expires_us for element in elements)
            self._made = None if self._is_timed else made.frozen()
        return self._made
