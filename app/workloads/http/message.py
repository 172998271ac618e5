"""HTTP/1.1 messages as values and as bytes. Sources: RFC 9110 (semantics), RFC 9112 (the text on the wire)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from msgspec import Struct

__all__ = ["Headers", "HttpRequest", "HttpResponse", "header_of", "reason_of", "without_header"]

Headers = tuple[tuple[str, str], ...]
"""Header fields in order; names keep the case they came in and are compared without it."""

#: Answers that never have a body (RFC 9112, section 6.3).
BODYLESS = frozenset({204, 304})


def header_of(headers: Headers, name: str, default: str = "") -> str:
    """Return the first field called `name`, or `default`."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), default)


def without_header(headers: Headers, *names: str) -> Headers:
    """Return the fields that are called otherwise."""
    unwanted = {name.lower() for name in names}
    return tuple((key, value) for key, value in headers if key.lower() not in unwanted)


def reason_of(status: int) -> str:
    """Return the reason phrase that goes with a status code, "" for a number that has none."""
    try:
        status_ = HTTPStatus(status)
    except ValueError:
        return ""
    return {302: "Moved Temporarily", 405: "Not Allowed",
            413: "Request Entity Too Large", 503: "Service Temporarily Unavailable",
            504: "Gateway Time-out"}.get(status, status_.phrase)  # fmt: skip


class HttpRequest(Struct, frozen=True):
    """A request. `target` is what stands in the request line: path and query."""

    method: str = "GET"
    target: str = "/"
    headers: Headers = ()
    body: bytes = b""
    version: str = "HTTP/1.1"

    def header(self, name: str, default: str = "") -> str:
        """Return a header field's value."""
        return header_of(self.headers, name, default)

    @property
    def line(self) -> str:
        """The request line."""
        return f"{self.method} {self.target} {self.version}"

    @property
    def host(self) -> str:
        """The field `Host` without its port."""
        host = self.header("host")
        return host if host.startswith("[") else host.rpartition(":")[0] or host

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def is_persistent(self) -> bool:
        """Whether the client wants the connection kept open (RFC 9112, section 9.3)."""
        words = {word.strip().lower() for word in self.header("connection").split(",")}
        return "close" not in words if self.version == "HTTP/1.1" else "keep-alive" in words

    def render(self) -> bytes:
        """Return the bytes; the length of a body is told where no field tells it."""
        return _render(self.line, _told(self.headers, self.body, always=False), self.body)


class HttpResponse(Struct, frozen=True):
    """A response. `reason` "" means the phrase that goes with the status."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    reason: str = ""
    version: str = "HTTP/1.1"

    def header(self, name: str, default: str = "") -> str:
        """Return a header field's value."""
        return header_of(self.headers, name, default)

    @property
    def line(self) -> str:
        """The status line."""
        return f"{self.version} {self.status} {self.reason or reason_of(self.status)}".rstrip()

    def render(self, *, is_head: bool = False) -> bytes:
        """Return the bytes. An answer to HEAD tells the length of the body that it leaves out."""
        has_body = self.status not in BODYLESS and self.status >= 200
        headers = _told(self.headers, self.body, always=True) if has_body else self.headers
        return _render(self.line, headers, b"" if is_head or not has_body else self.body)


def _told(headers: Headers, body: bytes, *, always: bool) -> Headers:
    """Return the fields with the body's length among them."""
    names = {name.lower() for name, _ in headers}
    if names & {"content-length", "transfer-encoding"} or not (body or always):
        return headers
    return (*headers, ("Content-Length", str(len(body))))


def _render(line: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    lines = [line, *(f"{name}: {value}".rstrip() for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body
