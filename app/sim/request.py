"""What is asked of a trace: who sends what to where, and how."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from msgspec import Struct

from app.core.errors import UsageError, did_you_mean, listing

__all__ = ["SCHEMES", "Destination", "TraceRequest", "parse_destination"]

#: What a URL may begin with, and its form.
SCHEMES = {"icmp": "icmp://ADDR", "tcp": "tcp://ADDR:PORT", "udp": "udp://ADDR:PORT"}


class Destination(Struct, frozen=True):
    """A parsed URL. `port` is 0 for icmp."""

    scheme: str
    address: IPv4Address
    port: int


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
    host, _, port = rest.rstrip("/").partition(":")
    address = _address(host, url)
    if scheme == "icmp":
        if port:
            raise UsageError(f"'{url}' names a port, and ICMP has none", hint="write icmp://ADDR")
        return Destination(scheme, address, 0)
    return Destination(scheme, address, _port(port, url, SCHEMES[scheme]))


def _address(host: str, url: str) -> IPv4Address:
    try:
        return IPv4Address(host)
    except AddressValueError:
        hint = "write an IPv4 address; names need a cluster DNS, which this version does not model"
        raise UsageError(f"'{host}' in '{url}' is not an IPv4 address", hint=hint) from None


def _port(text: str, url: str, form: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 65535:
        what = f"'{text}' is not a port" if text else "the port is missing"
        raise UsageError(f"{what} in '{url}'", hint=f"write {form} with a PORT from 1 to 65535")
    return int(text)
