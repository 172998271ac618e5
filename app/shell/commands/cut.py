"""`cut`. Source: cut(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import lines_of, options, read_inputs

__all__ = ["cut"]

HINT = "Try 'cut --help' for more information.\n"
ENDLESS = 10**9


@COMMANDS.register("cut")
def cut(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print parts of lines: -d SEPARATOR -f FIELDS, or -c CHARACTERS."""
    long = {"delimiter": "d", "fields": "f", "characters": "c", "only-delimited": "s", "bytes": "b"}
    given = options("cut", args, "sn", "dfcb", long)
    letter = next((each for each in "fcb" if given.has(each)), "")
    if not letter:
        raise CommandError(f"cut: you must specify a list of bytes, characters, or fields\n{HINT}", 1)
    separator = given.options.get("d", "\t")
    if len(separator) != 1:
        raise CommandError(f"cut: the delimiter must be a single character\n{HINT}", 1)
    ranges = _ranges(given.options[letter], "field" if letter == "f" else "byte/character position")
    inputs = read_inputs(at, "cut", given.words)
    made = ""
    for _, text in inputs.texts:
        for line in lines_of(text):
            if letter != "f":
                made += "".join(_chosen(list(line), ranges)) + "\n"
            elif separator in line:
                made += separator.join(_chosen(line.split(separator), ranges)) + "\n"
            elif not given.has("s"):
                made += f"{line}\n"
    return CommandResult(inputs.exit_code, made, inputs.stderr)


def _ranges(text: str, what: str) -> list[tuple[int, int]]:
    ranges = []
    for part in text.split(","):
        found = re.fullmatch("([0-9]{1,6})?(-)?([0-9]{1,6})?", part)
        if found is None or not (found[1] or found[3]):
            raise CommandError(f"cut: invalid {what} value '{part}'\n{HINT}", 1)
        if "0" in (found[1], found[3]):
            raise CommandError(f"cut: {what}s are numbered from 1\n{HINT}", 1)
        low = int(found[1] or 1)
        ranges.append((low, int(found[3] or ENDLESS) if found[2] else low))
    return ranges


def _chosen(parts: list[str], ranges: list[tuple[int, int]]) -> list[str]:
    return [part for n, part in enumerate(parts, 1) if any(low <= n <= high for low, high in ranges)]
