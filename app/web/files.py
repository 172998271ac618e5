"""Static files: found in one folder, never outside of it; checked again by ETag, never stale.

Names without a hash of the content may change at any restart, so the browser keeps them but asks each time
(`no-cache` and 304). Source: RFC 9110 section 8.8.3 (ETag), RFC 9111 section 5.2.2.4 (no-cache).
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

from flask import Response, abort, request

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_IMPORT = re.compile(r"""^[ \t]*(?:import|export)\b[^'"()]*?['"](\.{1,2}/[^'"]+\.js)['"]""", re.MULTILINE)


def find(root: Path, name: str) -> Path | None:
    """Return the file `name` under `root`; None if it is none, of an unknown type, or leads outside (symlinks too)."""
    segments = name.split("/")
    if not all(_SEGMENT.match(segment) for segment in segments):
        return None
    folder = root.resolve()
    path = folder.joinpath(*segments).resolve()
    inside = path.is_relative_to(folder) and path.suffix in _TYPES
    return path if inside and path.is_file() else None


@functools.lru_cache(maxsize=512)
def _etag(path: Path, size: int, changed_ns: int) -> str:  # noqa: ARG001  (part of the key)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def send(path: Path | None) -> Response:
    """Answer with the file, or 304 if the browser has it, or 404."""
    if path is None:
        abort(404)
    status = path.stat()
    response = Response(path.read_bytes(), content_type=_TYPES[path.suffix])
    response.set_etag(_etag(path, status.st_size, status.st_mtime_ns))
    response.cache_control.no_cache = True
    response.make_conditional(request.environ)
    return response


def modules(static: Path, entry: str) -> list[str]:
    """Return the URLs of `entry` (e.g. js/main-home.js) and of all modules it imports, for modulepreload."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop(0)
        path = find(static, name)
        if path is None or name in found:
            continue
        found[name] = None
        status = path.stat()
        waiting += _imports(static.resolve(), path, status.st_mtime_ns)
    return [f"/static/{name}" for name in found]


@functools.lru_cache(maxsize=512)
def _imports(static: Path, path: Path, changed_ns: int) -> tuple[str, ...]:  # noqa: ARG001  (part of the key)
    targets = _IMPORT.findall(path.read_text(encoding="utf-8"))
    resolved = ((path.parent / target).resolve() for target in targets)
    return tuple(target.relative_to(static).as_posix() for target in resolved if target.is_relative_to(static))
