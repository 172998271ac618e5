"""`tr`. Source: tr(1): sets with ranges and classes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.escapes import unescape
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["tr"]

CLASSES = {
    "lower": "abcdefghijklmnopqrstuvwxyz", "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "digit": "0123456789",
    "space": " \t\n\r\f\v", "blank": " \t", "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}  # fmt: skip
CLASSES["alpha"] = CLASSES["upper"] + CLASSES["lower"]
CLASSES["alnum"] = CLASSES["digit"] + CLASSES["alpha"]


@COMMANDS.register("tr")
def tr(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Replace characters: tr SET1 SET2; [-d] delete SET1, [-s] squeeze repeated ones."""
    given = options("tr", args, "dscC", "", {"delete": "d", "squeeze-repeats": "s", "complement": "c"})
    needed = 1 if given.has("d") != given.has("s") else 2
    if len(given.words) < needed or (not given.options and len(given.words) != 2):
        what = "missing operand" if not given.words else f"missing operand after '{given.words[0]}'"
        raise CommandError(f"tr: {what}\nTry 'tr --help' for more information.\n", 1)
    sets = [_members(word) for word in given.words[:2]]
    first, last = sets[0], sets[-1]
    text = at.input()
    is_other = given.has("c") or given.has("C")

    def is_in(char: str) -> bool:
        return (char in first) != is_other

    if given.has("d"):
        text = "".join(char for char in text if not is_in(char))
    elif len(sets) == 2:
        if not last:
            raise CommandError("tr: when not truncating set1, string2 must be non-empty\n", 1)
        text = "".join(_swapped(char, first, last, is_other=is_other) for char in text)
    if given.has("s"):
        squeezed = set(last) if len(sets) == 2 else {char for char in text if is_in(char)}
        text = "".join(char for n, char in enumerate(text) if not (n and char in squeezed and text[n - 1] == char))
    return CommandResult(0, text, "")


def _swapped(char: str, first: str, last: str, *, is_other: bool) -> str:
    if is_other:
        return char if char in first else last[-1]
    place = first.rfind(char)
    return char if place < 0 else last[min(place, len(last) - 1)]


def _members(text: str) -> str:
    """Return every character of a set, in order."""
    made = ""
    at = 0
    while at < len(text):
        named = re.compile(r"\[:(\w+):\]").match(text, at)
        if named is not None:
            if named[1] not in CLASSES:
                raise CommandError(f"tr: invalid character class '{named[1]}'\n", 1)
            made += CLASSES[named[1]]
            at = named.end()
            continue
        one = re.compile(r"\\([0-7]{1,3}|.)|(.)", re.DOTALL).match(text, at)
        assert one is not None or text[at] == "\\"
        char = text[at] if one is None else unescape(one[0])[0] if one[1] else one[0]
        char = char[-1:] if len(char) > 1 else char
        at = at + 1 if one is None else one.end()
        if text[at : at + 1] == "-" and at + 1 < len(text):
            if text[at + 1] < char:
                raise CommandError(
                    f"tr: range-endpoints of '{char}-{text[at + 1]}' are in reverse collating sequence order\n", 1
                )
            made += "".join(map(chr, range(ord(char), min(ord(text[at + 1]), ord(char) + 4096) + 1)))
            at += 2
        else:
            made += char
    return made
