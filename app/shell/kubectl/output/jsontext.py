"""JSON as kubectl writes it: encoding/json's MarshalIndent, four blanks, keys sorted, `<`, `>` and `&` escaped."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["compact_json", "to_json"]

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def to_json(value: Any, *, is_sorted: bool = True) -> str:
    """Return a value over several lines, without a newline at its end.

    Objects that kubectl made itself keep the order of their Go fields (`is_sorted` False).
    """
    return _escaped(json.dumps(value, indent=4, sort_keys=is_sorted, ensure_ascii=False))


def compact_json(value: Any) -> str:
    """Return a value on one line without blanks."""
    return _escaped(json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False))


def _escaped(text: str) -> str:
    return "".join(_HTML.get(c, c) for c in text) if any(c in text for c in _HTML) else text
