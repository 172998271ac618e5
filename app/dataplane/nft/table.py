"""A table: its chains, sets and maps. Every write checks what the kernel checks.

Source: Linux net/netfilter/nf_tables_api.c (nf_tables_newrule, nft_add_set_elem, nf_tables_delchain ...).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.dataplane.layers import Layer, Layers
from app.dataplane.nft.chain import Chain, Rule
from app.dataplane.nft.datatypes import DataType
from app.dataplane.nft.errors import BUSY, EXISTS, NO_SUCH, NftError, missing, process
from app.dataplane.nft.expressions import Key
from app.dataplane.nft.sets import DYNAMIC_SIZE, Element, NamedSet
from app.dataplane.nft.statements import Lookup, Select, Update

__all__ = ["Table"]


class Table:
    """A table of family ip. Chains, sets and elements lie in layers: a fork shares them until it writes."""

    def __init__(self, name: str, comment: str = "", handle: int = 0) -> None:
        self.name = name
        self.comment = comment
        self.handle = handle
        self.chains: Layers[str, Chain] = Layers()
        self.sets: Layers[str, NamedSet] = Layers()
        self.last_handle = 0

    def fork(self) -> Table:
        """Return a copy that is written apart."""
        copy = Table(self.name, self.comment, self.handle)
        copy.chains, copy.last_handle = self.chains.copy(), self.last_handle
        copy.sets = self.sets.copy()
        for name, own in list(copy.sets.own().items()):
            copy.sets.put(name, own.fork())
        return copy

    def frozen(self) -> Table:
        """Return a copy of which forks are cheap: all that it holds lies in layers. Nobody may write to it."""
        copy = Table(self.name, self.comment, self.handle)
        copy.chains, copy.last_handle = Layers(layers=(Layer(self.chains),)), self.last_handle
        copy.sets = Layers(layers=(Layer({name: each.frozen() for name, each in self.sets.items()}),))
        return copy

    # --- finding ------------------------------------------------------------------------------------------------------

    def chain(self, name: str) -> Chain:
        """Return a chain. Raises NftError."""
        if name not in self.chains:
            raise missing(name, self.chains, f"chain ‘{{}}’ in table ip ‘{self.name}’")
        return self.chains[name]

    def set(self, name: str) -> NamedSet:
        """Return a set or map. Raises NftError."""
        if name not in self.sets:
            raise missing(name, self.sets, f"set ‘{{}}’ in table ip ‘{self.name}’", is_listed=True)
        return self.sets[name]

    def _own_set(self, name: str) -> NamedSet:
        """Return a set that this table may write to."""
        found = self.set(name)
        if name not in self.sets.own():
            found = found.fork()
            self.sets.put(name, found)
        return found

    def _next_handle(self, more: int = 0) -> int:
        self.last_handle += 1 + more
        return self.last_handle

    # --- chains and rules ---------------------------------------------------------------------------------------------

    def add_chain(self, chain: Chain) -> None:
        """Make a chain; one that is there with the same hook stays as it is."""
        found = self.chains.get(chain.name)
        if found is None:
            self.chains.put(chain.name, replace(chain, handle=self._next_handle()))
        elif chain.base is not None and chain.base != found.base:
            raise process(EXISTS, chain.name)

    def add_rule(self, chain: str, rule: Rule, *, at: int = 0, is_insert: bool = False) -> None:
        """Append a rule, or put it behind (`is_insert`: before) the rule with handle `at`."""
        found = self.chain(chain)
        self._check_rule(rule)
        position = 0 if is_insert else len(found.rules)
        if at:
            position = self._position(found, at) + (0 if is_insert else 1)
        self.chains.put(chain, found.insert(position, rule, self._next_handle(rule.anonymous_sets)))

    def replace_rule(self, chain: str, handle: int, rule: Rule) -> None:
        """Put a rule in another one's place."""
        found = self.chain(chain)
        position = self._position(found, handle)
        self._check_rule(rule)
        self.chains.put(chain, found.delete(position).insert(position, rule, self._next_handle(rule.anonymous_sets)))

    def delete_rule(self, chain: str, handle: int) -> None:
        """Take the rule with a handle out."""
        found = self.chain(chain)
        self.chains.put(chain, found.delete(self._position(found, handle)))

    @staticmethod
    def _position(chain: Chain, handle: int) -> int:
        if handle not in chain.handles:
            raise process(NO_SUCH, str(handle))
        return chain.handles.index(handle)

    def flush_chain(self, name: str) -> None:
        """Take all rules of a chain out."""
        if self.chain(name).rules:
            self.chains.put(name, self.chains[name].flushed())

    def drop_chains(self, names: Iterable[str]) -> None:
        """Take chains out that their daemon knows nothing leads to; what still does ends there."""
        for name in names:
            self.chains.drop(name)

    def delete_chains(self, names: Iterable[str]) -> None:
        """Take chains out, unless a rule or a map element still leads to one."""
        going = set(names)
        for name in sorted(going):
            self.chain(name)
        used = {
            verdict.chain
            for chain in self.chains.values()
            if chain.name not in going
            for rule in chain.rules
            for verdict in rule.verdicts()
        }
        used |= {e.verdict.chain for each in self.sets.values() for e in each.elements.values() if e.verdict}
        for name in sorted(going):
            if name in used:
                raise process(BUSY, name)
            self.chains.drop(name)

    def _check_rule(self, rule: Rule) -> None:
        for verdict in rule.verdicts():
            if verdict.chain:
                self.chain(verdict.chain)
        for statement in rule.statements:
            if isinstance(statement, Update):
                found = self._typed(statement.key, statement.name, is_map=False)
                flags = tuple(sorted({*found.flags, "dynamic"}))
                if not found.size or flags != found.flags:
                    own = self._own_set(statement.name)
                    self.sets.put(statement.name, replace(own, size=found.size or DYNAMIC_SIZE, flags=flags))
            elif isinstance(statement, Lookup | Select) and isinstance(statement.where, str):
                assert isinstance(statement.key, Key)
                self._typed(statement.key, statement.where, is_map=isinstance(statement, Select))

    def _typed(self, key: Key, name: str, *, is_map: bool) -> NamedSet:
        """Return the set or map that a rule asks for a key. Raises NftError where it is of another type."""
        try:
            found = self.set(name)
        except NftError as error:
            raise NftError(error.message, f"@{name}") from None
        if is_map != found.is_map:
            raise NftError("Expression is not a map" if is_map else "Expression is a map, not a set", f"@{name}")
        if key.types != found.types:
            wants, has = _titles(found.types), _titles(key.types)
            who = ("map expects", "mapping expression") if is_map else ("expected", "expression")
            raise NftError(f"datatype mismatch, {who[0]} {wants}, {who[1]} has type {has}", f"@{name}")
        return found

    # --- sets and elements --------------------------------------------------------------------------------------------

    def add_set(self, new: NamedSet) -> None:
        """Make a set or map; one that is there with the same type stays as it is."""
        found = self.sets.get(new.name)
        if found is None:
            self.sets.put(new.name, replace(new, handle=self._next_handle(), elements=Layers()))
        elif (found.types, found.is_map) != (new.types, new.is_map):
            raise process(EXISTS, new.name)

    def add_elements(self, name: str, elements: Iterable[Element], now_us: int = 0) -> None:
        """Put elements in. A map refuses another verdict for a key it has."""
        found = self._own_set(name)
        for element in elements:
            if element.verdict and element.verdict.chain:
                self.chain(element.verdict.chain)
            there = found.find(element.key, now_us)
            if there is not None and there.verdict != element.verdict:
                raise process(EXISTS)
            if there is None:
                time_us = element.timeout_us or found.timeout_us
                found.elements.put(element.key, replace(element, expires_us=now_us + time_us if time_us else 0))

    def renew_element(self, name: str, element: Element) -> None:
        """Put an element in, or renew its time: what `update @SET` does."""
        self._own_set(name).elements.put(element.key, element)

    def delete_elements(self, name: str, elements: Iterable[Element], now_us: int = 0) -> None:
        """Take elements out; a verdict, where one is written, must be theirs."""
        found = self._own_set(name)
        for element in elements:
            there = found.find(element.key, now_us)
            if there is None or (element.verdict is not None and element.verdict != there.verdict):
                raise process(NO_SUCH)
            found.elements.drop(element.key)

    def flush_set(self, name: str) -> None:
        """Take all elements out."""
        self.sets.put(name, replace(self.set(name), elements=Layers()))

    def delete_set(self, name: str) -> None:
        """Take a set out, unless a rule asks it."""
        self.set(name)
        if any(name in rule.named_sets() for chain in self.chains.values() for rule in chain.rules):
            raise process(BUSY, name)
        self.sets.drop(name)


def _titles(types: tuple[DataType, ...]) -> str:
    titles = ", ".join(kind.title for kind in types)
    return f"concatenation of ({titles})" if len(types) > 1 else titles
