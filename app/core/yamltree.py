"""What a YAML file says and where: nodes with places, and the data and marks of one document. See `app.core.yaml12`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from app.core.errors import Mark

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]
Kind: TypeAlias = Literal["scalar", "sequence", "mapping"]

_SNIPPET = 160


@dataclass(slots=True)
class Node:
    """One value of the file. `line` and `column` count from 1; `length` is in characters, at least 1.

    `size` and `height` count the values and the levels below with every alias written out.
    """

    kind: Kind
    line: int
    column: int
    length: int = 1
    scalar: str | int | float | bool | None = None
    text: str = ""
    """The scalar as written, quotes removed."""
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    size: int = 1
    height: int = 1

    def plain(self) -> Value:
        """Return the value as Python data; nothing is shared between aliases."""
        if self.kind == "mapping":
            return {name: value.plain() for name, (_, value) in self.entries.items()}
        if self.kind == "sequence":
            return [item.plain() for item in self.items]
        return self.scalar


@dataclass(frozen=True)
class Source:
    """The text that nodes point into; makes a Mark only when one is asked for."""

    file: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines as YAML counts them (LF, CR LF, CR, NEL, LS, PS)."""
        return re.split("\r\n|[\n\r\x85\u2028\u2029]", self.text)

    def mark(self, line: int, column: int, length: int = 1) -> Mark:
        """Return the place with its source line, cut to a width that a terminal can show."""
        whole = self.lines[line - 1] if line <= len(self.lines) else ""
        start = max(0, column - 1 - _SNIPPET // 2) if len(whole) > _SNIPPET else 0
        return Mark(self.file, line, column, whole[start : start + _SNIPPET], length, start)

    def at(self, node: Node) -> Mark:
        """Return where `node` stands."""
        return self.mark(node.line, node.column, node.length)


@dataclass(frozen=True)
class Document:
    """One document of a stream: data, and the place of every key and value."""

    root: Node
    source: Source

    @cached_property
    def data(self) -> Value:
        """The document as plain Python data: dict, list, str, int, float, bool, None."""
        return self.root.plain()

    def node(self, path: Path = ()) -> Node:
        """Return the value at `path`, or the nearest one above it that exists."""
        return self._walk(path)[1]

    def mark(self, path: Path = ()) -> Mark:
        """Return where the value at `path` stands, or the nearest value above it that exists."""
        return self.source.at(self._walk(path)[1])

    def key_mark(self, path: Path) -> Mark:
        """Return where the key that ends `path` stands; for an item of a list, its value."""
        return self.source.at(self._walk(path)[0])

    def order(self, path: Path) -> tuple[int, int]:
        """Return (line, column) of the key at `path`: the order of the file."""
        key = self._walk(path)[0]
        return (key.line, key.column)

    def _walk(self, path: Path) -> tuple[Node, Node]:
        key = value = self.root
        for step in path:
            if isinstance(step, str) and step in value.entries:
                key, value = value.entries[step]
            elif isinstance(step, int) and step < len(value.items):
                key = value = value.items[step]
            else:
                break
        return key, value
