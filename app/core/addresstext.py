"""Addresses and prefixes as text. A walk names the same few over and over: each is written out once."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

__all__ = ["address_text"]


@lru_cache(maxsize=65_536)
def address_text(value: IPv4Address | IPv4Network) -> str:
    """Return `str(value)`."""
    return str(value)
