"""What an unquoted word means in YAML 1.2: null, boolean, integer, float or string."""

from __future__ import annotations

import math
import re

_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MAX_DIGITS = 64


def scalar_value(text: str) -> str | int | float | bool | None:
    """Return what a plain (unquoted) scalar means in the YAML 1.2 core schema.

    `no`, `on`, `22:22` and dates are strings, `010` is 10, `0o10` is 8. ValueError: a number that neither JSON nor 64
    bits can hold. Source: YAML 1.2.2, 10.3.2.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if not (first.isdigit() or first in "+-."):
        return text
    for pattern, base in ((_INT, 10), (_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            return _integer(text, base)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return _float(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str, base: int) -> int:
    number = int(text, base) if len(text) <= _MAX_DIGITS else 1 << 64
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"integer {short(text)} does not fit 64 bits")
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{short(text)} is too large for a number")
    return number


def short(text: str) -> str:
    """Return `text` short enough for a message."""
    return text if len(text) <= 40 else f"{text[:37]}..."
