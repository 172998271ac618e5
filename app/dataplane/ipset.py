"""IP sets: named sets of addresses that a netfilter rule asks with `-m set --match-set NAME src`.

Three types: `hash:net` (prefixes; an address is in the set if one covers it), `hash:ip`, `hash:ip,port`.
Source: ipset(8); Linux net/netfilter/ipset/ip_set_hash_{net,ip,ipport}.c. The text is that of ipset 7 (bucketsize in
the header). Simplified: IPv4, no timeouts, counters, comments, nomatch; members are listed in the order of their
addresses, as `ipset -sorted` does; `initval` is derived from the name instead of drawn; the size in memory is that of
a sparse table.
"""

from __future__ import annotations

import zlib
from ipaddress import IPv4Address, IPv4Network

from msgspec import Struct

__all__ = ["SET_TYPES", "IpSet", "IpSetError", "Member"]

MAX_NAME = 31
MAX_MEMBERS = 65536
MEMBER_BYTES = 48
PROTOCOLS = ("tcp", "udp", "icmp")


class SetType(Struct, frozen=True):
    """A set type's revision in the kernel, and the bytes of an empty set."""

    revision: int
    empty_bytes: int


SET_TYPES = {"hash:ip": SetType(6, 200), "hash:ip,port": SetType(6, 200), "hash:net": SetType(7, 456)}


class IpSetError(Exception):
    """ipset or the kernel refuses; the text is what stands after `ipset v7.17: `."""


class Member(Struct, frozen=True, order=True):
    """One element: a network (a /32 is one address), with protocol and port in a `hash:ip,port` set."""

    first: int
    prefixlen: int
    proto: str = ""
    port: int = 0

    def text(self) -> str:
        """Return the element as `ipset list` prints it."""
        address = str(IPv4Address(self.first))
        prefix = "" if self.prefixlen == 32 else f"/{self.prefixlen}"
        return f"{address}{prefix}" + (f",{self.proto}:{self.port}" if self.proto else "")


class IpSet:
    """One set of a network namespace. Raises IpSetError for a name or type that ipset would refuse."""

    def __init__(self, name: str, type_: str) -> None:
        if not name or len(name) > MAX_NAME:
            raise IpSetError(f"Syntax error: setname '{name}' is longer than {MAX_NAME} characters")
        if type_ not in SET_TYPES:
            raise IpSetError(f"Syntax error: unknown settype {type_} (modelled: {', '.join(SET_TYPES)})")
        self.name = name
        self.type = type_
        self._members: dict[Member, None] = {}
        #: By prefix length, longest first: how many members have it. The lookup tries each length once.
        self._lengths: dict[int, int] = {}

    # --- members ------------------------------------------------------------------------------------------------------

    @property
    def members(self) -> list[Member]:
        """The elements in the order of their addresses."""
        return sorted(self._members)

    def parse(self, text: str) -> Member:
        """Return the element that `text` names: `10.2.0.0/16`, `10.2.1.1` or `10.2.1.1,tcp:80`. Raises IpSetError."""
        address, _, rest = text.partition(",")
        if bool(rest) != (self.type == "hash:ip,port"):
            raise IpSetError(
                f"Syntax error: {'Second element is missing from' if not rest else 'Unexpected element in'} {text}."
            )
        try:
            network = IPv4Network(address, strict=False)
        except ValueError:
            raise IpSetError(f"Syntax error: cannot parse {address}: resolving to IPv4 address failed") from None
        if network.prefixlen < 32 and self.type != "hash:net":
            raise IpSetError("Syntax error: a range of addresses is not modelled for this type, give one address")
        if network.prefixlen == 0:
            raise IpSetError("The value of the CIDR parameter of the IP address is invalid")
        proto, port = _port(rest) if rest else ("", 0)
        return Member(int(network.network_address), network.prefixlen, proto, port)

    def add(self, text: str) -> None:
        """`ipset add`. Raises IpSetError where the element is in the set already, or the set is full."""
        member = self.parse(text)
        if member in self._members:
            raise IpSetError("Element cannot be added to the set: it's already added")
        if len(self._members) == MAX_MEMBERS:
            raise IpSetError("Hash is full, cannot add more elements")
        self._members[member] = None
        self._count(member.prefixlen, 1)

    def remove(self, text: str) -> None:
        """`ipset del`. Raises IpSetError where the element is not in the set."""
        member = self.parse(text)
        if member not in self._members:
            raise IpSetError("Element cannot be deleted from the set: it's not added")
        del self._members[member]
        self._count(member.prefixlen, -1)

    def flush(self) -> None:
        """`ipset flush`: the set stays, empty."""
        self._members.clear()
        self._lengths.clear()

    def has(self, text: str) -> bool:
        """`ipset test`: a bare address is in a hash:net set if any prefix covers it."""
        member = self.parse(text)
        return member in self._members or (member.prefixlen == 32 and self._covers(member))

    def contains(self, address: IPv4Address, proto: str = "", port: int = 0) -> bool:
        """Whether a packet's address (in a hash:ip,port set: with its protocol and port) is in the set."""
        return self._covers(Member(int(address), 32, *((proto, port) if self.type == "hash:ip,port" else ("", 0))))

    def _covers(self, member: Member) -> bool:
        for length in self._lengths:
            first = member.first >> (32 - length) << (32 - length)
            if Member(first, length, member.proto, member.port) in self._members:
                return True
        return False

    def _count(self, length: int, change: int) -> None:
        self._lengths[length] = self._lengths.get(length, 0) + change
        self._lengths = {n: c for n, c in sorted(self._lengths.items(), reverse=True) if c}

    # --- text ---------------------------------------------------------------------------------------------------------

    @property
    def header(self) -> str:
        """The header line's text: what `ipset create` would have to say."""
        initval = zlib.crc32(self.name.encode())
        return f"family inet hashsize 1024 maxelem {MAX_MEMBERS} bucketsize 12 initval {initval:#010x}"

    def list_text(self, references: int, *, terse: bool = False) -> str:
        """Return what `ipset list NAME` prints; `references` is how many rules name the set."""
        kind = SET_TYPES[self.type]
        lines = [
            f"Name: {self.name}", f"Type: {self.type}", f"Revision: {kind.revision}", f"Header: {self.header}",
            f"Size in memory: {kind.empty_bytes + MEMBER_BYTES * len(self._members)}", f"References: {references}",
            f"Number of entries: {len(self._members)}",
        ]  # fmt: skip
        lines += [] if terse else ["Members:", *(m.text() for m in self.members)]
        return "".join(f"{line}\n" for line in lines)

    def save_text(self) -> str:
        """Return what `ipset save NAME` prints: the commands that make the set again."""
        lines = [
            f"create {self.name} {self.type} {self.header}",
            *(f"add {self.name} {m.text()}" for m in self.members),
        ]
        return "".join(f"{line}\n" for line in lines)


def _port(text: str) -> tuple[str, int]:
    """Return protocol and port of `tcp:80` or `80` (TCP)."""
    proto, colon, number = text.rpartition(":")
    proto = proto if colon else "tcp"
    if proto not in PROTOCOLS:
        raise IpSetError(f"Syntax error: cannot parse '{proto}' as a protocol")
    if not number.isdecimal() or int(number) > 65535:
        raise IpSetError(f"Syntax error: cannot parse '{number}' as a port number")
    return proto, int(number)
