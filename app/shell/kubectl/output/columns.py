"""`-o custom-columns=HEADER:PATH,...`. Source: k8s.io/kubectl pkg/cmd/get/customcolumn.go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.shell.kubectl.errors import error
from app.shell.kubectl.output.jsonpath import JsonPathError, Path, parse_path, relaxed
from app.shell.kubectl.output.jsonpathvalues import text_of, values
from app.shell.kubectl.output.layout import layout

__all__ = ["custom_columns", "custom_columns_of_file"]


def custom_columns(spec: str, bodies: Sequence[Any], *, has_headers: bool = True) -> str:
    """Return a table of the columns of `spec`, `<none>` where an object has no such value."""
    if not spec:
        raise error("custom-columns format specified but no custom columns given")
    columns: list[tuple[str, str]] = []
    for part in spec.split(","):
        header, colon, path = part.partition(":")
        if not colon or ":" in path.partition("[")[0]:
            raise error(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        columns.append((header, path))
    return _table(columns, bodies, has_headers=has_headers)


def custom_columns_of_file(text: str, bodies: Sequence[Any]) -> str:
    """Return a table whose template has headers in its first line, paths in its second."""
    lines = text.splitlines()
    headers, paths = (lines[at].split() if len(lines) > at else [] for at in (0, 1))
    if not headers or len(headers) != len(paths):
        raise error(f"number of headers ({len(headers)}) and field specifications ({len(paths)}) don't match")
    return _table(list(zip(headers, paths, strict=True)), bodies, has_headers=True)


def _table(columns: Sequence[tuple[str, str]], bodies: Sequence[Any], *, has_headers: bool) -> str:
    try:
        paths = [parse_path(relaxed(path)) for _, path in columns]
        rows = [[_cell(path, body) for path in paths] for body in bodies]
    except JsonPathError as wrong:
        raise error(str(wrong)) from None
    header = [[header for header, _ in columns]] if has_headers else []
    return layout([*header, *rows])


def _cell(path: Path, body: Any) -> str:
    found = values(path, body, body)
    return ",".join("<nil>" if value is None else text_of(value) for value in found) or "<none>"
