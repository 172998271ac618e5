"""What is asked of a trace: who sends what to where, and how."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from msgspec import Struct

from app.core.errors import UsageError, did_you_mean, listing

__all__ = ["SCHEMES", "Destination", "TraceRequest", "parse_destination"]

#: What a URL may begin with, and its form.
SCHEMES = {
    "icmp": "icmp://HOST",
    "tcp": "tcp://HOST:PORT",
    "udp": "udp://HOST:PORT",
    "dns": "dns://NAME",
    "http": "http://HOST[:PORT]/PATH",
    "https": "https://HOST[:PORT]/PATH",
}
DEFAULT_PORTS = {"http": 80, "https": 443}
#: What a path and a query may be made of (RFC 3986, section 3.3); all else would not fit into a request line.
PATH = re.compile(r"/[!-~]*")
#: A label of a name; services of the DNS (`_http._tcp`) have underscores.
LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
NUMBERS = re.compile(r"[0-9.]*")
LONGEST_NAME = 254


class Destination(Struct, frozen=True):
    """A parsed URL. `port` is 0 for icmp and dns; `host` is what the URL says, `path` path and query of http and https.

    `address` is 0.0.0.0 while a name is not looked up yet.
    """

    scheme: str
    address: IPv4Address
    port: int
    host: str = ""
    path: str = ""

    @property
    def is_address(self) -> bool:
        """Whether the URL has an address where a name could stand."""
        return self.host == str(self.address)

    @property
    def needs_lookup(self) -> bool:
        """Whether the URL has a name that nobody has looked up yet."""
        return self.scheme == "dns" or (int(self.address) == 0 and not self.is_address)


class TraceRequest(Struct, frozen=True):
    """The arguments of `podwalk trace`. `size` None: the usual payload; `sport` None: drawn from the seed."""

    from_: str
    to: str
    sport: int | None = None
    ttl: int | None = None
    size: int | None = None
    df: bool = False
    pick: tuple[str, ...] = ()


def parse_destination(url: str) -> Destination:
    """Return what `url` names. Raises UsageError that says which forms are legal."""
    scheme, found, rest = url.partition("://")
    if not found:
        raise UsageError(f"'{url}' is not a URL: it has no '://'", hint=f"write {listing(SCHEMES.values())}")
    if scheme not in SCHEMES:
        near = did_you_mean(scheme, SCHEMES)
        raise UsageError(f"unknown scheme '{scheme}' in '{url}'{near}", hint=f"legal: {listing(SCHEMES.values())}")
    if scheme in DEFAULT_PORTS:
        return _page(scheme, rest, url)
    host, _, port = rest.rstrip("/").partition(":")
    address = _address(host, url)
    if scheme in ("icmp", "dns"):
        if port:
            what = "ICMP has none" if scheme == "icmp" else "a question has none"
            raise UsageError(f"'{url}' names a port, and {what}", hint=f"write {SCHEMES[scheme]}")
        return Destination(scheme, address, 0, host)
    return Destination(scheme, address, _port(port, url, SCHEMES[scheme]), host)


def _page(scheme: str, rest: str, url: str) -> Destination:
    """Read what stands behind `http://`."""
    end = min((at for at in (rest.find(sign) for sign in "/?#") if at >= 0), default=len(rest))
    place, path = rest[:end], rest[end:].partition("#")[0]
    host, colon, port = place.partition(":")
    path = path if path.startswith("/") else f"/{path}"
    if PATH.fullmatch(path) is None:
        raise UsageError(f"the path of '{url}' has characters that no URL has", hint="write them as %XX")
    number = _port(port, url, SCHEMES[scheme]) if colon else DEFAULT_PORTS[scheme]
    return Destination(scheme, _address(host, url), number, host, path)


def _address(host: str, url: str) -> IPv4Address:
    """Return the address that stands in a URL, 0.0.0.0 for a name that is still to be looked up."""
    try:
        return IPv4Address(host)
    except AddressValueError:
        pass
    if NUMBERS.fullmatch(host):
        raise UsageError(f"'{host}' in '{url}' is not an IPv4 address", hint="for example 10.2.1.20")
    if len(host) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in host.removesuffix(".").split(".")):
        hint = "write an IPv4 address, or a name of letters, digits, '-' and '.'"
        raise UsageError(f"'{host}' in '{url}' is neither an IPv4 address nor a name", hint=hint)
    return IPv4Address(0)


def _port(text: str, url: str, form: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 65535:
        what = f"'{text}' is not a port" if text else "the port is missing"
        raise UsageError(f"{what} in '{url}'", hint=f"write {form} with a PORT from 1 to 65535")
    return int(text)
