"""`--sort-by`: objects in the order of one of their fields. Source: k8s.io/kubectl pkg/cmd/get/sorter.go."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.shell.kubectl.errors import error
from app.shell.kubectl.output.jsonpath import JsonPathError, parse_path, relaxed
from app.shell.kubectl.output.jsonpathvalues import values

__all__ = ["sort_objects"]

T = TypeVar("T")


def sort_objects(objects: Sequence[T], path: str, body_of: Callable[[T], Any], *, is_table: bool) -> list[T]:
    """Return the objects sorted by a path; those without it first.

    Where no object has it a table has no rows, and any other form is a CommandError, as in kubectl 1.32.
    """
    try:
        field = parse_path(relaxed(path))
        keyed = [(next(iter(values(field, body_of(each), body_of(each))), None), each) for each in objects]
    except JsonPathError as wrong:
        raise error(str(wrong)) from None
    if objects and all(key is None for key, _ in keyed):
        if is_table:
            return []
        raise error(f'couldn\'t find any field with path "{relaxed(path)}" in the list of objects')
    return [each for _, each in sorted(keyed, key=lambda pair: _key(pair[0]))]


def _key(value: Any) -> tuple[Any, ...]:
    """Numbers by value, texts as people read them: `web-2` before `web-10`."""
    if value is None:
        return (0,)
    if isinstance(value, bool | int | float):
        return (1, value)
    parts = re.split("([0-9]+)", str(value))
    return (2, [_digits(part) if at % 2 else (1, 0, part, "") for at, part in enumerate(parts) if part or at % 2])


def _digits(text: str) -> tuple[int, int, str, str]:
    """Return the key of digits: by their value, however many there are (Python's int takes 4,300)."""
    short = text.lstrip("0")
    return (0, len(short), short, text)
