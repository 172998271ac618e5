"""Text in lines of a width, as `kubectl explain` breaks it."""

from __future__ import annotations

from textwrap import wrap

__all__ = ["wrapped"]


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, each at most `width` characters; a paragraph of the text begins a new line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += wrap(paragraph, width, break_long_words=False, break_on_hyphens=False) or [""]
    return lines
