"""What rules read of a packet: header fields, meta, conntrack, the FIB; alone or joined to a key by dots.

Source: nft(8), PRIMARY and PAYLOAD EXPRESSIONS; Linux net/netfilter/nft_payload.c, nft_meta.c, nft_ct.c,
nft_fib_ipv4.c.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from app.dataplane.headers import Icmp, Tcp, Udp
from app.dataplane.netfilter.context import Context
from app.dataplane.nft.datatypes import ICMP_TYPES, TYPES, DataType, Value, value_text

__all__ = ["FIELDS", "Field", "Key", "KeyValue", "Numgen"]

KeyValue = Value | tuple[Value, ...]
"""What a set is asked for: a value, or one for each part of a concatenation."""
ICMP_NAMES = {number: name for name, number in ICMP_TYPES.items()}


@dataclass(frozen=True, slots=True)
class Field:
    """One expression. `read` returns None where the packet has no such field: then the rule does not match."""

    name: str
    type: DataType
    read: Callable[[Context], Value | None]

    def because(self, context: Context) -> str:
        """Return what the packet has in the field, as a formula."""
        value = self.read(context)
        if value is None:
            return f"meta l4proto = {context.ip.proto}"
        return f"{self.name} = {value_text(self.type, value)}"


@dataclass(frozen=True, slots=True)
class Key:
    """One field, or several joined by dots."""

    fields: tuple[Field, ...]

    def text(self) -> str:
        """Return it as nft prints it."""
        return " . ".join(field.name for field in self.fields)

    @property
    def types(self) -> tuple[DataType, ...]:
        """The types of the parts."""
        return tuple(field.type for field in self.fields)

    def read(self, context: Context) -> KeyValue | None:
        """Return the packet's key; None where it lacks a part."""
        if len(self.fields) == 1:
            return self.fields[0].read(context)
        parts = []
        for field in self.fields:
            value = field.read(context)
            if value is None:
                return None
            parts.append(value)
        return tuple(parts)

    def value_text(self, context: Context) -> str:
        """Return the packet's key in words, as elements are printed; what it lacks is `-`."""
        values = ((field.type, field.read(context)) for field in self.fields)
        return " . ".join("-" if value is None else value_text(kind, value) for kind, value in values)


@dataclass(frozen=True, slots=True)
class Numgen:
    """`numgen random mod N`: a number below N, drawn anew for each packet that comes here. Source: nft_numgen.c."""

    modulus: int

    def text(self) -> str:
        """Return it as nft prints it."""
        return f"numgen random mod {self.modulus}"

    def draw(self, context: Context) -> int:
        """Draw."""
        return context.netns.network.rng.between(0, self.modulus - 1)


# --- fields -----------------------------------------------------------------------------------------------------------


def _port(proto: str, side: str) -> Callable[[Context], Value | None]:
    """`th` reads the port of whatever has ports; ICMP's checksum, which stands in its place, is not taken for one."""

    def read(context: Context) -> Value | None:
        l4 = context.ip.payload
        if context.ip.offset or not isinstance(l4, Tcp | Udp) or proto not in ("th", context.ip.proto):
            return None
        return l4.dport if side == "dport" else l4.sport

    return read


def _icmp_type(context: Context) -> Value | None:
    l4 = context.ip.payload
    if not isinstance(l4, Icmp):
        return None
    return ICMP_NAMES.get(l4.type)


def _address_type(side: str) -> Callable[[Context], Value | None]:
    def read(context: Context) -> Value | None:
        address: IPv4Address = context.ip.dst if side == "daddr" else context.ip.src
        found = context.netns.fib.lookup(address)
        return found.type if found is not None else "unreachable"

    return read


def _fields() -> dict[str, Field]:
    address, proto, port = TYPES["ipv4_addr"], TYPES["inet_proto"], TYPES["inet_service"]
    ifname, fib = TYPES["ifname"], TYPES["fib_addrtype"]
    found = [
        Field("ip saddr", address, lambda c: c.ip.src),
        Field("ip daddr", address, lambda c: c.ip.dst),
        Field("ip protocol", proto, lambda c: c.ip.proto),
        Field("meta l4proto", proto, lambda c: c.ip.proto),
        Field("meta mark", TYPES["mark"], lambda c: c.mark),
        Field("iifname", ifname, lambda c: c.in_dev.name if c.in_dev else ""),
        Field("oifname", ifname, lambda c: c.out_dev.name if c.out_dev else ""),
        Field("ct state", TYPES["ct_state"], lambda c: c.state.lower()),
        Field("icmp type", TYPES["icmp_type"], _icmp_type),
        Field("fib saddr type", fib, _address_type("saddr")),
        Field("fib daddr type", fib, _address_type("daddr")),
    ]
    found += [Field(f"{p} {side}", port, _port(p, side)) for p in ("th", "tcp", "udp") for side in ("sport", "dport")]
    return {field.name: field for field in found}


FIELDS = _fields()
FIRST_WORDS = frozenset(name.partition(" ")[0] for name in FIELDS)
