"""Sets, maps and verdict maps: named ones of a table, and the anonymous ones that stand in a rule.

A lookup is one question to a hash, as the kernel's: nothing is passed over on the way (nft_set_hash.c).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from app.dataplane.layers import Layer, Layers
from app.dataplane.nft.datatypes import DataType, Interval, value_text
from app.dataplane.nft.expressions import KeyValue
from app.dataplane.nft.verdicts import Verdict

__all__ = ["AnonymousSet", "Element", "NamedSet", "VerdictMap", "key_text", "sort_key"]

DYNAMIC_SIZE = 65_535
"""What a set without a size gets when a rule adds to it."""


def key_text(types: Sequence[DataType], key: KeyValue) -> str:
    """Return a key as elements are printed."""
    parts = key if isinstance(key, tuple) else (key,)
    return " . ".join(value_text(kind, part) for kind, part in zip(types, parts, strict=True))


def sort_key(types: Sequence[DataType], key: KeyValue) -> int:
    """Return the number by which nft sorts elements.

    A concatenation is read as one little-endian number, each part in network order: its last byte counts most.
    Source: nftables 1.0.6 src/mergesort.c, concat_expr_msort_value().
    """
    if not isinstance(key, tuple):
        return types[0].number(key)
    parts = zip(types, key, strict=True)
    return int.from_bytes(b"".join(t.number(p).to_bytes(t.bits // 8, "big") for t, p in parts), "little")


@dataclass(frozen=True, slots=True)
class Element:
    """A member of a named set or map. `verdict` is a map's; `timeout_us` 0: the set's own; `expires_us` 0: never."""

    key: KeyValue
    verdict: Verdict | None = None
    comment: str = ""
    timeout_us: int = 0
    expires_us: int = 0

    def is_alive(self, now_us: int) -> bool:
        """Whether its time has not run out."""
        return not self.expires_us or now_us < self.expires_us


@dataclass(frozen=True, slots=True)
class NamedSet:
    """A set (`verdict` False) or verdict map of a table; `elements` is its owner's own layer."""

    name: str
    types: tuple[DataType, ...]
    is_map: bool
    flags: tuple[str, ...] = ()
    timeout_us: int = 0
    size: int = 0
    comment: str = ""
    handle: int = 0
    elements: Layers[KeyValue, Element] = field(default_factory=Layers, compare=False)

    @property
    def word(self) -> str:
        """What nft calls it."""
        return "map" if self.is_map else "set"

    def find(self, key: KeyValue, now_us: int) -> Element | None:
        """Return the element of a key, if it is there and its time has not run out."""
        found = self.elements.get(key)
        return found if found is not None and found.is_alive(now_us) else None

    def fork(self) -> NamedSet:
        """Return a copy whose elements are written apart."""
        return replace(self, elements=self.elements.copy())

    def frozen(self) -> NamedSet:
        """Return a copy of which forks are cheap. Nobody may write to it."""
        return replace(self, elements=Layers(layers=(Layer(self.elements),)))

    def element_text(self, element: Element, now_us: int) -> str:
        """Return an element as nft lists it."""
        words = [key_text(self.types, element.key)]
        if element.timeout_us:
            words.append(f"timeout {time_text(element.timeout_us)}")
        if element.expires_us:
            words.append(f"expires {time_text(element.expires_us - now_us)}")
        words += [f'comment "{element.comment}"'] if element.comment else []
        words += [f": {element.verdict.text()}"] if element.verdict else []
        return " ".join(words)


def time_text(time_us: int) -> str:
    """Return a time as nft prints it: 2h59m59s996ms. Source: nftables src/datatype.c, time_print()."""
    rest = time_us // 1000
    words = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        if rest >= size:
            words.append(f"{rest // size}{unit}")
            rest %= size
    return "".join(words) or "0s"


@dataclass(frozen=True, slots=True)
class AnonymousSet:
    """`{ A, B, 10.0.0.0/8 }` of single fields or keys; sorted, what touches or overlaps is one.

    `firsts` and `lasts` are the bounds as numbers, where it has intervals; else `members` is asked.
    """

    types: tuple[DataType, ...]
    parts: tuple[KeyValue | Interval, ...]
    members: frozenset[KeyValue] = field(repr=False)
    firsts: tuple[int, ...] = field(default=(), repr=False)
    lasts: tuple[int, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, types: tuple[DataType, ...], given: Iterable[KeyValue | Interval]) -> AnonymousSet:
        """Return the set as nft makes it of what is written. Source: nftables src/intervals.c, set_automerge()."""
        parts = list(given)
        if not any(isinstance(part, Interval) for part in parts):
            keys = {part for part in parts if not isinstance(part, Interval)}
            ordered = sorted(keys, key=partial(sort_key, types))
            return cls(types, tuple(ordered), frozenset(keys))
        kind, merged = types[0], list[list[int]]()
        for first, last in sorted(_bounds(kind, part) for part in parts):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        joined = tuple(
            kind.value(first) if first == last else Interval(kind.value(first), kind.value(last))
            for first, last in merged
        )
        firsts, lasts = tuple(first for first, _ in merged), tuple(last for _, last in merged)
        return cls(types, joined, frozenset(), firsts, lasts)

    def contains(self, key: KeyValue) -> bool:
        """Whether it holds a key."""
        if not self.firsts:
            return key in self.members
        assert not isinstance(key, tuple)
        number = self.types[0].number(key)
        at = bisect_right(self.firsts, number) - 1
        return at >= 0 and number <= self.lasts[at]

    def text(self) -> str:
        """Return it as nft prints it."""
        return f"{{ {', '.join(self._part(part) for part in self.parts)} }}"

    def _part(self, part: KeyValue | Interval) -> str:
        return value_text(self.types[0], part) if isinstance(part, Interval) else key_text(self.types, part)


def _bounds(kind: DataType, part: KeyValue | Interval) -> tuple[int, int]:
    if isinstance(part, Interval):
        return kind.number(part.first), kind.number(part.last)
    assert not isinstance(part, tuple)
    return kind.number(part), kind.number(part)


@dataclass(frozen=True, slots=True)
class VerdictMap:
    """`vmap { 0 : goto a, 1 : goto b }`: an anonymous verdict map, sorted by key."""

    types: tuple[DataType, ...]
    entries: tuple[tuple[KeyValue, Verdict], ...]
    by_key: dict[KeyValue, Verdict] = field(repr=False, compare=False)

    @classmethod
    def of(cls, types: tuple[DataType, ...], given: Iterable[tuple[KeyValue, Verdict]]) -> VerdictMap:
        """Return the map as nft sorts it."""
        entries = tuple(sorted(dict(given).items(), key=lambda entry: sort_key(types, entry[0])))
        return cls(types, entries, dict(entries))

    def __hash__(self) -> int:
        return hash(self.entries)

    def entry_text(self, key: KeyValue) -> str:
        """Return one entry."""
        return f"{key_text(self.types, key)} : {self.by_key[key].text()}"

    def text(self) -> str:
        """Return it as nft prints it."""
        return f"{{ {', '.join(self.entry_text(key) for key, _ in self.entries)} }}"
