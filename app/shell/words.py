"""What many commands share: options of one letter, whole numbers, files or standard input."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from app.shell.language.control import FileProblem
from app.shell.result import CommandError
from app.shell.terminal import Terminal

__all__ = ["Given", "Inputs", "lines_of", "options", "read_inputs", "whole"]


class Given(Struct):
    """The options that were given, by letter (a flag's value is ""; the last one counts), and the other words."""

    options: dict[str, str]
    words: list[str]
    #: Every value of an option that may be given several times, in order.
    all: dict[str, list[str]]

    def has(self, letter: str) -> bool:
        """Whether an option was given."""
        return letter in self.options


def options(
    name: str, args: Sequence[str], flags: str, valued: str = "", long: dict[str, str] | None = None, usage: str = ""
) -> Given:
    """Split a command line as getopt does: `-ab`, `-n5`, `-n 5`, `--long`, `--long=value`, `--` ends the options.

    `long` maps long options to letters. Raises CommandError in coreutils' words.
    """
    given = Given({}, [], {})
    rest = list(args)
    hint = usage or f"Try '{name} --help' for more information.\n"
    while rest:
        word = rest.pop(0)
        if word == "--":
            given.words += rest
            break
        if word.startswith("--"):
            _long(name, word, rest, given, flags, valued, long or {}, hint)
        elif not word.startswith("-") or word == "-":
            given.words.append(word)
        else:
            _short(name, word[1:], rest, given, flags, valued, hint)
    return given


def _long(
    name: str, word: str, rest: list[str], given: Given, flags: str, valued: str, long: dict[str, str], hint: str
) -> None:
    text, has_value, value = word[2:].partition("=")
    letter = long.get(text, "")
    if not letter:
        near = [each for each in long if each.startswith(text)] if text else []
        letter = long[near[0]] if len(near) == 1 else ""
    if not letter:
        raise CommandError(f"{name}: unrecognized option '{word}'\n{hint}", 1)
    if letter in valued:
        if not has_value:
            if not rest:
                raise CommandError(f"{name}: option '--{text}' requires an argument\n{hint}", 1)
            value = rest.pop(0)
        _give(given, letter, value)
    elif has_value and letter in flags:
        raise CommandError(f"{name}: option '--{text}' doesn't allow an argument\n{hint}", 1)
    else:
        _give(given, letter, "")


def _short(name: str, letters: str, rest: list[str], given: Given, flags: str, valued: str, hint: str) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in valued:
            if not letters and not rest:
                raise CommandError(f"{name}: option requires an argument -- '{letter}'\n{hint}", 1)
            _give(given, letter, letters or rest.pop(0))
            return
        if letter not in flags:
            raise CommandError(f"{name}: invalid option -- '{letter}'\n{hint}", 1)
        _give(given, letter, "")


def _give(given: Given, letter: str, value: str) -> None:
    given.options.pop(letter, None)  # the order tells which of two came last
    given.options[letter] = value
    given.all.setdefault(letter, []).append(value)


def whole(text: str, what: str, low: int = 0, high: int = 2**31) -> int:
    """Return a whole number. Raises CommandError: `what` and the text in quotes."""
    if not re.fullmatch("[0-9]{1,12}", text) or not low <= int(text) <= high:
        raise CommandError(f"{what}: '{text}'\n", 1)
    return int(text)


class Inputs(Struct):
    """What a filter reads: (name, text) of each file or of standard input, and what it could not read."""

    texts: list[tuple[str, str]]
    stderr: str

    @property
    def exit_code(self) -> int:
        """1 where something could not be read."""
        return int(bool(self.stderr))


def read_inputs(terminal: Terminal, name: str, paths: Sequence[str], *, prefix: str = "") -> Inputs:
    """Read files, `-` and nothing at all being standard input. A file that cannot be read is told and passed over."""
    inputs = Inputs([], "")
    for path in paths or ["-"]:
        if path == "-":
            inputs.texts.append(("-", terminal.input()))
            continue
        try:
            inputs.texts.append((path, terminal.fs.read(path)))
        except FileProblem as problem:
            quoted = f"{prefix}'{path}'" if prefix else path
            what = f"cannot open {quoted} for reading" if prefix == "open " else quoted
            inputs.stderr += f"{name}: {what}: {problem.reason}\n"
    return inputs


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without their ends; a last line without one counts."""
    found = text.split("\n")
    return found[:-1] if found[-1] == "" else found
