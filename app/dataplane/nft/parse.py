"""From text to commands: what `nft -f` reads, blocks as `nft list ruleset` prints them and commands alike.

`parse(list(x)) == x`, but for one thing that nft does too: a set in which neighbours were joined to a single range is
listed in braces and read back without.
Source: nft(8); nftables 1.0.6 src/parser_bison.y.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.core.errors import did_you_mean
from app.dataplane.nft.blocks import read_chain_body, read_elements, read_set_body
from app.dataplane.nft.chain import Chain, Rule
from app.dataplane.nft.datatypes import DataType
from app.dataplane.nft.errors import NftError
from app.dataplane.nft.rules import read_rule
from app.dataplane.nft.ruleset import Command, Ruleset, Transaction
from app.dataplane.nft.sets import Element, NamedSet
from app.dataplane.nft.words import Cursor, split

__all__ = ["parse"]

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")


def parse(text: str) -> Transaction:
    """Return the commands of a text. Raises NftError with the line."""
    return _Parser(split(text)).read()


class _Parser:
    """Reads commands and blocks."""

    def __init__(self, words: list[str]) -> None:
        self.cursor = Cursor(words)
        self.commands: list[tuple[int, Command]] = []

    def read(self) -> Transaction:
        """Return the commands."""
        cursor = self.cursor
        try:
            cursor.skip_ends()
            while cursor.next:
                self._top()
                if cursor.next and not cursor.is_end:
                    raise cursor.unexpected("expecting newline or semicolon")
                cursor.skip_ends()
        except NftError as error:
            raise NftError(error.message, error.word, cursor.line) from None
        return Transaction(self.commands)

    def _emit(self, command: Command) -> None:
        self.commands.append((self.cursor.line, command))

    def _top(self) -> None:
        cursor = self.cursor
        if cursor.next == "table":
            cursor.take()
            self._table_block()
            return
        verb = cursor.take()
        if verb not in VERBS:
            raise NftError(f"syntax error, unexpected string{did_you_mean(verb, VERBS)}", verb)
        noun = cursor.next
        action = VERBS[verb].get(noun)
        if action is not None:
            cursor.take()
        elif "" in VERBS[verb] and noun not in NOUNS:
            action = VERBS[verb][""]  # `add ip t c RULE`: the noun rule may be left out
        else:
            raise cursor.unexpected()
        action(self, verb)

    def _family(self) -> None:
        """Step over the family, which may be left out: ip."""
        word = self.cursor.next
        if word in FAMILIES and self.cursor.peek(1) not in ("{", "\n", ""):
            self.cursor.take()
            if word != "ip":
                raise NftError(f"podwalk: tables of family {word} are not modelled; only ip is", word)

    def _place(self) -> tuple[str, str]:
        self._family()
        return self.cursor.name(), self.cursor.name()

    # --- add, create, insert, replace ---------------------------------------------------------------------------------

    def add_table(self, verb: str) -> None:
        """`add table`, `create table`."""
        self._family()
        name, comment = self.cursor.name(), ""
        if self.cursor.taken("{"):
            self.cursor.skip_ends()
            if self.cursor.taken("comment"):
                comment = self.cursor.quoted()
            self.cursor.skip_ends()
            self.cursor.expect("}")
        self._emit(lambda r, _: r.add_table(name, comment, is_create=verb == "create"))

    def add_chain(self, verb: str) -> None:
        """`add chain`."""
        table, name = self._place()
        chain = Chain(name)
        if self.cursor.taken("{"):
            chain, rules = read_chain_body(self.cursor, name)
            if rules:
                raise self.cursor.unexpected("rules are added with `add rule`")
        self._emit(lambda r, _: r.add_chain(table, chain, is_create=verb == "create"))

    def add_set(self, _verb: str, *, is_map: bool) -> None:
        """`add set`, `add map`."""
        table, name = self._place()
        self.cursor.expect("{")
        new, elements = read_set_body(self.cursor, name, is_map=is_map)
        self._emit(lambda r, _: r.changing(table).add_set(new))
        if elements:
            self._emit(lambda r, now_us: r.changing(table).add_elements(name, elements, now_us))

    def add_element(self, verb: str) -> None:
        """`add element`, `delete element`."""
        table, name = self._place()
        read = self._later_elements()
        if verb == "delete":
            self._emit(
                lambda r, now_us: r.changing(table).delete_elements(name, read(r.table(table).set(name)), now_us)
            )
        else:
            self._emit(lambda r, now_us: r.changing(table).add_elements(name, read(r.table(table).set(name)), now_us))

    def add_rule(self, verb: str) -> None:
        """`add rule`, `insert rule`, `replace rule`."""
        table, chain = self._place()
        at = 0
        if self.cursor.next in ("position", "handle"):
            self.cursor.take()
            at = self.cursor.number()
        rule = read_rule(self.cursor)
        if verb == "replace":
            self._emit(lambda r, _: r.changing(table).replace_rule(chain, at, rule))
        else:
            self._emit(lambda r, _: r.changing(table).add_rule(chain, rule, at=at, is_insert=verb == "insert"))

    # --- delete, flush ------------------------------------------------------------------------------------------------

    def delete_rule(self, _: str) -> None:
        """`delete rule`."""
        table, chain = self._place()
        self.cursor.expect("handle")
        handle = self.cursor.number()
        self._emit(lambda r, _: r.changing(table).delete_rule(chain, handle))

    def delete(self, verb: str, *, noun: str) -> None:
        """`delete` or `flush` a table, chain, set or map; `flush ruleset`."""
        if noun == "ruleset":
            self._emit(lambda r, _: r.flush())
            return
        if noun == "table":
            self._family()
            table = self.cursor.name()
            self._emit(lambda r, _: r.delete_table(table) if verb == "delete" else r.flush_table(table))
            return
        table, name = self._place()
        if noun == "chain":
            self._emit(
                lambda r, _: r.delete_chain(table, name) if verb == "delete" else r.changing(table).flush_chain(name)
            )
        else:
            is_map = noun == "map"
            self._emit(lambda r, _: _drop_set(r, (table, name), is_map=is_map, is_flush=verb == "flush"))

    # --- blocks -------------------------------------------------------------------------------------------------------

    def _table_block(self) -> None:
        """Read `table ip NAME { ... }`: chains are made first, then sets, then rules, as nft does it."""
        cursor = self.cursor
        self._family()
        table, comment = cursor.name(), ""
        cursor.expect("{")
        sets: list[Command] = []
        chains: list[Command] = []
        rules: list[tuple[int, Command]] = []
        cursor.skip_ends()
        while not cursor.taken("}"):
            noun = cursor.take()
            if noun == "comment":
                comment = cursor.quoted()
            elif noun == "chain":
                name = cursor.name()
                cursor.expect("{")
                chain, found = read_chain_body(cursor, name)
                chains.append(partial(_run_add_chain, table, chain))
                rules += [(line, partial(_run_add_rule, table, name, rule)) for line, rule in found]
            elif noun in ("set", "map"):
                name = cursor.name()
                cursor.expect("{")
                new, elements = read_set_body(self.cursor, name, is_map=noun == "map")
                sets.append(partial(_run_add_set, table, new, elements))
            else:
                raise NftError(f"syntax error, unexpected {noun or 'end of file'}, expecting chain, set or map", noun)
            cursor.skip_ends()
        self._emit(lambda r, _: r.add_table(table, comment))
        for command in (*chains, *sets):
            self._emit(command)
        self.commands += rules

    def _later_elements(self) -> Callable[[NamedSet], tuple[Element, ...]]:
        """Return a reader of the elements at the cursor: their types are known when the command runs."""
        cursor = self.cursor
        start, depth = cursor.at, 0
        if cursor.next != "{":
            raise cursor.unexpected("expecting '{'")
        while True:
            word = cursor.take()
            depth += (word == "{") - (word == "}")
            if not word:
                raise cursor.unexpected()
            if not depth:
                break
        words = tuple(cursor.words[start : cursor.at])
        made: dict[tuple[DataType, ...], tuple[Element, ...]] = {}

        def read(into: NamedSet) -> tuple[Element, ...]:
            if into.types not in made:
                made[into.types] = read_elements(Cursor(words), into.types, is_map=into.is_map)
            return made[into.types]

        return read


# --- commands ---------------------------------------------------------------------------------------------------------


def _run_add_chain(table: str, chain: Chain, ruleset: Ruleset, _: int) -> None:
    ruleset.add_chain(table, chain)


def _run_add_rule(table: str, chain: str, rule: Rule, ruleset: Ruleset, _: int) -> None:
    ruleset.changing(table).add_rule(chain, rule)


def _run_add_set(table: str, new: NamedSet, elements: tuple[Element, ...], ruleset: Ruleset, now_us: int) -> None:
    into = ruleset.changing(table)
    into.add_set(new)
    if elements:
        into.add_elements(new.name, elements, now_us)


def _drop_set(ruleset: Ruleset, place: tuple[str, str], *, is_map: bool, is_flush: bool) -> None:
    table = ruleset.changing(place[0])
    found = table.set(place[1])
    if is_map and not found.is_map:
        raise NftError("No such file or directory", place[1])
    if is_flush:
        table.flush_set(place[1])
    else:
        table.delete_set(place[1])


Action = Callable[[_Parser, str], None]
_SETS: dict[str, Action] = {
    "set": partial(_Parser.add_set, is_map=False),
    "map": partial(_Parser.add_set, is_map=True),
}
_ADD: dict[str, Action] = {
    "table": _Parser.add_table, "chain": _Parser.add_chain, "element": _Parser.add_element,
    "rule": _Parser.add_rule, "": _Parser.add_rule, **_SETS,
}  # fmt: skip
_DROP: dict[str, Action] = {noun: partial(_Parser.delete, noun=noun) for noun in ("table", "chain", "set", "map")}
VERBS: dict[str, dict[str, Action]] = {
    "add": _ADD,
    "create": {noun: action for noun, action in _ADD.items() if noun not in ("rule", "")},
    "insert": {"rule": _Parser.add_rule, "": _Parser.add_rule},
    "replace": {"rule": _Parser.add_rule},
    "delete": {**_DROP, "rule": _Parser.delete_rule, "element": _Parser.add_element},
    "flush": {**_DROP, "ruleset": partial(_Parser.delete, noun="ruleset")},
}
NOUNS = frozenset(noun for nouns in VERBS.values() for noun in nouns if noun)
