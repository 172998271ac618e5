"""kubectl's JSONPath, asked: the values of a path, and a whole template as text. Source: client-go util/jsonpath."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any

from app.shell.kubectl.output.jsonpath import (
    Field,
    Filter,
    JsonPathError,
    Literal,
    Node,
    Path,
    Range,
    Recursive,
    Slice,
    Step,
    Union,
    Wildcard,
)
from app.shell.kubectl.output.jsontext import compact_json

__all__ = ["render", "text_of", "values"]

CHARACTERS = 16
"""So many of what is printed count as one step."""
MOST_STEPS = 500_000
"""Ranges in ranges multiply: what a template carries out ends here."""
MOST_VALUES = 200_000
"""`..` after `..` multiplies: the values of one step end here."""
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def render(nodes: Sequence[Node], whole: Any) -> str:
    """Return the text of a template over an object; several values of one path stand between blanks."""
    return "".join(_parts(nodes, whole, whole, count(1)))


def _parts(nodes: Sequence[Node], whole: Any, current: Any, steps: Iterator[int]) -> Iterator[str]:
    for node in nodes:
        if next(steps) > MOST_STEPS:
            raise JsonPathError(f"more than {MOST_STEPS:,} steps")
        if isinstance(node, Literal):
            yield str(node.value)
        elif isinstance(node, Range):
            for each in values(node.over, whole, current):
                yield from _parts(node.body, whole, each, steps)
        else:
            text = " ".join(text_of(value) for value in values(node, whole, current))
            for _ in range(len(text) // CHARACTERS):
                next(steps)
            yield text


def text_of(value: Any) -> str:
    """Return a value as kubectl prints it: texts as they are, lists and mappings as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return compact_json(value)


def values(path: Path, whole: Any, current: Any) -> list[Any]:
    """Return the values of a path; what is missing is left out. JsonPathError: an index is beyond the list."""
    found = [whole if path.is_root else current]
    for step in path.steps:
        found = list(islice((value for each in found for value in _step(step, each, whole)), MOST_VALUES + 1))
        if len(found) > MOST_VALUES:
            raise JsonPathError(f"more than {MOST_VALUES:,} values")
    return found


def _step(step: Step, value: Any, whole: Any) -> Iterator[Any]:
    if isinstance(step, Field):
        if isinstance(value, Mapping) and step.name in value:
            yield value[step.name]
    elif isinstance(step, Wildcard):
        yield from _below(value)
    elif isinstance(step, Recursive):
        yield from _everything(value)
    elif isinstance(step, Slice):
        yield from _sliced(step, value)
    elif isinstance(step, Union):
        for member in step.members:
            yield from values(member, whole, value)
    else:
        yield from (each for each in _below(value) if _holds(step, each, whole))


def _below(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from (value[key] for key in sorted(value))
    elif isinstance(value, list | tuple):
        yield from value


def _everything(value: Any) -> Iterator[Any]:
    yield value
    for each in _below(value):
        if isinstance(each, Mapping | list | tuple):
            yield from _everything(each)


def _sliced(step: Slice, value: Any) -> Iterator[Any]:
    if not isinstance(value, list | tuple):
        if value is None or isinstance(value, Mapping):
            return
        raise JsonPathError(f"{text_of(value)} is not array or slice")
    if step.is_one:
        index = step.start or 0
        if not -len(value) <= index < len(value):
            raise JsonPathError(f"array index out of bounds: index {index}, length {len(value)}")
        yield value[index]
        return
    if step.step is not None and step.step <= 0:
        raise JsonPathError("step must be > 0")
    yield from value[step.start : step.end : step.step]


def _holds(step: Filter, value: Any, whole: Any) -> bool:
    left = _operand(step.left, value, whole)
    if step.operator == "exists":
        return bool(left)
    assert step.right is not None
    right = _operand(step.right, value, whole)
    if not left or not right:
        return False
    try:
        return _COMPARE[step.operator](left[0], right[0])
    except TypeError:
        return step.operator == "!="


def _operand(of: Path | Literal, value: Any, whole: Any) -> list[Any]:
    return [of.value] if isinstance(of, Literal) else values(of, whole, value)
