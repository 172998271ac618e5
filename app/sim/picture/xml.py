"""SVG elements as text. Every attribute and every text is escaped here and nowhere else."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Markup", "element", "number", "text"]

#: Text that is markup already, made by `element` or `text`.
Markup = str

#: What XML 1.0 forbids even as a reference: control characters, surrogates, the two non-characters.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, attributes: dict[str, str | float], *children: Markup) -> Markup:
    """Return `<name ...>children</name>`; numbers are written with at most one decimal."""
    words = [f" {key}={quoteattr(_clean(_value(value)))}" for key, value in attributes.items()]
    inside = "".join(children)
    return f"<{name}{''.join(words)}>{inside}</{name}>" if inside else f"<{name}{''.join(words)}/>"


def text(content: str) -> Markup:
    """Return `content` as character data."""
    return escape(_clean(content))


def number(value: float) -> str:
    """Return a coordinate."""
    return f"{value:.1f}".removesuffix(".0")


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)


def _clean(content: str) -> str:
    return _FORBIDDEN.sub("\ufffd", content)
