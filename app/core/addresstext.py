"""Addresses and prefixes as text. A walk names the same few over and over: each is written out once.

The key is the address's number: `hash()` and `str()` of ipaddress's objects are Python code, and cost more than all
else.
"""

from ipaddress import IPv4Address, IPv4Network

__all__ = ["address_text", "network_text"]

#: As many are kept; then all are forgotten.
KEPT = 65_536
_addresses: dict[int, str] = {}
_networks: dict[tuple[int, int], str] = {}


def address_text(address: IPv4Address) -> str:
    """Return `str(address)`."""
    number = address._ip  # type: ignore[attr-defined]  # noqa: SLF001  (int() of it is a Python call too)
    text = _addresses.get(number)
    if text is None:
        if len(_addresses) >= KEPT:
            _addresses.clear()
        text = _addresses[number] = str(address)
    return text


def network_text(network: IPv4Network) -> str:
    """Return `str(network)`."""
    key = (network.network_address._ip, network.prefixlen)  # type: ignore[attr-defined]  # noqa: SLF001  (as above)
    text = _networks.get(key)
    if text is None:
        if len(_networks) >= KEPT:
            _networks.clear()
        text = _networks[key] = str(network)
    return text
