"""URLs as curl and wget take them. Source: RFC 3986, section 5.2.4; curl lib/urlapi.c."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, urljoin

__all__ = ["BadUrlError", "Url", "parse_url"]

PORTS = {"http": 80, "https": 443}
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
HOST = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=%-]+")


class BadUrlError(ValueError):
    """No URL that can be fetched. `protocol` is the scheme where that is the trouble, else ""."""

    def __init__(self, protocol: str = "") -> None:
        super().__init__(protocol)
        self.protocol = protocol


@dataclass(frozen=True, slots=True)
class Url:
    """A URL taken apart. `target` is path and query; `user` is "NAME:PASSWORD" or ""."""

    scheme: str
    host: str
    port: int
    target: str
    user: str = ""

    @property
    def is_default_port(self) -> bool:
        """Whether the port is the scheme's own."""
        return self.port == PORTS[self.scheme]

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own: the field Host."""
        return self.host if self.is_default_port else f"{self.host}:{self.port}"

    @property
    def text(self) -> str:
        """The URL in full."""
        return f"{self.scheme}://{self.authority}{self.target}"

    def joined(self, location: str) -> Url:
        """Return where a Location leads, seen from here. Raises BadUrlError."""
        return parse_url(urljoin(self.text, location))

    def with_query(self, query: str) -> Url:
        """Return the URL with a query behind what it has."""
        return replace(self, target=f"{self.target}{'&' if '?' in self.target else '?'}{query}") if query else self


def parse_url(text: str, *, keeps_dots: bool = False) -> Url:
    """Take a URL apart; without a scheme it is HTTP. `keeps_dots`: `/../` stays (curl --path-as-is)."""
    found = SCHEME.fullmatch(text)
    scheme, rest = (found[1].lower(), found[2]) if found else ("http", text)
    if scheme not in PORTS:
        raise BadUrlError(scheme)
    end = re.search(r"[/?#]", rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, at, place = authority.rpartition("@")
    host, colon, port = place.partition(":")
    if not HOST.fullmatch(host) or (colon and port and not (port.isdecimal() and port.isascii())):
        raise BadUrlError
    number = int(port[:6]) if port else PORTS[scheme]
    if number > 65535 or any(c <= " " or c == "\x7f" for c in tail):
        raise BadUrlError
    path, mark, query = tail.partition("#")[0].partition("?")
    kept = path or "/" if keeps_dots else _without_dots(path or "/")
    return Url(scheme, host.lower(), number, f"{kept}{mark}{query}", unquote(user) if at else "")


def _without_dots(path: str) -> str:
    """Return a path with `.` and `..` followed (RFC 3986, remove_dot_segments)."""
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    ends = [""] if parts and parts[-1] in (".", "..") and (not kept or kept[-1]) else []
    return "/" + "/".join([*kept, *ends])
