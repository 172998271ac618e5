"""kubectl's JSONPath, read: text, `{...}` with paths, quoted text, `range` and `end`. Source: client-go util/jsonpath.

{.items[*].metadata.name}   {range .items[*]}{.metadata.name}{"\\n"}{end}   {.spec.ports[?(@.name=="web")].port}
{..name}   {.a['b.c']}   {[0:2]}   {.items[-1:]}   {['metadata.name','kind']}   {$}   {@}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Field", "Filter", "JsonPathError", "Literal", "Node", "Path", "Range", "Recursive", "Slice", "Step",
           "Union", "Wildcard", "parse_path", "parse_template", "relaxed"]  # fmt: skip


class JsonPathError(Exception):
    """The template cannot be read, or asks for what is not there."""


@dataclass(frozen=True, slots=True)
class Field:
    """`.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*`: every value."""


@dataclass(frozen=True, slots=True)
class Recursive:
    """`..`: the value and everything below it."""


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start:end:step]`; `[2]` is one element and must be there."""

    start: int | None
    end: int | None
    step: int | None
    is_one: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(left operator right)]`; `[?(left)]` asks whether it is there."""

    left: Operand
    operator: str
    right: Operand | None


@dataclass(frozen=True, slots=True)
class Union:
    """`[1,2]` or `['a','b']`: one after the other."""

    members: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, or a number or truth value of a filter."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the current object (`@`), or from the whole (`$`)."""

    steps: tuple[Step, ...]
    is_root: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """`{range PATH}` BODY `{end}`."""

    over: Path
    body: tuple[Node, ...]


Step: TypeAlias = Field | Wildcard | Recursive | Slice | Filter | Union
Operand: TypeAlias = Path | Literal
Node: TypeAlias = Literal | Path | Range

MOST_BRACKETS = 100
"""A template of a person stays far below; each of them may nest."""
_FIELD = re.compile(r"(?:\\.|[^\s.\[\]{}(),'\"$@*?!=<>&|])+")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_QUOTED = re.compile(r"'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\"")
_SINGLE = re.compile(r"'((?:\\.|[^'\\])*)'")
_SLICE = re.compile(r"(-?[0-9]{0,18})(?::(-?[0-9]{0,18}))?(?::(-?[0-9]{0,18}))?")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def relaxed(text: str) -> str:
    """Return a path as `--sort-by` and custom columns take it, with or without `{}` and the first dot, in full form."""
    found = re.fullmatch(r"\{?\.?([^{}]+)\}?", text)
    if found is None:
        raise JsonPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    inner = found[1]
    return f"{{.{inner}}}" if not inner.startswith(("[", "@", "$")) else f"{{{inner}}}"


def parse_path(text: str) -> Path:
    """Return the path of a template that is one path."""
    nodes = parse_template(text)
    if len(nodes) != 1 or not isinstance(nodes[0], Path):
        raise JsonPathError(f"unexpected template {text}")
    return nodes[0]


def parse_template(text: str) -> tuple[Node, ...]:
    """Return the nodes of a template. JsonPathError in client-go's words."""
    if sum(map(text.count, "([{")) > MOST_BRACKETS:
        raise JsonPathError(f"more than {MOST_BRACKETS} brackets")
    reader = _Reader(text)
    nodes = reader.nodes(is_inside=False)
    return tuple(nodes)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.is_open = False

    def nodes(self, *, is_inside: bool) -> list[Node]:
        found: list[Node] = []
        while self.at < len(self.text):
            if self.text[self.at] != "{":
                end = self.text.find("{", self.at)
                end = len(self.text) if end < 0 else end
                found.append(Literal(self.text[self.at : end]))
                self.at = end
                continue
            self.at += 1
            if self._action(found):
                if not is_inside:
                    raise JsonPathError("not in range, nothing to end")
                return found
        self.is_open = is_inside
        return found

    def _action(self, found: list[Node]) -> bool:
        """Read what stands in one pair of braces; say whether it was `end`."""
        while True:
            self._blanks()
            if self._take("}"):
                return False
            if self.at >= len(self.text):
                raise JsonPathError("unclosed action")
            if quoted := _QUOTED.match(self.text, self.at):
                self.at = quoted.end()
                found.append(Literal(_unquoted(quoted)))
                continue
            word = re.match(r"(range|end)(?=[\s}])", self.text[self.at :])
            if word is None:
                found.append(self._path(""))
                continue
            self.at += word.end()
            if word[1] == "end":
                self._blanks()
                if not self._take("}"):
                    raise JsonPathError("unclosed action")
                return True
            self._blanks()
            over = self._path("")
            self._blanks()
            self._take("}")
            body = self.nodes(is_inside=True)
            # A range that is never ended is carried out, and then what stands in it once more.
            found += [Range(over, tuple(body)), *(body if self.is_open else ())]
            self.is_open = False
            return False

    def _path(self, stop: str) -> Path:
        """Read steps until a blank, `}` or one of `stop`."""
        steps: list[Step] = []
        is_root = self._take("$")
        start = self.at - is_root
        if not is_root:
            self._take("@")
        while self.at < len(self.text) and self.text[self.at] not in f"}} \t{stop}":
            steps += self._step(is_first=not steps)
        if self.at == start:
            raise JsonPathError("unclosed action")
        return Path(tuple(steps), is_root)

    def _step(self, *, is_first: bool) -> list[Step]:
        char = self.text[self.at]
        if self.text.startswith("..", self.at):
            self.at += 2
            return [Recursive(), *([] if self.text[self.at : self.at + 1] in ("[", "") else self._name())]
        if char == ".":
            self.at += 1
            return self._name()
        if char == "[":
            self.at += 1
            return [self._bracket()]
        found = self._name() if is_first or char == "*" else []
        if not found:
            raise JsonPathError(f"unrecognized character in action: U+{ord(char):04X} '{char}'")
        return found

    def _name(self) -> list[Step]:
        """Read a name or `*`; [] where neither stands."""
        if self._take("*"):
            return [Wildcard()]
        field = _FIELD.match(self.text, self.at)
        if field is None:
            return []
        self.at = field.end()
        return [Field(re.sub(r"\\(.)", r"\1", field[0]))]

    def _bracket(self) -> Step:
        self._blanks()
        if self.text.startswith("?(", self.at):
            return self._filter()
        members = [self._member()]
        while self._take(","):
            members.append(self._member())
        self._blanks()
        if not self._take("]"):
            raise JsonPathError("unterminated array")
        if len(members) == 1:
            return members[0]
        return Union(tuple(Path((member,)) for member in members))

    def _member(self) -> Step:
        self._blanks()
        if self._take("*"):
            return Wildcard()
        if quoted := _SINGLE.match(self.text, self.at):
            self.at = quoted.end()
            return Field(_unquoted(quoted))
        found = _SLICE.match(self.text, self.at)
        if found is None or not found[0]:
            raise JsonPathError(f"invalid array index {re.split(r'[],]', self.text[self.at :])[0]}")
        self.at = found.end()
        start, end_, step = (int(part) if part and part != "-" else None for part in found.groups())
        return Slice(start, end_, step, is_one=":" not in found[0])

    def _filter(self) -> Filter:
        self.at += 2
        self._blanks()
        left = self._operand()
        self._blanks()
        operator = _OPERATOR.match(self.text, self.at)
        right = None
        if operator:
            self.at = operator.end()
            self._blanks()
            right = self._operand()
            self._blanks()
        if not self._take(")") or not self._take("]"):
            raise JsonPathError("unterminated filter")
        return Filter(left, operator[0] if operator else "exists", right)

    def _operand(self) -> Operand:
        if quoted := _QUOTED.match(self.text, self.at):
            self.at = quoted.end()
            return Literal(_unquoted(quoted))
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            return Literal(float(number[0]) if "." in number[0] else int(number[0]))
        if word := re.match(r"true|false", self.text[self.at :]):
            self.at += word.end()
            return Literal(word[0] == "true")
        return self._path("=!<>)&|")

    def _blanks(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t", "\n", "\r") and self.at < len(self.text):
            self.at += 1

    def _take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False


def _unquoted(found: re.Match[str]) -> str:
    text = next(group for group in found.groups() if group is not None)
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)
