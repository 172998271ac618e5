"""Names of the reverse zones: 20.0.1.10.in-addr.arpa. and back. Sources: RFC 1035 section 3.5, RFC 3596 section 2.5."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

__all__ = ["address_in", "reverse_name"]

NIBBLES = 32


def reverse_name(address: str) -> str:
    """Return the name under which an address's PTR record is. Raises ValueError for what is no address."""
    return f"{ip_address(address).reverse_pointer}."


def address_in(name: str) -> str | None:
    """Return the address that a full name of a reverse zone spells; None for every other name."""
    lower = name.lower()
    if lower.endswith(".in-addr.arpa."):
        text = ".".join(reversed(lower.removesuffix(".in-addr.arpa.").split(".")))
        try:
            return str(IPv4Address(text))
        except AddressValueError:
            return None
    if lower.endswith(".ip6.arpa."):
        nibbles = "".join(reversed(lower.removesuffix(".ip6.arpa.").split(".")))
        if len(nibbles) != NIBBLES or lower.count(".") != NIBBLES + 2:
            return None
        try:
            return str(IPv6Address(":".join(nibbles[at : at + 4] for at in range(0, NIBBLES, 4))))
        except AddressValueError:
            return None
    return None
