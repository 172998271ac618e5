"""A server of plain files, as `httpd` of BusyBox and of Apache are one: a file, an index, or 404."""

from __future__ import annotations

from urllib.parse import unquote

from app.workloads.files import Files
from app.workloads.http.dates import http_date, now_of
from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange
from app.workloads.machine import World

__all__ = ["file_answer"]

NOT_FOUND = b"<html><head><title>404 Not Found</title></head>\n<body><h1>404 Not Found</h1></body></html>\n"


def file_answer(exchange: Exchange, files: Files, root: str, world: World, server: str = "") -> HttpResponse:
    """Return what a path of the request names below `root`; dots do not lead out of it."""
    names = [name for name in unquote(exchange.request.path).split("/") if name not in ("", ".", "..")]
    path = "/".join([root.rstrip("/"), *names])
    is_directory = exchange.request.path.endswith("/") or not names
    text = files.read(f"{path}/index.html" if is_directory else path)
    status, body = (404, NOT_FOUND) if text is None else (200, text.encode())
    kind = "text/html" if text is None or is_directory or path.endswith(".html") else "text/plain"
    headers = (("Date", http_date(now_of(world))), *((("Server", server),) if server else ()),
               ("Content-Type", kind), ("Content-Length", str(len(body))))  # fmt: skip
    return HttpResponse(status, headers, body)
