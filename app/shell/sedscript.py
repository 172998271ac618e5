"""The part of sed that people use in a pipe: `s///`, `d`, `p` and `q`, with a line or a pattern before them.

Source: POSIX.1-2017, sed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from app.core.limits import limit
from app.core.regex import Regex

__all__ = ["Edit", "ScriptProblem", "edited", "read_script"]

#: Number of the line, number of the last line, text.
Where = Callable[[int, int, str], bool]


class ScriptProblem(Exception):  # noqa: N818  (a problem of the line, not of the program)
    """A script that is none, or one of which more is asked than is modelled."""


class Edit(Struct):
    """One command: where it applies, its letter, and for `s` what it replaces by what."""

    where: Where
    letter: str
    regex: Regex | None = None
    new: str = ""
    is_global: bool = False
    prints: bool = False


def edited(lines: Sequence[str], edits: Sequence[Edit], *, is_quiet: bool) -> str:
    """Return the lines after all edits."""
    out: list[str] = []
    size = 0
    for number, first in enumerate(lines, 1):
        line, is_kept, is_last = first, True, False
        for edit in edits:
            if not edit.where(number, len(lines), line):
                continue
            if edit.letter == "d":
                is_kept = False
                break
            if edit.letter == "p":
                out.append(line)
            elif edit.letter == "q":
                is_last = True
                break
            else:
                line, is_changed = _replaced(line, edit)
                if is_changed and edit.prints:
                    out.append(line)
        if is_kept and not is_quiet:
            out.append(line)
        size += len(line)
        if is_last or size > limit("terminal.output_characters"):
            break
    return "".join(f"{line}\n" for line in out)


def _replaced(line: str, edit: Edit) -> tuple[str, bool]:
    assert edit.regex is not None
    made, at = "", 0
    is_changed = False
    while at <= len(line) and (found := edit.regex.search(line, at)) is not None:
        is_changed = True
        made += line[at : found[0]] + _new(edit.new, line, found)
        at = found[1]
        if found[1] == found[0]:
            made += line[at : at + 1]
            at += 1
        if not edit.is_global or len(made) > limit("terminal.file_characters"):
            break
    return made + line[at:], is_changed


def _new(text: str, line: str, found: list[int]) -> str:
    def one(part: re.Match[str]) -> str:
        if part[0] == "&":
            return line[found[0] : found[1]]
        char = part[1]
        if not char.isdigit():
            return {"n": "\n", "t": "\t"}.get(char, char)
        begin, end = found[2 * int(char) : 2 * int(char) + 2] or (0, 0)
        return line[begin:end] if begin >= 0 else ""

    return re.sub(r"&|\\([\s\S])", one, text)


def read_script(text: str, *, extended: bool) -> list[Edit]:
    """Return the commands of a script. Raises ScriptProblem, RegexProblem."""
    edits: list[Edit] = []
    at = 0
    while at < len(text):
        if text[at] in " \t\n;":
            at += 1
            continue
        where, at = _address(text, at, extended=extended)
        letter = text[at : at + 1]
        if letter == "s":
            edit, at = _substitution(text, at + 1, where, extended=extended)
            edits.append(edit)
        elif letter in ("d", "p", "q"):
            edits.append(Edit(where, letter))
            at += 1
        elif not letter:
            raise ScriptProblem(f"char {at}: missing command")
        else:
            raise ScriptProblem(f"char {at + 1}: podwalk: `{letter}' is not modelled; modelled: s, d, p, q")
    return edits


def _substitution(text: str, at: int, where: Where, *, extended: bool) -> tuple[Edit, int]:
    separator = text[at : at + 1]
    if not separator or separator in "\\\n":
        raise ScriptProblem(f"char {at}: unterminated `s' command")
    parts: list[str] = []
    at += 1
    for _ in range(2):
        part, at = _until(text, at, separator)
        if at > len(text):
            raise ScriptProblem(f"char {len(text)}: unterminated `s' command")
        parts.append(part)
    flags = re.compile("[gpiI]*").match(text, at)
    assert flags is not None
    at = flags.end()
    if at < len(text) and text[at] not in " ;\n\t":
        raise ScriptProblem(f"char {at + 1}: unknown option to `s'")
    regex = Regex(parts[0], extended=extended, ignore_case="i" in flags[0].lower())
    for number in re.findall(r"\\([1-9])", parts[1]):
        if int(number) > regex.groups:
            raise ScriptProblem(f"char {at}: invalid reference \\{number} on `s' command's RHS")
    return Edit(where, "s", regex, parts[1], "g" in flags[0], "p" in flags[0]), at


def _until(text: str, at: int, separator: str) -> tuple[str, int]:
    """Return the text up to a separator that is not escaped, and the place behind it (beyond the end: none)."""
    made = ""
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            made += separator if text[at + 1] == separator else text[at : at + 2]
            at += 2
        elif text[at] == separator:
            return made, at + 1
        else:
            made += text[at]
            at += 1
    return made, len(text) + 1


def _address(text: str, at: int, *, extended: bool) -> tuple[Where, int]:
    """Return where a command applies: everywhere, a line, a pattern, or from one line to another."""
    numbers = re.compile(r"([0-9]{1,9}|\$)(?:,([0-9]{1,9}|\$))?").match(text, at)
    where: Where = lambda *_: True  # noqa: E731
    if numbers is not None:
        low, high = numbers[1], numbers[2] or numbers[1]
        at = numbers.end()

        def where(n: int, last: int, _: str) -> bool:
            first = last if low == "$" else int(low)
            return first <= n <= max(first, last if high == "$" else int(high))

    elif text[at] == "/":
        part, at = _until(text, at + 1, "/")
        if at > len(text):
            raise ScriptProblem(f"char {len(text)}: unterminated address regex")
        regex = Regex(part, extended=extended)

        def where(_n: int, _last: int, line: str) -> bool:
            return regex.search(line) is not None

    if text[at : at + 1] == "!":
        inner = where
        return (lambda n, last, line: not inner(n, last, line)), at + 1
    return where, at
