"""Walking a packet through one base chain: what matched, what did not and why, and what became of the packet.

Source: Linux net/netfilter/nf_tables_core.c, nft_do_chain(). A named set or map is asked once, as the kernel asks it:
the element that answered is told, those that did not are not looked at.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.targets import Dnat, Drop
from app.dataplane.nft.chain import Chain, Rule
from app.dataplane.nft.evidence import ChainWalk, Line, MarkSet
from app.dataplane.nft.expressions import Numgen
from app.dataplane.nft.sets import Element, NamedSet, VerdictMap
from app.dataplane.nft.statements import (
    Compare,
    Counter,
    Lookup,
    MarkBits,
    Nat,
    RejectWith,
    Select,
    SetMark,
    Statement,
    Update,
)
from app.dataplane.nft.table import Table
from app.dataplane.nft.verdicts import Verdict

__all__ = ["walk_chain"]


def walk_chain(table: Table, chain: Chain, context: Context) -> ChainWalk:
    """Return what the base chain decides."""
    assert chain.base is not None
    walk = _Walk(table, chain, context)
    walk.run(chain)
    walk.pay(is_over=True)
    return walk.result


class _Walk:
    """One packet in one base chain."""

    def __init__(self, table: Table, chain: Chain, context: Context) -> None:
        assert chain.base is not None
        self.table = table
        self.context = context
        self.now_us = context.netns.clock.now_us
        self.result = ChainWalk(f"ip {table.name}", chain.name, chain.base.policy)
        self.seen: Context | None = None

    def run(self, chain: Chain) -> bool:
        """Go through a chain; True when there is a final verdict."""
        for rule in chain.rules:
            verdict = self._rule(chain, rule)
            if verdict is None or verdict.name == "continue":
                continue
            if verdict.name == "return":
                return False
            if verdict.chain:
                self.pay()
                chain_there = self.table.chains.get(verdict.chain)  # None: dropped by its daemon (Table.drop_chains)
                if chain_there is not None and self.run(chain_there):
                    return True
                if verdict.name == "goto":
                    return False
                continue
            self.result.is_accepted = verdict.name == "accept" and self.result.target is None
            if verdict.name == "drop" and self.result.target is None:
                self.result.target = Drop()
            return True
        return False

    def pay(self, *, is_over: bool = False) -> None:
        """Count what the packet has asked so far."""
        result, netns = self.result, self.context.netns
        at = (netns.name, result.table, result.chain)
        netns.network.budget.pay(len(result.way) + len(result.passed), at, is_over=is_over)

    def _rule(self, chain: Chain, rule: Rule) -> Verdict | None:
        """Run the statements of a rule until one does not hold; return the verdict, if it comes to one."""
        way = self.result.way
        line = Line(f"chain ip {self.table.name} {chain.name}", rule.text)
        start, has_effect = len(way), False
        way.append(line)
        verdict: Verdict | None = None
        for statement in rule.statements:
            if isinstance(statement, Compare | MarkBits):
                if not statement.holds(self.context):
                    return self._skip(rule, statement, start)
            elif isinstance(statement, Lookup):
                if not self._is_in(statement):
                    return self._skip(rule, statement, start)
            elif isinstance(statement, Select):
                verdict = self._select(statement)
                if verdict is None:
                    return self._skip(rule, statement, start)
                has_effect = True
            elif isinstance(statement, Verdict):
                verdict, has_effect = statement, True
            elif isinstance(statement, RejectWith) and not self._is_rejectable(statement):
                return self._skip(rule, statement, start)
            elif not isinstance(statement, Counter):
                has_effect = True
                verdict = self._act(statement, line)
        if not has_effect:
            del way[start:]
        return verdict

    def _act(self, statement: Statement, line: Line) -> Verdict | None:
        """Do what a statement does."""
        context = self.context
        if isinstance(statement, SetMark):
            after = statement.apply(context.mark)
            self.result.marks.append(MarkSet(line, context.mark, after))
            context.mark = after
        elif isinstance(statement, Update):
            self._update(statement)
        elif isinstance(statement, Nat | RejectWith):
            self.result.target = statement.target
            return Verdict("accept" if isinstance(statement, Nat) else "drop")
        return None

    def _is_rejectable(self, statement: RejectWith) -> bool:
        return statement.target.with_ != "tcp-reset" or self.context.ip.proto == "tcp"

    def _skip(self, rule: Rule, statement: Statement, start: int) -> Verdict | None:
        """Note that the rule did not match, and the packet as it was then; there is no verdict."""
        del self.result.way[start:]
        if self.seen is None or self.seen.mark != self.context.mark:
            self.seen = self.context.as_seen()
        seen = self.seen
        if isinstance(statement, RejectWith):
            self.result.passed.append((rule.text, lambda: f"meta l4proto = {seen.ip.proto}"))
            return None
        assert isinstance(statement, Compare | MarkBits | Lookup | Select)
        if isinstance(statement, Compare | Lookup) and statement.asks_tables:  # told now: tables change
            because = statement.because(seen)
            self.result.passed.append((rule.text, lambda: because))
            return None
        self.result.passed.append((rule.text, lambda: statement.because(seen)))
        return None

    # --- sets and maps ------------------------------------------------------------------------------------------------

    def _is_in(self, lookup: Lookup) -> bool:
        key = lookup.key.read(self.context)
        if key is None:
            return False
        if isinstance(lookup.where, str):
            found = self.table.sets[lookup.where].find(key, self.now_us)
            return (found is not None) != lookup.negated
        return lookup.where.contains(key) != lookup.negated

    def _select(self, select: Select) -> Verdict | None:
        """Return the verdict that a map has for the packet, and put the element on the way."""
        way, rule_line = self.result.way, self.result.way[-1]
        if isinstance(select.key, Numgen):
            assert isinstance(select.where, VerdictMap)
            return self._draw(select.key, select.where, rule_line)
        key = select.key.read(self.context)
        if key is None:
            return None
        if isinstance(select.where, VerdictMap):
            if key not in select.where.by_key:
                return None
            entries = select.where
            way.append(Line(rule_line.place, lambda: entries.entry_text(key)))
            return entries.by_key[key]
        named = self.table.sets[select.where]
        element = named.find(key, self.now_us)
        if element is None:
            return None
        way.append(self._element_line(named, element))
        return element.verdict

    def _element_line(self, named: NamedSet, element: Element) -> Line:
        now_us = self.now_us
        return Line(f"map ip {self.table.name} {named.name}", lambda: named.element_text(element, now_us))

    def _draw(self, numgen: Numgen, entries: VerdictMap, rule_line: Line) -> Verdict | None:
        """Draw a number, or take the one that --pick names; tell the entries that it passed over."""
        forced = self._forced(entries)
        drawn = numgen.draw(self.context) if forced is None else forced
        because = f"{numgen.text()} drew {drawn}" if forced is None else "not the one that --pick names"
        for key, _ in entries.entries:
            if key != drawn:
                self.result.passed.append((lambda key=key: entries.entry_text(key), lambda: because))  # type: ignore[misc]
        if drawn not in entries.by_key:
            return None
        self.result.way.append(Line(rule_line.place, lambda: entries.entry_text(drawn)))
        return entries.by_key[drawn]

    def _forced(self, entries: VerdictMap) -> int | None:
        """Return the number whose chain leads to a destination that chance shall choose, where one does."""
        preferred = self.context.netns.network.preferred
        if not preferred:
            return None
        for key, verdict in entries.entries:
            if verdict.chain and not preferred.isdisjoint(self._destinations(verdict.chain)):
                assert isinstance(key, int)
                return key
        return None

    def _destinations(self, chain: str) -> set[IPv4Address]:
        found = self.table.chains.get(chain)
        nats = (rule.nat() for rule in found.rules) if found is not None else iter(())
        spans = (nat.target.to for nat in nats if nat is not None and isinstance(nat.target, Dnat))
        return {span.address for span in spans if span.address is not None}

    def _update(self, update: Update) -> None:
        """Make the packet's key an element; a set that is full takes no more."""
        key = update.key.read(self.context)
        if key is None:
            return
        named = self.table.sets[update.name]
        found = named.find(key, self.now_us)
        if (found is None and named.size and len(named.elements) >= named.size) or (found and not update.is_update):
            return
        time_us = update.timeout_us or named.timeout_us
        element = Element(key, timeout_us=update.timeout_us, expires_us=self.now_us + time_us if time_us else 0)
        self.table.renew_element(update.name, element)
