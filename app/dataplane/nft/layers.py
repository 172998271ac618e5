"""A mapping that many owners share: each writes on a layer of its own, and reads through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TypeVar

__all__ = ["Layers"]

K = TypeVar("K")
V = TypeVar("V")


class Layers(MutableMapping[K, V]):
    """`base` is never written; what this owner set or deleted lies above it. Order: the base's, then what is new."""

    __slots__ = ("base", "gone", "own")

    def __init__(self, base: Mapping[K, V] | None = None) -> None:
        self.base: Mapping[K, V] = base or {}
        self.own: dict[K, V] = {}
        self.gone: set[K] = set()

    def fork(self) -> Layers[K, V]:
        """Return a copy that is written apart from this one; what lies below both is not copied."""
        copy = Layers(self.base)
        copy.own, copy.gone = dict(self.own), set(self.gone)
        return copy

    def frozen(self) -> Layers[K, V]:
        """Return a copy with everything in its base: what forks of it have in common. Nobody may write to it."""
        return Layers(dict(self))

    def clear(self) -> None:
        """Take everything out."""
        self.base, self.own, self.gone = {}, {}, set()

    def __getitem__(self, key: K) -> V:
        if key in self.own:
            return self.own[key]
        if key in self.gone:
            raise KeyError(key)
        return self.base[key]

    def __setitem__(self, key: K, value: V) -> None:
        self.own[key] = value
        self.gone.discard(key)

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self.own.pop(key, None)
        if key in self.base:
            self.gone.add(key)

    def __contains__(self, key: object) -> bool:
        return key in self.own or (key in self.base and key not in self.gone)

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self.base if key not in self.gone)
        yield from (key for key in self.own if key not in self.base)

    def __len__(self) -> int:
        return len(self.base) - len(self.gone) + sum(key not in self.base for key in self.own)
