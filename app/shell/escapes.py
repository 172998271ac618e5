"""Backslash sequences of `echo -e` and `printf`. Source: bash(1)."""

from __future__ import annotations

import re

__all__ = ["unescape"]

SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\",
}  # fmt: skip
SEQUENCE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|u([0-9a-fA-F]{1,4})|(.))", re.DOTALL)


def unescape(text: str) -> tuple[str, bool]:
    """Return the text with its sequences replaced, and whether `\\c` ended it."""
    text, stop, _ = text.partition("\\c") if "\\c" in text else (text, "", "")

    def one(found: re.Match[str]) -> str:
        if found[1] or found[3]:
            return chr(int(found[1] or found[3], 16))
        if found[2]:
            return chr(int(found[2], 8) & 0xFF)
        return SIMPLE.get(found[4], found[0])

    return SEQUENCE.sub(one, text), bool(stop)
