"""What a bystander sees of HTTP in one segment: nothing is kept from the segments before."""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["HttpSight", "sight_of_http"]

REQUEST = re.compile(r"([A-Z]{3,10}) (\S+) HTTP/1\.[01]")
RESPONSE = re.compile(r"HTTP/1\.[01] [1-5][0-9][0-9]( .*)?")
#: Characters of a body that are shown: enough to tell one page from another.
EXCERPT = 80
TAGS = re.compile(r"<(?:style|script).*?</(?:style|script)>|<[^>]*>", re.DOTALL)


class HttpSight(Struct, frozen=True):
    """The first line of a message, the field `Host` of a request, and the beginning of what a person would read."""

    line: str
    host: str
    text: str


def sight_of_http(data: bytes) -> HttpSight | None:
    """Return what `data` shows if an HTTP message begins in it."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *fields = head.decode("utf-8", "replace").split("\r\n")
    if not (REQUEST.fullmatch(line) or RESPONSE.fullmatch(line)):
        return None
    named = (field.partition(":") for field in fields)
    host = next((value.strip() for name, _, value in named if name.lower() == "host"), "")
    readable = " ".join(TAGS.sub(" ", body[:8192].decode("utf-8", "replace")).split())
    return HttpSight(line, host, readable[:EXCERPT])
