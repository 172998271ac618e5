"""The chains of a table by name, or the elements of a map: layers that many nodes share below, what is own on top.

A node of a large cluster has tens of thousands of chains, and nearly all of them are the same on every node. A text
that was loaded there is one layer: it is never changed, and a thousand nodes hold a reference to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["Layer", "Layers"]

K = TypeVar("K")
T = TypeVar("T")


class Layer(dict[K, T]):
    """Rows that are loaded together and never changed. Equal to itself only: a key of caches."""

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none, since most dicts change
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Layers(Mapping[K, T], Generic[K, T]):
    """A mapping that can be copied in no time; no value is None."""

    __slots__ = ("_gone", "_own", "layers")

    def __init__(self, own: Mapping[K, T] | None = None, layers: tuple[Layer[K, T], ...] = ()) -> None:
        self.layers = layers
        self._own: dict[K, T] = dict(own or {})
        self._gone: set[K] = set()

    def __getitem__(self, name: K) -> T:
        found = self._own.get(name) or self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: K, default: T | None = None) -> T | None:  # type: ignore[override]  # only one of its forms
        """Return the row, or `default`."""
        found = self._own.get(name)
        if found is None and self.layers and name not in self._gone:
            for layer in self.layers:
                found = layer.get(name)
                if found is not None:
                    break
        return default if found is None else found

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None  # type: ignore[arg-type]  # what is no key is not there

    def __iter__(self) -> Iterator[K]:
        """Yield the names: those of a layer at their place, whoever replaced them, then what is in no layer."""
        for layer in self.layers:
            yield from (name for name in layer if name not in self._gone)
        yield from (name for name in self._own if not any(name in layer for layer in self.layers))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def own(self) -> Mapping[K, T]:
        """Return what was put here."""
        return self._own

    def hides(self) -> bool:
        """Whether a row of a layer was replaced or deleted here."""
        return bool(self._gone) or any(name in layer for name in self._own for layer in self.layers)

    def copy(self) -> Layers[K, T]:
        """Return a mapping that can be changed on its own."""
        new = Layers(self._own, self.layers)
        new._gone = set(self._gone)
        return new

    def put(self, name: K, row: T) -> None:
        """Add a row, or replace the one with its name."""
        self._own[name] = row
        self._gone.discard(name)

    def drop(self, name: K) -> None:
        """Take a row out. KeyError where there is none."""
        if name not in self:
            raise KeyError(name)
        self._own.pop(name, None)
        if any(name in layer for layer in self.layers):
            self._gone.add(name)

    def push(self, layer: Layer[K, T]) -> bool:
        """Put a layer below what is own; False, and nothing done, where one of its names is taken."""
        if any(name in layer for name in self._own) or any(not layer.keys().isdisjoint(old) for old in self.layers):
            return False
        self.layers = (*self.layers, layer)
        return True
