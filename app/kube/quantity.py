"""Amounts of resources: `250m`, `64Mi`, `2`. Source: apimachinery pkg/api/resource/quantity.go.

A sum has the suffixes of its first operand that is not zero, and is printed with the largest that leaves no fraction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Quantity"]

_FORM = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(m|u|n|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount; `is_binary` is whether it is written in powers of 1024."""

    value: Fraction = Fraction(0)
    is_binary: bool = False

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read an amount; what is none counts as zero."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            return cls()
        suffix = found[2] or ""
        if suffix in _BINARY:
            return cls(Fraction(found[1]) * 2 ** _BINARY[suffix], is_binary=True)
        exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
        return cls(Fraction(found[1]) * Fraction(10) ** exponent)

    def __add__(self, other: Quantity) -> Quantity:
        form = self if self.value else other
        return Quantity(self.value + other.value, form.is_binary)

    def __str__(self) -> str:
        value = self.value
        if not value:
            return "0"
        if self.is_binary and value.denominator == 1 and abs(value) >= 1024:
            suffix = max(
                (s for s, power in _BINARY.items() if value % 2**power == 0), key=_BINARY.__getitem__, default=""
            )
            return f"{int(value / 2 ** _BINARY[suffix]) if suffix else int(value)}{suffix}"
        suffix = max(
            (s for s, power in _DECIMAL.items() if (value / Fraction(10) ** power).denominator == 1),
            key=_DECIMAL.__getitem__,
            default="n",
        )
        return f"{int(value / Fraction(10) ** _DECIMAL[suffix])}{suffix}"

    def share_of(self, whole: Quantity) -> int:
        """Return how many percent of `whole` this is, cut to an integer; 0 of nothing."""
        return int(self.value / whole.value * 100) if whole.value else 0
