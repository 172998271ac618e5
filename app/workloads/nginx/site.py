"""What nginx answers: a file, a listing refused, a redirect, a text of `return`; and the headers around it.

Source: ngx_http_static_module, ngx_http_index_module, ngx_http_header_filter_module (the order of the headers).
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from app.workloads.files import Files
from app.workloads.http.dates import http_date
from app.workloads.http.message import HttpRequest, HttpResponse
from app.workloads.nginx.config import Location, Server, location_of
from app.workloads.nginx.matching import normal_path
from app.workloads.nginx.pages import error_page

__all__ = ["Answer", "answer", "response"]

TYPES = {
    "html": "text/html", "htm": "text/html", "css": "text/css", "js": "application/javascript", "txt": "text/plain",
    "xml": "text/xml", "json": "application/json", "png": "image/png", "svg": "image/svg+xml", "ico": "image/x-icon",
}  # fmt: skip


class Answer(Struct, frozen=True):
    """What a site says to a request, without the headers that every answer has. `error` is for the error log, `path` is
    the file that was read."""

    status: int
    body: bytes = b""
    content_type: str = "text/html"
    location: str = ""
    is_file: bool = False
    error: str = ""
    path: str = ""


def answer(server: Server, request: HttpRequest, files: Files, *, scheme: str, port: int) -> Answer:
    """Return what the site says."""
    uri = normal_path(request.target)
    place = location_of(server, uri)
    returned = server.returned or (place.returned if place is not None else None)
    if returned is not None:
        return _returned(*returned, place)
    if request.method not in ("GET", "HEAD"):
        return Answer(405)
    path = _file_path(server, place, uri)
    index = (place.index if place is not None else ()) or server.index
    if not path.endswith("/"):
        if files.read(path) is None and files.is_directory(path):
            host = request.header("host") or "localhost"
            default = {"http": 80, "https": 443}[scheme]
            shown = host if ":" in host or port == default else f"{host}:{port}"
            return Answer(301, location=f"{scheme}://{shown}{request.path}/")
        return _file(path, files)
    for name in index:
        if files.read(path + name) is not None:
            return _file(path + name, files)
    if files.is_directory(path.rstrip("/") or "/"):
        return Answer(403, error=f'directory index of "{path}" is forbidden')
    return Answer(404, error=f'"{path}{index[0]}" is not found (2: No such file or directory)')


def _returned(status: int, text: str, place: Location | None) -> Answer:
    if status in (301, 302, 303, 307, 308):
        return Answer(status, location=text)
    kind = place.content_type if place is not None and place.content_type else "text/plain"
    return Answer(status, text.encode(), kind, is_file=bool(text))


def _file_path(server: Server, place: Location | None, path: str) -> str:
    """Return the file that a normal path names."""
    if place is not None and place.alias:
        return place.alias + path[len(place.path) :]
    root = (place.root if place is not None else "") or server.root
    return root.rstrip("/") + path


def _file(path: str, files: Files) -> Answer:
    text = files.read(path)
    if text is None:
        return Answer(404, error=f'open() "{path}" failed (2: No such file or directory)')
    kind = TYPES.get(path.rpartition(".")[2], "application/octet-stream")
    return Answer(200, text.encode(), kind, is_file=True, path=path)


def response(said: Answer, server: str, now: datetime, modified: datetime, *, keeps: bool) -> HttpResponse:
    """Return the whole answer: `server` is the field of that name, `modified` the file's time."""
    body = said.body if said.body or said.is_file else error_page(said.status, server)
    headers = [("Server", server), ("Date", http_date(now)), ("Content-Type", said.content_type),
               ("Content-Length", str(len(body)))]  # fmt: skip
    if said.location:
        headers.append(("Location", said.location))
    if said.path:
        headers.append(("Last-Modified", http_date(modified)))
    headers.append(("Connection", "keep-alive" if keeps else "close"))
    if said.path:
        etag = f'"{int(modified.timestamp()):x}-{len(body):x}"'
        headers += [("ETag", etag), ("Accept-Ranges", "bytes")]
    return HttpResponse(said.status, tuple(headers), body)
