"""How wide a text will be, without its font: estimates on the wide side, so that no box is too small for its words."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

__all__ = ["Font", "text_width", "wrap"]

#: Widths in units of the font size. Sans: a little above those of DejaVu Sans, the widest of the usual ones.
NARROW, WIDE, LETTER, MONO = 0.34, 0.93, 0.64, 0.61
NARROW_LETTERS = frozenset("iljtfrI.,:;'!|()[]/- ")
WIDE_LETTERS = frozenset("mwMW@%")
#: A line may break after a space, between Chinese characters, and after these.
_PIECES = re.compile(
    r"[^\s\u2e80-\u9fff\uff00-\uffef]*[\s]+|[\u2e80-\u9fff\uff00-\uffef]\s*|[^\s\u2e80-\u9fff\uff00-\uffef]+"
)
#: No line begins with these.
_CLOSING = frozenset("，。：；、！？）」』”")


class Font(dict[str, float]):
    """The width of each letter in pixels, worked out when it is first asked for: a long list asks millions of times.

    `size` is in pixels; `is_mono`: every letter is as wide as the next one.
    """

    def __init__(self, size: float, *, is_mono: bool = False) -> None:
        super().__init__()
        self.size = size
        self.is_mono = is_mono

    def __missing__(self, letter: str) -> float:
        width = self[letter] = self._estimate(letter)
        return width

    def _estimate(self, letter: str) -> float:
        if east_asian_width(letter) in "WF":
            return self.size * 1.02
        if self.is_mono:
            return self.size * MONO
        unit = NARROW if letter in NARROW_LETTERS else WIDE if letter in WIDE_LETTERS else LETTER
        return self.size * (unit * 1.1 if letter.isupper() else unit)


def text_width(content: str, font: Font, before: float = 0.0) -> float:
    """Return the width of a line; `before` is that of what already stands on it."""
    return sum(map(font.__getitem__, content), before)


def wrap(content: str, font: Font, room: float) -> list[str]:
    """Return `content` in lines no wider than `room`; a word that is wider alone is cut."""
    lines, line, width = [], "", 0.0
    for piece in (p for word in _PIECES.findall(content) for p in _cut(word, font, room)):
        is_stuck = piece[0] in _CLOSING
        if line and not is_stuck and text_width(piece.rstrip(), font, width) > room:
            lines.append(line.rstrip())
            line, width = "", 0.0
        line += piece
        width = text_width(piece, font, width)
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _cut(word: str, font: Font, room: float) -> list[str]:
    if text_width(word.rstrip(), font) <= room:
        return [word]
    parts, part, width = [], "", 0.0
    for letter in word:
        if part and width + font[letter] > room:
            parts.append(part)
            part, width = "", 0.0
        part += letter
        width += font[letter]
    return [*parts, part]
