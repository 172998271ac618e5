"""Amounts of resources: `250m`, `64Mi`, `2`. Source: apimachinery pkg/api/resource/quantity.go.

A sum has the suffixes of its first operand that is not zero, and is printed with the largest that leaves no fraction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["QUANTITY_WORDS", "Quantity", "is_quantity"]

QUANTITY_WORDS = r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
"""What the API server and kubectl say of a text that is none."""
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?", re.ASCII)
LONGEST, LARGEST_EXPONENT = 64, 99
"""Longer texts and larger exponents are not counted out: no machine has that much of anything."""
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def is_quantity(given: object) -> bool:
    """Whether a value of a manifest has the form of an amount."""
    is_scalar = isinstance(given, str | int | float) and not isinstance(given, bool)
    return is_scalar and _FORM.fullmatch(str(given)) is not None


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount; `is_binary` is whether it is written in powers of 1024."""

    value: Fraction = Fraction(0)
    is_binary: bool = False

    @classmethod
    def read(cls, given: object) -> Quantity | None:
        """Return the amount that a value of a manifest means, in the unit without suffix; None if it is none."""
        found = _FORM.fullmatch(str(given)) if is_quantity(given) and len(str(given)) <= LONGEST else None
        if found is None:
            return None
        suffix = found[2] or ""
        if suffix in _BINARY:
            return cls(Fraction(found[1]) * 2 ** _BINARY[suffix], is_binary=True)
        exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
        return cls(Fraction(found[1]) * Fraction(10) ** exponent) if abs(exponent) <= LARGEST_EXPONENT else None

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read an amount; what is none counts as zero."""
        return cls.read(text.strip()) or cls()

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
