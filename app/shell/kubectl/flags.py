"""The grammar of kubectl's flags: spf13/pflag and spf13/cobra, whose messages these are.

    -n web   -nweb   -n=web   --namespace web   --namespace=web   -it (two switches)   -f a -f b   -- (no more flags)

A flag may stand before or after the verb. The table of flags is `flags.toml`, which the real client printed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from app.shell.kubectl.values import parse_bool, parse_duration, parse_int, split_list

__all__ = ["Command", "Flag", "FlagError", "Flags", "commands", "find_command", "parse_flags"]

FlagKind = Literal["text", "switch", "number", "duration", "list", "texts"]
_SPEC = re.compile(r"(?:-(?P<short>\w), )?--(?P<name>[\w-]+)=(?P<default>[^?]*)(?:\?(?P<bare>.+))?")
GLOBAL = "*"


class FlagError(Exception):
    """The flags cannot be read: the text after `error: `."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: `bare` is what it means without a value ("" where it must have one)."""

    name: str
    short: str
    kind: FlagKind
    default: str
    bare: str = ""

    @property
    def shown(self) -> str:
        """The flag as errors name it: `-A, --all-namespaces`."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


RECORD = Flag("record", "", "switch", "false", "true")
"""Deprecated, and so in no help: it writes the command into the annotation kubernetes.io/change-cause."""
RECORDING = frozenset((
    "annotate", "apply", "create", "edit", "expose", "label", "patch", "replace", "run", "scale", "set env",
    "set image", "set resources", "set selector", "set serviceaccount",
))  # fmt: skip
"""The commands that know --record. Source: cli-runtime pkg/genericclioptions/record_flags.go and who adds them."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the real client: its words, its usage line, other names of its last word, its flags by name."""

    words: tuple[str, ...]
    usage: str
    aliases: tuple[str, ...]
    is_group: bool
    flags: Mapping[str, Flag]


@dataclass
class Flags:
    """The flags of one call, with the defaults of those that were not given."""

    known: Mapping[str, Flag]
    given: dict[str, list[str]] = field(default_factory=dict)

    def is_given(self, name: str) -> bool:
        """Say whether the flag stands on the line."""
        return name in self.given

    def text(self, name: str) -> str:
        """Return a flag's text: the last one given."""
        flag = self.known[name]
        return self.given[name][-1] if name in self.given else flag.default.strip("'")

    def is_on(self, name: str) -> bool:
        """Return a switch."""
        return parse_bool(self.text(name))

    def number(self, name: str) -> int:
        """Return a number."""
        return parse_int(self.text(name))

    def seconds(self, name: str) -> float:
        """Return a duration in seconds."""
        return parse_duration(self.text(name))

    def texts(self, name: str) -> list[str]:
        """Return all texts of a flag that may be repeated; those of a list flag may stand between commas."""
        flag = self.known[name]
        if name not in self.given:
            inner = flag.default.strip("[]*")
            return inner.split(",") if inner else []
        given = self.given[name]
        return [part for text in given for part in split_list(text)] if flag.kind == "list" else list(given)


def _flag(spec: str) -> Flag:
    found = _SPEC.fullmatch(spec)
    assert found is not None, spec
    default, bare = found["default"], found["bare"] or ""
    kind: FlagKind = "text"
    if default in ("true", "false"):
        kind, bare = "switch", "true"
    elif default.startswith("["):
        kind = "texts" if default == "[*]" else "list"
    elif re.fullmatch(r"-?\d+", default):
        kind = "number"
    elif re.fullmatch(r"(\d+[hms])+", default):
        kind = "duration"
    return Flag(found["name"], found["short"] or "", kind, default, bare)


@cache
def commands() -> Mapping[tuple[str, ...], Command]:
    """Return every command of the real client by its words; () has the flags that all have."""
    table = tomllib.loads(Path(__file__).with_name("flags.toml").read_text(encoding="utf-8"))
    everywhere = [_flag(spec) for spec in (*table[GLOBAL]["flags"], "-h, --help=false")]
    found = {}
    for name, entry in table.items():
        words = () if name == GLOBAL else tuple(name.split())
        own = [_flag(spec) for spec in entry.get("flags", ())] if words else []
        known = {flag.name: flag for flag in (*everywhere, *own)}
        aliases = tuple(entry.get("aliases", ()))
        found[words] = Command(words, entry["usage"], aliases, entry.get("is_group", False), known)
    return found


def find_command(words: Sequence[str]) -> tuple[Command, list[str]]:
    """Return the command that a line means and the words left for it: its own are taken out, wherever they stand.

    () is the command where the first word is none. Source: cobra, Command.Find() and stripFlags().
    """
    rest, command = list(words), commands()[()]
    while True:
        at = _first_argument(rest, command)
        found = _child(command, rest[at]) if at is not None else None
        if at is None or found is None:
            return command, rest
        del rest[at]
        command = found


def _child(command: Command, word: str) -> Command | None:
    known = commands()
    exact = known.get((*command.words, word))
    if exact is not None or not word:
        return exact
    own = [c for words, c in known.items() if len(words) == len(command.words) + 1 and words[:-1] == command.words]
    return next((c for c in own if word in c.aliases), None)


def _first_argument(words: Sequence[str], command: Command) -> int | None:
    """Return where the first word is that is neither a flag nor the value of one."""
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif word.startswith("--"):
            skip = "=" not in word and not _bare(word[2:], command.flags.values())
        elif word.startswith("-") and len(word) > 1:
            skip = "=" not in word and len(word) == 2 and not _bare_short(word[1], command.flags.values())
        elif word:
            return at
    return None


def _bare(name: str, flags: Iterable[Flag]) -> bool:
    return any(flag.name == name and flag.bare for flag in flags)


def _bare_short(letter: str, flags: Iterable[Flag]) -> bool:
    return any(flag.short == letter and flag.bare for flag in flags)


def parse_flags(command: Command, words: Sequence[str]) -> tuple[Flags, list[str], int | None]:
    """Return the flags, the arguments, and how many of them stand before `--` (None where there is none).

    Raises FlagError in pflag's words.
    """
    known = {**command.flags, RECORD.name: RECORD} if " ".join(command.words) in RECORDING else command.flags
    flags, arguments, left = Flags(known), list[str](), list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return flags, [*arguments, *left], len(arguments)
        if word.startswith("--"):
            _long(flags, word, left)
        elif word.startswith("-") and len(word) > 1:
            _short(flags, word, left)
        else:
            arguments.append(word)
    return flags, arguments, None


def _long(flags: Flags, word: str, left: list[str]) -> None:
    name, has_value, value = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise FlagError(f"bad flag syntax: {word}")
    flag = flags.known.get(name)
    if flag is None:
        raise FlagError(f"unknown flag: --{name}")
    if not has_value:
        if flag.bare:
            value = flag.bare
        elif left:
            value = left.pop(0)
        else:
            raise FlagError(f"flag needs an argument: {word}")
    _set(flags, flag, value)


def _short(flags: Flags, word: str, left: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = next((f for f in flags.known.values() if f.short == letter), None)
        if flag is None:
            raise FlagError(f"unknown shorthand flag: '{letter}' in {word}")
        if len(letters) > 1 and letters[0] == "=":
            value, letters = letters[1:], ""
        elif flag.bare:
            value = flag.bare
        elif letters:
            value, letters = letters, ""
        elif left:
            value = left.pop(0)
        else:
            raise FlagError(f"flag needs an argument: '{letter}' in {word}")
        _set(flags, flag, value)


def _set(flags: Flags, flag: Flag, value: str) -> None:
    try:
        if flag.kind == "switch":
            parse_bool(value)
        elif flag.kind == "number":
            parse_int(value)
        elif flag.kind == "duration":
            parse_duration(value)
    except ValueError as reason:
        raise FlagError(f'invalid argument "{value}" for "{flag.shown}" flag: {reason}') from None
    flags.given.setdefault(flag.name, []).append(value)
