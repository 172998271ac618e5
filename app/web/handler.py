"""One HTTP connection: deadlines for a request to arrive, headers on the server's own error answers, no unread bodies.

Source: gevent.pywsgi.WSGIHandler; RFC 9112.
"""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

import gevent
from gevent.pywsgi import WSGIHandler

from app.core.limits import limit
from app.web.gate import DROP_BODY, is_socket
from app.web.headers import secured


class _NoBody:
    """Stands in for a body that will not be read."""

    def _discard(self) -> None:
        """Leave it: the connection is closed instead."""


class Handler(WSGIHandler):
    """gevent's handler with deadlines."""

    def read_requestline(self) -> str:
        """Return the request line, or nothing if none comes in time (the connection is closed then)."""
        seconds = limit("web.idle_seconds")
        return str(gevent.with_timeout(seconds, super().read_requestline, timeout_value=""))

    def read_request(self, raw_requestline: str) -> Any:
        """Read the headers; False, answered 400, if they take too long or are too many (http.client takes 100)."""
        seconds = limit("web.header_seconds")
        try:
            return gevent.with_timeout(seconds, super().read_request, raw_requestline, timeout_value=False)
        except HTTPException:
            return False

    def log_error(self, *_: object) -> None:
        """Log nothing of a request that cannot be read: gevent's text quotes it, and anybody can send any number."""

    def get_environ(self) -> dict[str, Any]:
        """Return the environ. A body that no route reads is not waited for: the connection closes after the answer."""
        environ: dict[str, Any] = super().get_environ()
        environ[DROP_BODY] = self._drop_body
        if is_socket(environ):
            self.close_connection = True  # a WebSocket is never followed by another request
        return environ

    def _drop_body(self) -> None:
        self.close_connection = True
        self.wsgi_input: Any = _NoBody()

    def handle_one_request(self) -> Any:
        """Handle one request; what gevent answers by itself gets our headers too."""
        result = super().handle_one_request()
        if isinstance(result, tuple):
            status, text = result
            return status, _with_headers(text)
        return result

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        """Begin an answer; those of gevent itself (an exception in the application) come here without our headers."""
        own = exc_info is None and not any(str(name).lower() == "content-security-policy" for name, _ in headers)
        return super().start_response(status, secured(headers) if own else headers, exc_info)


def _with_headers(answer: bytes) -> bytes:
    head, separator, body = answer.partition(b"\r\n\r\n")
    lines = [head, *(f"{name}: {value}".encode() for name, value in secured([]))]
    return b"\r\n".join(lines) + separator + body
