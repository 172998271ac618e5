"""YAML as Kubernetes reads it: YAML 1.2 core values, a mark for every key and value, and limits that hold.

    text -> characters allowed? -> parser events -> limits, tags, keys -> Node tree -> plain data + marks

PyYAML's C parser gives events, one at a time, without recursion; nothing is built from an event before it has passed
the limits. PyYAML's own loader is never used: it nests on the C stack, follows alias bombs and reads `no` as false.
Kubernetes reads YAML into JSON, so keys are strings, there are no tags and no dates, integers fit 64 bits and floats
are finite. Source: YAML 1.2.2 chapter 10.3 (core schema).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from app.core.errors import ManifestError, Mark, PodwalkError, Problems, Related, raise_problems
from app.core.limits import limit
from app.core.yamlscalar import go_key, go_scalar_value, scalar_value, short
from app.core.yamltree import Document, Kind, Node, Path, Source, Value

__all__ = ["Document", "Node", "Path", "Source", "Value", "load_documents", "scalar_value"]

_LOADER: type[Any] = getattr(yaml, "CLoader", yaml.SafeLoader)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def load_documents(text: str | bytes, file: str, *, as_kubectl: bool = False) -> tuple[Document, ...]:
    """Return the documents of a YAML 1.2 stream; documents without a value (comments only) are left out.

    Raises ManifestError, or Problems when several keys or values are wrong; what breaks the syntax or a limit ends the
    reading at once. `file` is the name in messages. `as_kubectl`: words mean what kubectl's YAML 1.1 parser reads in
    them (`yes` is true), keys become strings, and of a key that is given twice the last one stands.
    """
    return tuple(_Composer(Source(file, _characters(text, file)), as_kubectl=as_kubectl).documents())


def _characters(text: str | bytes, file: str) -> str:
    """Return the text of a stream: strict UTF-8, no more than the byte limit, no control characters."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > limit("yaml.bytes"):
        raise ManifestError(
            f"the file is longer than {limit('yaml.bytes'):,} bytes",
            hint="split it into several files and give each with -f",
            at=Mark(file, 1, 1),
        )
    decoded = _decode(text, file) if isinstance(text, bytes) else text
    decoded = decoded.removeprefix("\ufeff")
    if bad := _FORBIDDEN.search(decoded):
        raise ManifestError(
            f"character U+{ord(bad[0]):04X} is not allowed in YAML",
            hint="remove it, or write it as an escape in double quotes",
            at=_mark_at(decoded, bad.start(), file),
        )
    return decoded


def _decode(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        raise ManifestError(
            f"byte 0x{raw[error.start]:02x} is not UTF-8",
            hint="save the file as UTF-8",
            at=_mark_at(before, len(before), file),
        ) from None


def _mark_at(text: str, index: int, file: str) -> Mark:
    line_start = text.rfind("\n", 0, index) + 1
    printable_text = _FORBIDDEN.sub("\ufffd", text)
    return Source(file, printable_text).mark(text.count("\n", 0, index) + 1, index - line_start + 1)


@dataclass(slots=True)
class _Open:
    """A collection that is not closed yet, and the key that waits for its value."""

    node: Node
    anchor: str | None
    key: Node | None = None


class _Composer:
    """Turns parser events into nodes, one pass, no recursion."""

    def __init__(self, source: Source, *, as_kubectl: bool) -> None:
        self.source = source
        self.as_kubectl = as_kubectl
        self.problems: list[PodwalkError] = []
        self.nodes = 0
        self.aliases = 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.root: Node | None = None
        self.max_nodes = limit("yaml.nodes")

    def documents(self) -> Iterator[Document]:
        """Yield each document; raises the problems at the end of the stream."""
        documents = []
        for event in self._events():
            if type(event) is yaml.DocumentStartEvent:
                self.anchors, self.root = {}, None
            elif type(event) is yaml.DocumentEndEvent:
                if self.root and not (self.root.kind == "scalar" and self.root.scalar is None):
                    documents.append(Document(self.root, self.source))
            else:
                self._take(event)
        raise_problems(self.problems)
        yield from documents

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self.source.text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            raise_problems([*self.problems, self._syntax_error(error)])
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise ManifestError(
                f"cannot be read as YAML: {_first_line(error)}", at=Mark(self.source.file, 1, 1)
            ) from None

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open("mapping", event)
        elif kind is yaml.SequenceStartEvent:
            self._open("sequence", event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)

    # -- events

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        node = self._node("scalar", event)
        node.text = event.value
        node.scalar = event.value
        if event.implicit[0] and not event.tag:
            self._resolve(node)
        if event.anchor:
            self.anchors[event.anchor] = node
        self._attach(node)

    def _close(self) -> None:
        done = self.stack.pop()
        if done.anchor:
            self.anchors[done.anchor] = done.node
        self._attach(done.node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        node = Node("scalar", *self._place(event))
        self.aliases += 1
        if self.aliases > limit("yaml.aliases"):
            self._stop(f"too many aliases: more than {limit('yaml.aliases')}", "write the values out", node)
        name = str(event.anchor)
        if name not in self.anchors:
            self._stop(
                f"alias *{name} has no anchor &{name} before it", "define the anchor first, or quote the text", node
            )
        meant = self.anchors[name]
        if meant is None:
            self._stop(f"alias *{name} stands inside the value that it names", "a value cannot contain itself", node)
        self._count(meant.size, node)
        self._deep(len(self.stack) + meant.height - 1, node)
        self._attach(meant, at=node)

    # -- limits

    def _open(self, kind: Kind, event: Any) -> None:
        node = self._node(kind, event)
        self._deep(len(self.stack) + 1, node)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(node, event.anchor))

    def _node(self, kind: Kind, event: Any) -> Node:
        node = Node(kind, *self._place(event))
        self._count(1, node)
        if event.tag:
            self._tell(
                f"tag {short(str(event.tag))} is not supported",
                "remove the tag; quote a value to make it a string",
                node,
            )
        return node

    def _count(self, more: int, node: Node) -> None:
        self.nodes += more
        if self.nodes > self.max_nodes:
            self._stop(f"too many values: more than {self.max_nodes:,}, aliases written out", "split the file", node)

    def _deep(self, depth: int, node: Node) -> None:
        if depth > limit("yaml.depth"):
            self._stop(
                f"nested too deeply: more than {limit('yaml.depth')} levels", "is a bracket or a quote left open?", node
            )

    # -- building

    def _attach(self, node: Node, at: Node | None = None) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.node.kind == "sequence":
            parent.node.items.append(node)
        elif parent.key is None:
            parent.key = self._key(node if at is None else at, is_alias=at is not None)
            return
        else:
            self._entry(parent.node, parent.key, node)
            parent.key = None
        parent.node.size += node.size
        if parent.node.height <= node.height:
            parent.node.height = node.height + 1

    def _key(self, node: Node, *, is_alias: bool) -> Node:
        if is_alias or node.kind != "scalar":
            what = "an alias" if is_alias else f"a {node.kind}"
            self._tell(f"a key must be a string, not {what}", "write the key as plain text", node)
        elif self.as_kubectl and node.scalar is not None:
            node.scalar = go_key(node.scalar)
        elif not isinstance(node.scalar, str):
            self._tell(f"key {node.text or 'null'} is not a string", f'write "{node.text}" in quotes', node)
        return node

    def _entry(self, mapping: Node, key: Node, value: Node) -> None:
        if not isinstance(key.scalar, str):
            return
        name = key.scalar
        if name in mapping.entries and not self.as_kubectl:
            first = mapping.entries[name][0]
            self._tell(
                f"duplicate key '{short(name)}': line {key.line} repeats line {first.line}",
                "keep one of them; many YAML readers silently drop the other",
                key,
                Related(self.source.at(first), "first given here"),
            )
            return
        mapping.entries[name] = (key, value)

    def _resolve(self, node: Node) -> None:
        if node.text == "<<" and self.stack and self.stack[-1].node.kind == "mapping" and self.stack[-1].key is None:
            self._tell("merge keys (<<) are not supported", "write the merged keys out", node)
        try:
            node.scalar = go_scalar_value(node.text) if self.as_kubectl else scalar_value(node.text)
        except ValueError as error:
            self._tell(str(error), "quote it if it is meant as text", node)

    # -- telling

    def _place(self, event: Any) -> tuple[int, int, int]:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return start.line + 1, start.column + 1, length or 1

    def _tell(self, message: str, hint: str, node: Node, *related: Related) -> None:
        self.problems.append(ManifestError(message, hint=hint, at=self.source.at(node), related=related))
        if len(self.problems) >= limit("yaml.problems"):
            raise_problems(self.problems)

    def _stop(self, message: str, hint: str, node: Node) -> NoReturn:
        error = ManifestError(message, hint=hint, at=self.source.at(node))
        raise Problems([*self.problems, error]) if self.problems else error

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> ManifestError:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        at = self.source.mark(line, column)
        opened = error.context_mark
        related = []
        if opened and (opened.line + 1, opened.column + 1) != (line, column):
            related.append(Related(self.source.mark(opened.line + 1, opened.column + 1), str(error.context)))
        return ManifestError(
            str(error.problem or "not YAML"), hint=_syntax_hint(at, str(error.problem)), at=at, related=related
        )


def _syntax_hint(at: Mark, problem: str) -> str:
    rest = at.snippet[at.column - 1 - at.snippet_offset :]
    if rest.startswith("\t"):
        return "YAML indents with spaces; replace the tab"
    if rest[:1] in ("@", "`", "%"):
        return f"a value cannot start with {rest[0]}; put it in quotes"
    if "mapping values" in problem:
        return "put a value that holds ': ' in quotes, or mend the indentation"
    if "expected ',' or" in problem:
        return "is a comma or the closing bracket missing?"
    if "expected key" in problem or "block" in problem or "'-' indicator" in problem:
        return "lines of one mapping or list must start in the same column"
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
