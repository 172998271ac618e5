"""The rules of one namespace: four tables, read from and written as iptables-save text."""

from __future__ import annotations

from app.core.errors import did_you_mean
from app.dataplane.netfilter.parse import parse_rule, split_words
from app.dataplane.netfilter.rule import BUILT_IN, TABLES, Chain, Rule, RuleError, Table
from app.dataplane.netfilter.targets import Jump

__all__ = ["Ruleset"]

POLICIES = ("ACCEPT", "DROP")
#: iptables-nft-save lists filter before nat.
SAVE_ORDER = ("raw", "mangle", "filter", "nat")
#: Jumps into jumps; the kernel's stack holds as many. Source: NFT_JUMP_STACK_SIZE.
JUMP_DEPTH = 16


class Ruleset:
    """Tables raw, mangle, nat and filter. A fresh one accepts everything."""

    def __init__(self) -> None:
        self.tables = {name: Table.empty(name) for name in TABLES}
        self._is_touched = False
        self._is_active = False

    @property
    def is_active(self) -> bool:
        """Whether packets have to pass these tables.

        The kernel registers a table's hooks when it is first used, and they stay when its rules go.
        """
        if not self._is_active and self._is_touched:
            self._is_active = any(table.is_used() for table in self.tables.values())
        return self._is_active

    # --- as text ------------------------------------------------------------------------------------------------------

    def restore(self, text: str, *, flush: bool = True) -> None:
        """Load iptables-save text. With `flush` each table it names is replaced; without, only the chains it declares
        are emptied first (`iptables-restore --noflush`). Nothing is changed if any line is wrong.

        Raises RuleError with the line. Source: iptables-restore(8).
        """
        staged: dict[str, Table] = {}
        table: Table | None = None
        for number, line in enumerate(text.splitlines(), 1):
            words = line.strip()
            if not words or words.startswith("#"):
                continue
            try:
                if words.startswith("*"):
                    table = staged[words[1:]] = self._staged(words[1:], flush=flush)
                elif table is None:
                    self._no_table()
                elif words == "COMMIT":
                    self._check_jumps(table)
                    table = None
                else:
                    self._apply(table, words)
            except RuleError as error:
                raise RuleError(error.message, number) from None
        if table is not None:
            raise RuleError("COMMIT is missing at the end", len(text.splitlines()))
        self.tables.update(staged)
        self._is_touched = True

    @staticmethod
    def _no_table() -> None:
        raise RuleError("no table yet: a '*TABLE' line comes first")

    def _staged(self, name: str, *, flush: bool) -> Table:
        if name not in self.tables:
            raise RuleError(f"there is no table '{name}'; legal: {', '.join(TABLES)}")
        if flush:
            return Table.empty(name)
        old = self.tables[name]
        return Table(name, {c.name: Chain(c.name, c.policy, list(c.rules), list(c.lines)) for c in old.chains.values()})

    def _apply(self, table: Table, line: str) -> None:
        """Take one line of a table: `:CHAIN POLICY [0:0]` or a command."""
        if line.startswith(":"):
            name, _, rest = line[1:].partition(" ")
            policy = rest.split(" ")[0] if rest else "-"
            chain = table.chains.setdefault(name, Chain(name))
            if name in BUILT_IN[table.name]:
                chain.policy = policy if policy in POLICIES else chain.policy
            else:
                chain.flush()
            return
        command, _, rest = line.partition(" ")
        name, _, rule_text = rest.partition(" ")
        if command in ("-X", "--delete-chain"):
            self.delete_chain(table, name)
        elif command in ("-F", "--flush"):
            self.chain(table, name).flush()
        elif command in ("-A", "--append"):
            self.chain(table, name).append(parse_rule(split_words(rule_text)))
        elif command in ("-I", "--insert"):
            words = split_words(rule_text)
            position = int(words.pop(0)) - 1 if words and words[0].isdecimal() else 0
            self.chain(table, name).insert(position, parse_rule(words))
        elif command in ("-D", "--delete"):
            self.delete_rule(table, name, parse_rule(split_words(rule_text)))
        else:
            raise RuleError(f"unknown command '{command}'")

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
        self._is_touched = True
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
        del table.chains[name]

    def delete_rule(self, table: Table, name: str, rule: Rule) -> None:
        """`iptables -D CHAIN RULE`."""
        chain = self.chain(table, name)
        if rule not in chain.rules:
            raise RuleError("Bad rule (does a matching rule exist in that chain?).")
        chain.delete(chain.rules.index(rule))

    def ensure(self, table: str, chain: str, rule_text: str, *, position: int | None = None) -> None:
        """Append the rule (or insert it at the 1-based `position`) unless it is there: what daemons do at start."""
        target = self.chain(self.table(table), chain)
        rule = parse_rule(split_words(rule_text))
        if rule not in target.rules:
            target.insert(len(target.rules) if position is None else position - 1, rule)

    def _check_jumps(self, table: Table) -> None:
        """Refuse jumps to chains that are not there, and loops, as the kernel does when a table is loaded.

        Source: mark_source_chains(), net/ipv4/netfilter/ip_tables.c.
        """
        done: set[str] = set()
        for name in table.chains:
            self._visit(table, name, [], done)

    def _visit(self, table: Table, name: str, path: list[str], done: set[str]) -> None:
        if name in path:
            raise RuleError(f"Loop found in table: {' -> '.join([*path[path.index(name) :], name])}")
        if name in done:
            return
        if name not in table.chains:
            raise RuleError(f"there is no chain or target '{name}'{did_you_mean(name, table.chains)}")
        if len(path) > JUMP_DEPTH:
            raise RuleError(f"Too many levels of jumps ({JUMP_DEPTH}): {path[0]} ... {name}")
        for rule in table.chains[name].rules:
            if isinstance(rule.target, Jump):
                self._visit(table, rule.target.chain, [*path, name], done)
        done.add(name)
