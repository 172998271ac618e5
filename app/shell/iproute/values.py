"""The names of numbers: routing tables, protocols, scopes. Source: iproute2 6.1, etc/iproute2/rt_*, lib/rt_names.c."""

from __future__ import annotations

import re

from app.shell.iproute.words import invalid

__all__ = ["PROTOS", "SCOPES", "TABLES", "TYPES", "proto", "scope", "scope_number", "table", "table_number"]

TABLES = {255: "local", 254: "main", 253: "default", 0: "unspec"}
SCOPES = {0: "global", 255: "nowhere", 254: "host", 253: "link", 200: "site"}
PROTOS = {
    0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra",
    12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 18: "keepalived", 42: "babel", 84: "ovn",
    99: "openr", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp",
}  # fmt: skip
#: Types of routes, modelled or not.
TYPES = tuple("unicast local broadcast blackhole unreachable prohibit throw multicast anycast nat".split())


def _named(text: str, names: dict[int, str], top: int, message: str) -> str:
    """Return the name of what `text` names or numbers; a number without a name stays a number."""
    if text in names.values():
        return text
    if re.fullmatch("[0-9]{1,10}", text) and int(text) <= top:
        return names.get(int(text), str(int(text)))
    raise invalid(text, message)


def proto(text: str) -> str:
    """Return a route's protocol."""
    return _named(text, PROTOS, 255, '"protocol" value is invalid')


def scope(text: str) -> str:
    """Return a route's scope."""
    return _named(text, SCOPES, 255, 'invalid "scope" value')


def table(text: str, message: str = '"table" value is invalid') -> str:
    """Return a routing table."""
    return _named(text, TABLES, 2**32 - 1, message)


def _number(name: str, names: dict[int, str]) -> int:
    return next((number for number, known in names.items() if known == name), int(name) if name.isdecimal() else 0)


def scope_number(name: str) -> int:
    """Return how far a scope is from the whole world, 0 to 255."""
    return _number(name, SCOPES)


def table_number(name: str) -> int:
    """Return a table's number."""
    return _number(name, TABLES)
