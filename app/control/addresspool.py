"""The address pools of metallb's ConfigMap: which addresses there are, and which one is free.

Source: metallb v0.12 internal/config (ParsePool), internal/allocator (the first free address of the first pool).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from app.core.errors import PodwalkError
from app.core.yaml12 import load_documents
from app.kube.bodies import list_at, value_at

MOST_ADDRESSES = 65536


@dataclass(frozen=True, slots=True)
class Pool:
    """One of `address-pools`. A pool that is not `auto_assign` gives only to who names it."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    auto_assign: bool

    def __contains__(self, address: IPv4Address) -> bool:
        return any(first <= int(address) <= last for first, last in self.ranges)

    def free(self, used: Collection[IPv4Address]) -> IPv4Address | None:
        """Return the first address that nobody has."""
        numbers: Iterator[int] = (number for first, last in self.ranges for number in range(first, last + 1))
        return next((address for number in numbers if (address := IPv4Address(number)) not in used), None)


def parse_pools(text: str) -> tuple[Pool, ...]:
    """Return the pools of a configuration; one that cannot be read has none, as metallb then gives out nothing."""
    try:
        (document,) = load_documents(text, "config")
        pools = [
            Pool(
                str(value_at(each, "name") or ""),
                tuple(_range(str(entry)) for entry in list_at(each, "addresses")),
                value_at(each, "auto-assign") is not False,
            )
            for each in list_at(document.data, "address-pools")
            if value_at(each, "protocol") == "layer2"
        ]
    except (PodwalkError, ValueError):
        return ()
    return tuple(pools)


def _range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if dash:
        low, high = int(IPv4Address(first.strip())), int(IPv4Address(last.strip()))
    else:
        network = IPv4Network(text.strip())
        low, high = int(network.network_address), int(network.broadcast_address)
    if not 0 <= high - low < MOST_ADDRESSES:
        raise ValueError(f"{text} is no range of at most {MOST_ADDRESSES:,} addresses")
    return low, high
