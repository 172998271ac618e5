"""Priorities of base chains and their names. Source: nftables 1.0.6 src/rule.c (std_prios, prio2str())."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import did_you_mean
from app.dataplane.nft.errors import NftError

__all__ = ["priority_number", "priority_text"]

NAMES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
ONLY_AT = {"dstnat": "prerouting", "srcnat": "postrouting"}
REACH = 10
"""How far from a named priority a number is still told by it."""


def priority_text(priority: int, hook: str) -> str:
    """Return a priority as nft lists it: `filter`, `dstnat - 10`, `-110`."""
    for name, number in NAMES.items():
        if ONLY_AT.get(name, hook) != hook or abs(priority - number) > REACH:
            continue
        offset = priority - number
        return name if not offset else f"{name} {'+' if offset > 0 else '-'} {abs(offset)}"
    return str(priority)


def priority_number(words: Sequence[str], hook: str) -> int:
    """Return the priority that words mean: `-110`, `dstnat`, `dstnat - 10`. Raises NftError."""
    text = "".join(words)
    name = next((n for n in NAMES if text.startswith(n)), "")
    rest = text[len(name) :] or "0"
    try:
        offset = int(rest)
    except ValueError:
        raise NftError(f"'{' '.join(words)}' is invalid priority{did_you_mean(text, NAMES)}", text) from None
    if name and ONLY_AT.get(name, hook) != hook:
        raise NftError(f"'{name}' is invalid priority in this context.", name)
    return NAMES.get(name, 0) + offset
