"""`sort`. Source: sort(1), in the C locale."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, options, read_inputs

__all__ = ["sort"]

LONG = {
    "numeric-sort": "n", "reverse": "r", "unique": "u", "key": "k", "field-separator": "t", "ignore-case": "f",
    "human-numeric-sort": "h", "version-sort": "V", "ignore-leading-blanks": "b", "stable": "s",
}  # fmt: skip
NUMBER = re.compile(r"\s*(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)([KMGT]?)")
SUFFIX = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
KEY = re.compile(r"([1-9][0-9]{0,3})(?:\.([0-9]+))?([bdfhnrV]*)(?:,([1-9][0-9]{0,3})(?:\.[0-9]+)?([bdfhnrV]*))?")
Maker = Callable[[str], object]


@COMMANDS.register("sort")
def sort(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Sort lines: [-n] by number, [-r] backwards, [-u] each once, [-k FIELD] [-t SEPARATOR], [-V] versions."""
    given = options("sort", args, "nrufhVbds", "kt", LONG)
    if len(given.options.get("t", " ")) != 1:
        raise CommandError(f"sort: multi-character tab '{given.options['t']}'\n", 2)
    inputs = read_inputs(at, "sort", given.words)
    if inputs.stderr:
        return CommandResult(2, "", inputs.stderr.replace("sort: ", "sort: cannot read: "))
    lines = [line for _, text in inputs.texts for line in lines_of(text)]
    letters = "".join(given.options)
    keys = [_key(each, given.options.get("t"), letters) for each in given.all.get("k", [])]
    ways = keys or [(_maker(letters), "r" in letters)]
    if not given.has("u") and not given.has("s"):
        ways = [*ways, (lambda line: line, "r" in letters)]
    for make, is_reversed in reversed(ways):
        lines.sort(key=make, reverse=is_reversed)  # type: ignore[arg-type]  # keys of one kind are comparable
    if given.has("u"):
        seen: set[object] = set()
        marks = [tuple(make(line) for make, _ in ways) for line in lines]
        lines = [line for line, mark in zip(lines, marks, strict=True) if not (mark in seen or seen.add(mark))]  # type: ignore[func-returns-value]
    return CommandResult(0, "".join(f"{line}\n" for line in lines), "")


def _maker(letters: str) -> Maker:
    """Return what makes a line's key by the letters of an order."""
    if "n" in letters or "h" in letters:
        is_human = "h" in letters
        return lambda line: _number(line, is_human=is_human)
    if "V" in letters:
        return _version
    if "f" in letters:
        return str.upper
    return lambda line: line


def _version(line: str) -> list[tuple[int, str]]:
    parts = re.findall("[0-9]{1,18}|[^0-9]+", line)
    return [(int(part), "") if part[0] in "0123456789" else (-1, part) for part in parts]


def _number(line: str, *, is_human: bool) -> tuple[int, float]:
    found = NUMBER.match(line)
    if found is None:
        return 0, 0.0
    value = float(found[1])
    return (SUFFIX[found[2]] if is_human and value else 0, value)


def _key(text: str, separator: str | None, letters: str) -> tuple[Maker, bool]:
    found = KEY.fullmatch(text)
    if found is None:
        raise CommandError(f"sort: invalid number at field start: invalid count at start of '{text}'\n", 2)
    first, last = int(found[1]), int(found[4] or 0)
    skipped = max(int(found[2] or 1) - 1, 0) if len(found[2] or "") < 6 else 10**6
    own = found[3] + (found[5] or "") or letters
    make = _maker(own)

    def part(line: str) -> object:
        fields = line.split(separator) if separator else re.findall(r"\s*\S+", line)
        chosen = (separator or "").join(fields[first - 1 : last or None])
        return make((chosen if separator else chosen.lstrip())[skipped:])

    return part, "r" in own
