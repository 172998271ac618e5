"""What is turned away before any handler runs: foreign origins, bodies that are too big, sockets beyond the caps.

An outer WSGI middleware, because Flask's own limits and hooks do not see `/socket.io`. Every answer is a fixed text:
nothing of the request is reflected. Source: Fetch Metadata (Sec-Fetch-Site), RFC 6454 (Origin), RFC 6455 section 4.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs

from app.core.limits import limit
from app.web.bucket import TokenBucket
from app.web.headers import Environ, StartResponse, WSGIApp

log = logging.getLogger("podwalk.web")

SOCKET_PATH = "/socket.io"
_HANDSHAKE = {"EIO": ["4"], "transport": ["websocket"]}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_STATUS = {
    400: "400 Bad Request",
    403: "403 Forbidden",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
    503: "503 Service Unavailable",
}
DROP_BODY = "podwalk.drop_body"
"""Key in the environ: a function that makes the server close the connection without reading the body."""


class Refusal(Exception):  # noqa: N818  (an answer, not a fault)
    """The request goes no further: status and a fixed text."""

    def __init__(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers

    def answer(self, start_response: StartResponse) -> list[bytes]:
        """Send the refusal as plain text and close."""
        body = f"{self.text}\n".encode()
        fixed = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(_STATUS[self.status], [*fixed, ("Connection", "close"), *self.headers])
        return [body]


class Gate:
    """Checks size, origin and admission, in this order, and lets the rest through."""

    def __init__(self, app: WSGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._by_address: Counter[str] = Counter()
        self._joins = TokenBucket(limit("socket.joins_per_second"), limit("socket.joins_burst"), time.monotonic)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or refuse it."""
        try:
            check_path(environ)
            check_body(environ)
            if is_socket(environ):
                return self._admit(environ, start_response)
            check_same_site(environ, self._origins)
        except Refusal as refusal:
            environ.get(DROP_BODY, _nothing)()
            return refusal.answer(start_response)
        return self._app(environ, start_response)

    def _admit(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Run one socket to its end, counted; the application returns when the socket is closed."""
        check_socket(environ, self._origins)
        address = str(environ.get("REMOTE_ADDR", ""))
        self._check_room(address)
        self._by_address[address] += 1
        try:
            return self._app(environ, start_response)
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def _check_room(self, address: str) -> None:
        """Refuse a socket beyond the caps, in words that a page can show."""
        taken, total = self._by_address[address], self._by_address.total()
        if total >= limit("socket.total") or taken >= limit("socket.per_address"):
            log.warning("full: %d sockets open", total)
            raise Refusal(503, "the class is full, try again in a minute", ("Retry-After", "60"))
        if self._joins.level() < 1:
            raise Refusal(503, "too many are coming at once, try again in a moment", ("Retry-After", "1"))
        self._joins.take()

    def open_sockets(self) -> int:
        """Return how many sockets are open now."""
        return self._by_address.total()


def _nothing() -> None:
    """Stand in for DROP_BODY under a server that has no such thing (the test client)."""


def is_socket(environ: Environ) -> bool:
    """Tell whether the request is for Socket.IO."""
    path = str(environ.get("PATH_INFO", ""))
    return path == SOCKET_PATH or path.startswith(f"{SOCKET_PATH}/")


def check_path(environ: Environ) -> None:
    """Refuse control characters in the path (NUL ends a file name in C, CR and LF a header)."""
    if any(ord(char) < 32 or ord(char) == 127 for char in str(environ.get("PATH_INFO", ""))):
        raise Refusal(400, "control characters in the path")


def check_body(environ: Environ) -> None:
    """Refuse bodies that are compressed, of unknown length or too long: before a byte of them is read."""
    if str(environ.get("HTTP_CONTENT_ENCODING", "identity")).strip().lower() not in ("", "identity"):
        raise Refusal(415, "compressed bodies are not accepted")
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raise Refusal(413, "a body needs a Content-Length")
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not (length.isascii() and length.isdigit()):
        raise Refusal(400, "Content-Length is not a number")
    if len(length) > 12 or int(length) > limit("web.body_bytes"):
        raise Refusal(413, f"the body is longer than {limit('web.body_bytes')} bytes")


def check_same_site(environ: Environ, origins: frozenset[str]) -> None:
    """Refuse unsafe methods from other sites, and bodies that a form could send (JSON only).

    Sec-Fetch-Site decides where a browser sends it; without it, Origin must be ours if it is there. Neither: no
    browser, so no cookie of a victim either. Source: Datasette's rule, docs/security.md T13.
    """
    if environ.get("REQUEST_METHOD") in SAFE_METHODS:
        return
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    foreign_site = site is not None and site not in ("same-origin", "none")
    foreign_origin = origin is not None and origin not in origins
    if foreign_site or foreign_origin or (site is None and origin is None and environ.get("HTTP_COOKIE")):
        raise Refusal(403, "this request comes from another site")
    media_type = str(environ.get("CONTENT_TYPE", "")).split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refusal(415, "the body must be application/json")


def check_socket(environ: Environ, origins: frozenset[str]) -> None:
    """Refuse everything that is not a WebSocket handshake of one of our own pages.

    python-engineio lets a missing Origin pass; here it does not: every browser sends one.
    """
    if environ.get("REQUEST_METHOD") != "GET":
        raise Refusal(405, "only a WebSocket handshake is answered here", ("Allow", "GET"))
    if environ.get("HTTP_ORIGIN") not in origins:
        raise Refusal(403, "not an accepted origin: start podwalk with --origin and the address in the location bar")
    upgrade = str(environ.get("HTTP_UPGRADE", "")).strip().lower()
    connection = {part.strip().lower() for part in str(environ.get("HTTP_CONNECTION", "")).split(",")}
    if upgrade != "websocket" or "upgrade" not in connection:
        raise Refusal(400, "only a WebSocket handshake is answered here")
    check_query(str(environ.get("QUERY_STRING", "")))


def check_query(text: str) -> None:
    """Refuse polling, old protocol versions and session ids: a socket is one WebSocket from its first byte."""
    try:
        query = parse_qs(text[:256], max_num_fields=8)
    except ValueError:
        query = {}
    query.pop("t", None)  # the client's cache buster
    if query != _HANDSHAKE:
        raise Refusal(400, "the query of a handshake is EIO=4&transport=websocket")
