"""Texts of a lesson: `{{SELECTOR.attribute}}` filled from the model, and literal addresses found for checking.

`{{pod/default/a.ip}}` is the address of the Pod; without an attribute, `{{node/k8s-node-11}}` is the element's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from app.curriculum.places import ATTRIBUTES, Places

__all__ = ["fill", "literals", "nearest_address", "references", "unknown_literals"]

_HOLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LITERAL = re.compile(
    r"(?<![\w.:/])(?:(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?|(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})(?![\w:]|\.\d|/\d)"
)

#: Addresses that mean the same in every network and belong to nobody.
_EVERYWHERE = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255", "ff:ff:ff:ff:ff:ff", "0.0.0.0/0"})  # noqa: S104


def references(text: str) -> list[tuple[str, str, str]]:
    """Return (hole as written, selector, attribute) of every `{{...}}` in order."""
    return [(found[0], *_split(found[1])) for found in _HOLE.finditer(text)]


def _split(inside: str) -> tuple[str, str]:
    """Split at the last dot, if what follows is an attribute; interface and Pod names may hold dots themselves."""
    selector, dot, attribute = inside.rpartition(".")
    if dot and (attribute in ATTRIBUTES or (attribute.isalpha() and attribute.islower())):
        return selector, attribute
    return inside, "name"


def fill(text: str, places: Places) -> str:
    """Return `text` with every `{{...}}` replaced. Raises UnknownPlaceError at the first that names nothing."""

    def value(found: re.Match[str]) -> str:
        return places.attribute(*_split(found[1]))

    return _HOLE.sub(value, text)


def literals(text: str) -> Iterator[str]:
    """Yield the IPv4 addresses, networks and MAC addresses that are typed in `text`."""
    yield from (found[0] for found in _LITERAL.finditer(_HOLE.sub(" ", text)))


def unknown_literals(text: str, places: Places, prefixes: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the typed addresses that nothing in the cluster has; `prefixes` are networks that routes name."""
    return (word for word in literals(text) if word not in prefixes and not _exists(word, places))


def _exists(word: str, places: Places) -> bool:
    if word in _EVERYWHERE or word.lower() in places.addresses:
        return True
    if "/" not in word:
        return False
    try:
        network = IPv4Network(word, strict=False)
    except (AddressValueError, NetmaskValueError):
        return False
    address = word.partition("/")[0]
    is_network = str(network.network_address) == address
    return network in places.networks if is_network else address in places.addresses


def nearest_address(word: str, places: Places) -> str | None:
    """Return the address of the cluster that is numerically next to the typed one, if it is one."""
    try:
        wanted = int(IPv4Address(word))
    except AddressValueError:
        return None
    known = [IPv4Address(a) for a in places.addresses if ":" not in a]
    return str(min(known, key=lambda a: (abs(int(a) - wanted), a))) if known else None
