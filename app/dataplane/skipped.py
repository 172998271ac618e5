"""Entries that were passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from msgspec import Struct

__all__ = ["Rows", "Skipped"]


class Skipped(Struct, frozen=True, gc=False):
    """An entry that was looked at and did not decide, with the failing term: a formula, the same in every language."""

    entry: str
    because: str


class Rows(Sequence[Skipped]):
    """Passed-over entries that are put into words when somebody reads them: a large table has tens of thousands.

    `make` must give the same rows whenever it is called: it may look at values only, not at tables that change.
    """

    __slots__ = ("_make", "_rows")

    def __init__(self, make: Callable[[], Sequence[Skipped]]) -> None:
        self._make: Callable[[], Sequence[Skipped]] | None = make
        self._rows: Sequence[Skipped] = ()

    def _read(self) -> Sequence[Skipped]:
        if self._make is not None:
            self._rows, self._make = self._make(), None
        return self._rows

    @overload
    def __getitem__(self, index: int) -> Skipped: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Skipped]: ...
    def __getitem__(self, index: int | slice) -> Skipped | Sequence[Skipped]:
        return self._read()[index]

    def __iter__(self) -> Iterator[Skipped]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # equal to any sequence of the same rows
