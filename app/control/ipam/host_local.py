"""host-local IPAM: the next free address of a node's range, in turn; a released one is not given out again at once.

    range set  10.2.1.0/24:  .1 gateway | .2 .3 .4 ... .254 | .255 broadcast
                                          ^ starts after the last address given out, wraps at the end

Source: containernetworking/plugins, plugins/ipam/host-local/backend/allocator (allocator.go, range.go); the error texts
are the plugin's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class IpamError(Exception):
    """host-local refuses; the text is the plugin's."""


@dataclass(frozen=True, slots=True)
class Range:
    """One range of a range set; `start` and `end` are included."""

    subnet: Network
    start: Address
    end: Address
    gateway: Address

    @classmethod
    def of(cls, subnet: str | Network) -> Range:
        """Return the range of a subnet with the plugin's defaults. IpamError: host bits are set, or it is too small.

        Start is the first address, and the gateway; the end leaves out an IPv4 subnet's broadcast address.
        """
        network = _network(subnet) if isinstance(subnet, str) else subnet
        if network.prefixlen > network.max_prefixlen - 2:
            raise IpamError(f"Network {network} too small to allocate from")
        last = int(network.broadcast_address) - (1 if network.version == 4 else 0)
        first = ip_address(int(network.network_address) + 1) if network.version == 4 else network.network_address + 1
        end = IPv4Address(last) if network.version == 4 else IPv6Address(last)
        return cls(network, first, end, first)

    def __contains__(self, address: Address) -> bool:
        return address.version == self.subnet.version and int(self.start) <= int(address) <= int(self.end)

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def _network(text: str) -> Network:
    interface = ip_interface(text)
    if interface.ip != interface.network.network_address:
        raise IpamError(
            "Network has host bits set. "
            f"For a subnet mask of length {interface.network.prefixlen} the network address is "
            f"{interface.network.network_address}"
        )
    return ip_network(text)


@dataclass
class HostLocal:
    """The store and the allocator of one node's network: what lies in /var/lib/cni/networks/NAME.

    `taken` maps an address to the ID (container) that holds it; `last_reserved` is the file last_reserved_ip.0.
    """

    ranges: tuple[Range, ...]
    taken: dict[Address, str] = field(default_factory=dict)
    last_reserved: Address | None = None

    @classmethod
    def of(cls, subnets: Iterable[str | Network]) -> HostLocal:
        """Return an empty store over the ranges of these subnets."""
        return cls(tuple(Range.of(subnet) for subnet in subnets))

    def get(
        self, owner: str, requested: Address | None = None, avoid: Collection[Address] = ()
    ) -> IPv4Interface | IPv6Interface:
        """Give `owner` an address, with its subnet's mask; the `requested` one, if that is given.

        Addresses in `avoid` are passed over unless requested (podwalk: those that other Pods' annotations pin).
        IpamError in the plugin's words: taken, outside the ranges, the gateway's, or none left.
        """
        if requested is not None:
            return self._reserve(owner, requested, self._requested_range(requested))
        holds = next((address for address, holder in self.taken.items() if holder == owner), None)
        if holds is not None:
            raise IpamError(f"{holds} has been allocated to {owner}, duplicate allocation is not allowed")
        for address, found in self.candidates():
            if address not in self.taken and address not in avoid:
                return self._reserve(owner, address, found)
        raise IpamError(f"no IP addresses available in range set: {self}")

    def release(self, owner: str) -> None:
        """Take back every address of `owner`; `last_reserved` stays, so it rests until the turn comes round."""
        self.taken = {address: holder for address, holder in self.taken.items() if holder != owner}

    def candidates(self) -> Iterator[tuple[Address, Range]]:
        """Yield every address in the order of a search: after the last one given out, round to that one itself."""
        every = [(index, found) for index, found in enumerate(self.ranges)]
        last = self.last_reserved
        at = next((index for index, found in every if last is not None and last in found), None)
        if at is None or last is None:
            for _, found in every:
                yield from self._span(found, int(found.start), int(found.end))
            return
        yield from self._span(self.ranges[at], int(last) + 1, int(self.ranges[at].end))
        for found in (*self.ranges[at + 1 :], *self.ranges[:at]):
            yield from self._span(found, int(found.start), int(found.end))
        yield from self._span(self.ranges[at], int(self.ranges[at].start), int(last))

    def _span(self, found: Range, first: int, last: int) -> Iterator[tuple[Address, Range]]:
        make = IPv4Address if found.subnet.version == 4 else IPv6Address
        for number in range(first, last + 1):
            if number != int(found.gateway):
                yield make(number), found

    def _requested_range(self, requested: Address) -> Range:
        found = next((each for each in self.ranges if requested in each), None)
        if found is None:
            raise IpamError(f"{requested} not in range set {self}")
        if requested == found.gateway:
            raise IpamError(f"requested ip {requested} is subnet's gateway")
        if requested in self.taken:
            raise IpamError(f"requested IP address {requested} is not available in range set {self}")
        return found

    def _reserve(self, owner: str, address: Address, found: Range) -> IPv4Interface | IPv6Interface:
        self.taken[address] = owner
        self.last_reserved = address
        return ip_interface(f"{address}/{found.subnet.prefixlen}")

    def __str__(self) -> str:
        return ",".join(map(str, self.ranges))
