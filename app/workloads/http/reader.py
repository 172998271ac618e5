"""Reading HTTP/1.1 messages from a stream of bytes that comes in pieces. Source: RFC 9112.

A reader is fed what a connection brings and returns the messages that are complete. What no message can begin with
is an HttpError, which names the status that a server answers it with.
"""

from __future__ import annotations

import re

from app.core.limits import limit
from app.workloads.http.message import BODYLESS, Headers, HttpRequest, HttpResponse, header_of

__all__ = ["HttpError", "RequestReader", "ResponseReader"]

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  (RFC 9110's word for a name)
REQUEST_LINE = re.compile(rf"({TOKEN}) (\S+) (HTTP/[0-9]\.[0-9])")
STATUS_LINE = re.compile(r"(HTTP/[0-9]\.[0-9]) ([1-5][0-9][0-9])(?: (.*))?")
FIELD = re.compile(rf"({TOKEN}):[ \t]*(.*?)[ \t]*")


class HttpError(ValueError):
    """Bytes that are no HTTP; `status` is what a server answers them with, `seen` their first line."""

    def __init__(self, status: int, message: str, seen: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.seen = seen


class RequestReader:
    """The server's reader."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[HttpRequest]:
        """Return the requests that are complete now. Raises HttpError."""
        self._buffer += data
        requests = []
        while (request := self._next()) is not None:
            requests.append(request)
        return requests

    def _next(self) -> HttpRequest | None:
        self._buffer = self._buffer.lstrip(b"\r\n")  # RFC 9112, section 2.2: an empty line before it is ignored
        line, headers, start = _head(self._buffer, REQUEST_LINE)
        if line is None:
            return None
        body, used = _body(self._buffer[start:], headers, length_without=0)
        if body is None:
            return None
        self._buffer = self._buffer[start + used :]
        method, target, version = line.groups()
        if version == "HTTP/1.1" and not header_of(headers, "host"):
            raise HttpError(400, 'client sent HTTP/1.1 request without "Host" header')
        return HttpRequest(method, target, headers, body, version)


class ResponseReader:
    """The client's reader: for one response after the other; `is_head` where none has a body."""

    def __init__(self, *, is_head: bool = False) -> None:
        self.is_head = is_head
        self._buffer = b""

    def feed(self, data: bytes, *, is_end: bool = False) -> HttpResponse | None:
        """Return the response once it is complete; `is_end`: no more will come. Raises HttpError.

        Answers of 1xx are passed over.
        """
        self._buffer += data
        while True:
            line, headers, start = _head(self._buffer, STATUS_LINE)
            if line is None:
                return None
            if not line.group(2).startswith("1"):
                break
            self._buffer = self._buffer[start:]
        version, status, reason = line.group(1), int(line.group(2)), line.group(3) or ""
        if self.is_head or status in BODYLESS:
            body, used = b"", 0
        else:
            found, used = _body(self._buffer[start:], headers, length_without=None, is_end=is_end)
            if found is None:
                return None
            body = found
        self._buffer = self._buffer[start + used :]
        return HttpResponse(status, headers, body, reason, version)


def _head(buffer: bytes, first: re.Pattern[str]) -> tuple[re.Match[str] | None, Headers, int]:
    """Return the first line, the fields, and where the body begins; no match while the head is not complete."""
    end = re.search(rb"\r?\n\r?\n", buffer)
    text = (buffer if end is None else buffer[: end.start()]).decode("utf-8", "surrogateescape")
    lines = text.replace("\r\n", "\n").split("\n")
    if len(text) > limit("http.head_bytes"):
        raise HttpError(400, "client sent too long header line")
    is_first_complete = len(lines) > 1 or end is not None
    match = first.fullmatch(lines[0]) if is_first_complete else None
    if is_first_complete and match is None:
        raise HttpError(400, "client sent invalid request", lines[0])
    if end is None or match is None:
        return None, (), 0
    return match, tuple(_field(line) for line in lines[1:]), end.end()


def _field(line: str) -> tuple[str, str]:
    match = FIELD.fullmatch(line)
    if match is None:
        raise HttpError(400, f'client sent invalid header line: "{line}"')
    return match[1], match[2]


def _body(
    data: bytes, headers: Headers, *, length_without: int | None, is_end: bool = False
) -> tuple[bytes | None, int]:
    """Return the body and how many bytes it took up, None while it is not complete.

    `length_without`: how long it is where no field says so; None: until the connection ends.
    """
    if "chunked" in header_of(headers, "transfer-encoding").lower():
        return _chunks(data)
    told = header_of(headers, "content-length")
    if told:
        if not told.isascii() or not told.isdecimal():
            raise HttpError(400, f'client sent invalid "Content-Length" header: "{told}"')
        if int(told[:12]) > limit("http.body_bytes"):
            raise HttpError(413, f"client intended to send too large body: {told} bytes")
        length = int(told)
    elif length_without is None:
        if len(data) > limit("http.body_bytes"):
            raise HttpError(413, "the body is too large")
        return (data, len(data)) if is_end else (None, 0)
    else:
        length = length_without
    return (data[:length], length) if len(data) >= length else (None, 0)


def _chunks(data: bytes) -> tuple[bytes | None, int]:
    """Return a chunked body put together, and its length on the wire. Trailers are read and dropped."""
    body, at = b"", 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None, 0
        word = data[at:end].split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", word):
            raise HttpError(400, "client sent invalid chunked body")
        size, at = int(word, 16), end + 2
        if len(body) + size > limit("http.body_bytes"):
            raise HttpError(413, "client intended to send too large chunked body")
        if size == 0:
            stop = data.find(b"\r\n", at)
            while stop > at:
                at, stop = stop + 2, data.find(b"\r\n", stop + 2)
            return (body, at + 2) if stop == at else (None, 0)
        if len(data) < at + size + 2:
            return None, 0
        body += data[at : at + size]
        at += size + 2
