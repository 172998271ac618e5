"""The chains of a table by name: layers that many nodes share below, and what is this node's own on top.

A node of a large cluster has tens of thousands of chains, and nearly all of them are the same on every node. A text
that was loaded there is one layer: it is never changed, and a thousand nodes hold a reference to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["Chains", "Layer"]

T = TypeVar("T")


class Layer(dict[str, T]):
    """Chains that are loaded together and never changed. Equal to itself only: a key of caches."""

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none, since most dicts change
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Chains(Mapping[str, T], Generic[T]):
    """A mapping from names to chains that can be copied in no time."""

    __slots__ = ("_gone", "_own", "layers")

    def __init__(self, own: Mapping[str, T] | None = None, layers: tuple[Layer[T], ...] = ()) -> None:
        self.layers = layers
        self._own: dict[str, T] = dict(own or {})
        self._gone: set[str] = set()

    def __getitem__(self, name: str) -> T:
        found = self._own.get(name) or self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: T | None = None) -> T | None:  # type: ignore[override]  # only one of its forms
        """Return the chain, or `default`."""
        found = self._own.get(name)
        if found is None and self.layers and name not in self._gone:
            for layer in self.layers:
                found = layer.get(name)
                if found is not None:
                    break
        return default if found is None else found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Yield the names; those of a layer at its place, own ones last."""
        for layer in self.layers:
            yield from (name for name in layer if name not in self._own and name not in self._gone)
        yield from self._own

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def own(self) -> Mapping[str, T]:
        """Return the chains that lie in no layer."""
        return self._own

    def hides(self) -> bool:
        """Whether a chain of a layer was replaced or deleted here."""
        return bool(self._gone) or any(name in layer for name in self._own for layer in self.layers)

    def copy(self) -> Chains[T]:
        """Return a mapping that can be changed on its own."""
        new = Chains(self._own, self.layers)
        new._gone = set(self._gone)
        return new

    def put(self, name: str, chain: T) -> None:
        """Add a chain, or replace the one with its name."""
        self._own[name] = chain
        self._gone.discard(name)

    def drop(self, name: str) -> None:
        """Take a chain out. KeyError where there is none."""
        if name not in self:
            raise KeyError(name)
        self._own.pop(name, None)
        if any(name in layer for layer in self.layers):
            self._gone.add(name)

    def push(self, layer: Layer[T]) -> bool:
        """Put a layer below the own chains; False, and nothing done, where one of its names is taken."""
        if any(name in layer for name in self._own) or any(not layer.keys().isdisjoint(old) for old in self.layers):
            return False
        self.layers = (*self.layers, layer)
        return True
