"""iptables-restore's input, read into commands. The same text is read once, however many nodes load it.

Source: iptables-restore(8), iptables(8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from app.dataplane.layers import Layer
from app.dataplane.netfilter.chain import Chain, line_of
from app.dataplane.netfilter.parse import parse_rule, split_words
from app.dataplane.netfilter.rule import BUILT_IN, TABLES, Rule, RuleError

__all__ = ["Command", "Section", "read_restore", "read_rule"]

LONG = {"--append": "-A", "--insert": "-I", "--delete": "-D", "--flush": "-F", "--delete-chain": "-X"}


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a table: `verb` is `:`, -A, -I, -D, -F or -X. Appends to one chain in a row are one command.

    `position` is where -I inserts (0-based), `policy` what `:` sets; `line` is the number of the (first) line.
    """

    verb: str
    chain: str
    line: int
    rules: tuple[Rule, ...] = ()
    position: int = 0
    policy: str = "-"


@dataclass(frozen=True, slots=True)
class Section:
    """What stands between `*TABLE` and COMMIT.

    `layer`: its chains, where it does nothing but declare chains of its own and fill them; else None.
    """

    table: str
    commands: tuple[Command, ...]
    last_line: int
    layer: Layer[str, Chain] | None = field(compare=False)


@lru_cache(maxsize=64)
def read_restore(text: str) -> tuple[Section, ...]:
    """Return the sections of a text. Raises RuleError with the line."""
    return tuple(_sections(text))


@lru_cache(maxsize=4096)
def read_rule(text: str) -> Rule:
    """Return the rule of a line, without its `-A CHAIN`. Raises RuleError."""
    return parse_rule(split_words(text))


def _sections(text: str) -> Iterator[Section]:
    table = ""
    commands: list[Command] = []
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        try:
            if words.startswith("*"):
                table, commands = _table_name(words[1:]), []
            elif not table:
                _no_table()
            elif words == "COMMIT":
                joined = tuple(_joined(commands))
                yield Section(table, joined, number, _layer(table, joined))
                table = ""
            else:
                commands.append(_command(words, number))
        except RuleError as error:
            error.line = number
            raise
    if table:
        raise RuleError("COMMIT is missing at the end", number)


def _no_table() -> None:
    raise RuleError("no table yet: a '*TABLE' line comes first")


def _table_name(name: str) -> str:
    if name not in TABLES:
        raise RuleError(f"there is no table '{name}'; legal: {', '.join(TABLES)}")
    return name


def _command(line: str, number: int) -> Command:
    """Take one line of a table: `:CHAIN POLICY [0:0]` or a command."""
    if line.startswith(":"):
        name, _, rest = line[1:].partition(" ")
        return Command(":", name, number, policy=rest.split(" ")[0] if rest else "-")
    verb, _, rest = line.partition(" ")
    verb = LONG.get(verb, verb)
    name, _, rule_text = rest.partition(" ")
    if verb in ("-X", "-F"):
        return Command(verb, name, number)
    if verb in ("-A", "-D"):
        return Command(verb, name, number, (parse_rule(split_words(rule_text)),))
    if verb == "-I":
        words = split_words(rule_text)
        position = int(words.pop(0)) - 1 if words and words[0].isdecimal() else 0
        return Command(verb, name, number, (parse_rule(words),), position)
    raise RuleError(f"unknown command '{verb}'")


def _joined(commands: Sequence[Command]) -> Iterator[Command]:
    """Make one command of appends to one chain that follow each other."""
    start = 0
    while start < len(commands):
        first, end = commands[start], start + 1
        while first.verb == "-A" and end < len(commands) and commands[end].verb == "-A":
            if commands[end].chain != first.chain:
                break
            end += 1
        rules = tuple(rule for command in commands[start:end] for rule in command.rules)
        yield first if end == start + 1 else Command("-A", first.chain, first.line, rules)
        start = end


def _layer(table: str, commands: Sequence[Command]) -> Layer[str, Chain] | None:
    rules: dict[str, list[Rule]] = {}
    for command in commands:
        if command.verb == ":" and command.chain not in BUILT_IN[table]:
            rules.setdefault(command.chain, []).clear()
        elif command.verb == "-A" and command.chain in rules:
            rules[command.chain] += command.rules
        else:
            return None
    return Layer(
        (name, Chain(name, None, found, [line_of(name, rule) for rule in found])) for name, found in rules.items()
    )
