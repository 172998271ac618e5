"""An entry that was passed over."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Skipped"]


class Skipped(Struct, frozen=True, gc=False):
    """An entry that was looked at and did not decide, with the failing term: a formula, the same in every language."""

    entry: str
    because: str
