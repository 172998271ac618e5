"""Quantities: `100m`, `200Mi`, `1.5`, `1e3`. Source: k8s.io/apimachinery pkg/api/resource/quantity.go."""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]?|[eE][+-]?\d{1,2})", re.ASCII)
_BINARY = {f"{letter}i": 1 << (10 * power) for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def quantity(text: object) -> Fraction | None:
    """Return the number that a quantity means, in the unit without suffix (CPUs, bytes); None if it is none."""
    if isinstance(text, bool) or not isinstance(text, str | int | float) or len(str(text)) > 64:
        return None
    found = _FORM.fullmatch(str(text))
    if not found:
        return None
    number, suffix = Fraction(found[1]), found[2]
    if suffix in _BINARY:
        return number * _BINARY[suffix]
    power = _DECIMAL.get(suffix)
    return number * Fraction(10) ** (int(suffix[1:]) if power is None else power)
