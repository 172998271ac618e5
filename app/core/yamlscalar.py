"""What an unquoted word means: in YAML 1.2, and in the YAML 1.1 of kubectl's parser."""

from __future__ import annotations

import math
import re
from functools import lru_cache

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
_GO_WORDS = {
    form: word in ("y", "yes", "on")
    for word in ("y", "yes", "on", "n", "no", "off")
    for form in (word, word.capitalize(), word.upper())
}
_GO_OCTAL = re.compile(r"0[0-7]{1,21}")
_GO_BINARY = re.compile(r"0b[01]{1,63}")
_GO_NUMBER = re.compile(r"[-+]?(0x[0-9a-fA-F]+|0o[0-7]+|[0-9]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)")


@lru_cache(maxsize=4096)
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


def go_scalar_value(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar means to kubectl: `yes`, `on` and `y` are true, `012` is 10, `1_000` is 1000.

    Source: go-yaml v2 resolve.go.
    """
    if text in _GO_WORDS:
        return _GO_WORDS[text]
    if not text[:1].isdigit() and text[:1] not in ("+", "-", "."):
        return scalar_value(text)
    number = text.replace("_", "")
    sign, digits = (number[0], number[1:]) if number[:1] in ("+", "-") else ("", number)
    if _GO_OCTAL.fullmatch(digits):
        return int(sign + digits, 8)
    if _GO_BINARY.fullmatch(digits):
        return int(sign + digits, 2)
    return scalar_value(number) if number and _GO_NUMBER.fullmatch(number) else scalar_value(text)


def go_key(value: str | float) -> str:
    """Return a key as kubectl's JSON has it: `on: x` has the key `true`. Source: sigs.k8s.io/yaml."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


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
