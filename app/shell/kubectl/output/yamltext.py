"""YAML as kubectl writes it: sigs.k8s.io/yaml over go-yaml v2. Keys are sorted, lists stand under their key.

Source: go-yaml v2 encode.go (stringv), resolve.go, sorter.go. The layout (folding at 80, block hints) is libyaml's,
which PyYAML's emitter has too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cmp_to_key
from typing import Any

import yaml

__all__ = ["sorted_keys", "to_yaml"]

WIDTH = 80
_CASED = "true yes on false no off null"
_WORDS = frozenset(
    {"", "~", "y", "Y", "n", "N", "<<", ".nan", ".NaN", ".NAN"}
    | {form for word in _CASED.split() for form in (word, word.capitalize(), word.upper())}
    | {f"{sign}{word}" for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")}
)
"""Texts that YAML reads as something else: they are quoted."""
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SIXTY = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_TIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(([Tt]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?(Z|[+-]\d\d:\d\d)?)?")


def to_yaml(value: Any) -> str:
    """Return a document: a mapping with its keys sorted, every text quoted only where YAML asks for it."""
    events = [
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(explicit=False),
        *_events(value),
        yaml.DocumentEndEvent(explicit=False),
        yaml.StreamEndEvent(),
    ]
    text = str(yaml.emit(events, width=WIDTH, allow_unicode=True))
    return text.removesuffix("...\n")


def _events(value: Any) -> Iterator[yaml.Event]:
    if isinstance(value, Mapping):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value)
        for key in sorted_keys(value):
            yield _scalar(key)
            yield from _events(value[key])
        yield yaml.MappingEndEvent()
    elif isinstance(value, list | tuple):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value)
        for item in value:
            yield from _events(item)
        yield yaml.SequenceEndEvent()
    else:
        yield _scalar(value)


def _scalar(value: Any) -> yaml.Event:
    if isinstance(value, str):
        style = "|" if "\n" in value else None if _is_text(value) else '"'
        return yaml.ScalarEvent(None, None, (True, True), value, style=style)
    return yaml.ScalarEvent(None, None, (True, True), _plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_text(text: str) -> bool:
    """Say whether a plain scalar of this text would be read as this text."""
    if text in _WORDS or _SIXTY.fullmatch(text) or _TIME.fullmatch(text):
        return False
    number = text.replace("_", "") if text[0] in "+-.0123456789" else text
    return not (_INT.fullmatch(number) or _FLOAT.fullmatch(number))


def sorted_keys(value: Mapping[str, Any]) -> list[str]:
    """Return keys in go-yaml's order: letters after what is none, numbers by their value (`a2` before `a10`)."""
    return sorted(value, key=cmp_to_key(_compare))


def _compare(a: str, b: str) -> int:
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if at is None:
        return len(a) - len(b)
    x, y = a[at], b[at]
    if x.isalpha() or y.isalpha():
        return (ord(x) - ord(y)) if x.isalpha() and y.isalpha() else (1 if x.isalpha() else -1)
    return _by_number(a, b, at) or ord(x) - ord(y)


def _by_number(a: str, b: str, at: int) -> int:
    lead = 0
    if "0" in (a[at], b[at]):
        before = re.search(r"\d*$", a[:at])
        lead = 1 if before and before[0].strip("0") else 0
    runs = [(re.match(r"\d*", text[at:]) or [""])[0] for text in (a, b)]
    values = [int(f"{lead or ''}{run}" or "0") for run in runs]
    return values[0] - values[1] or len(runs[0]) - len(runs[1])
