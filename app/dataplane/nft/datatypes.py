"""The types of values that keys and expressions have: how nft reads, prints and sorts them.

A value is what the packet walk compares: an IPv4Address, a protocol's name, a number, a state's name.
Source: nft(8), DATA TYPES; nftables 1.0.6 src/datatype.c, src/expression.c (calculate_delim), src/intervals.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from app.core.addresstext import address_text
from app.core.errors import did_you_mean
from app.dataplane.nft.errors import NftError

__all__ = ["TYPES", "DataType", "Interval", "Value", "value_text"]

Value = IPv4Address | str | int

PROTOCOLS = {"icmp": 1, "ipencap": 4, "tcp": 6, "udp": 17, "sctp": 132}
CT_STATES = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
ADDRESS_TYPES = {
    "unspec": 0, "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5, "blackhole": 6,
    "unreachable": 7, "prohibit": 8,
}  # fmt: skip
ICMP_TYPES = {
    "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8,
    "time-exceeded": 11, "parameter-problem": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `first` to `last`. `is_range`: a rule says it as a range, though it may be a prefix."""

    first: Value
    last: Value
    is_range: bool = False


@dataclass(frozen=True, slots=True)
class DataType:
    """`bits` as in the kernel; `per_line`: how many elements nft lists on a line; `names`: words for numbers."""

    name: str
    title: str
    bits: int
    per_line: int
    read: Callable[[str], Value]
    number: Callable[[Value], int]
    value: Callable[[int], Value]

    def parse(self, text: str) -> Value:
        """Return the value of a word. Raises NftError."""
        return self.read(text)

    def parse_range(self, text: str) -> Value | Interval:
        """Return a value, a prefix (addresses) or a range. Raises NftError."""
        first, dash, last = text.partition("-")
        if self.name == "ipv4_addr" and "/" in text:
            return _prefix(text)
        if not dash or self.name not in ("ipv4_addr", "inet_service", "mark"):
            return self.parse(text)
        low, high = self.parse(first), self.parse(last)
        if self.number(low) >= self.number(high):
            raise NftError("Range has zero or negative size" if low != high else "Range negative size", text)
        return Interval(low, high, is_range=True)


def _prefix(text: str) -> Value | Interval:
    try:
        network = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        raise NftError("Could not resolve hostname: Name or service not known", text) from None
    if network.prefixlen == 32:
        return network.network_address
    return Interval(network.network_address, network.broadcast_address)


def value_text(kind: DataType, value: Value | Interval) -> str:
    """Return a value, prefix or range as nft prints it."""
    if isinstance(value, Interval):
        if isinstance(value.first, IPv4Address) and isinstance(value.last, IPv4Address) and not value.is_range:
            size = int(value.last) - int(value.first) + 1
            if size & (size - 1) == 0 and int(value.first) % size == 0:
                return f"{value.first}/{33 - size.bit_length()}"
        return f"{value_text(kind, value.first)}-{value_text(kind, value.last)}"
    if isinstance(value, IPv4Address):
        return address_text(value)
    if kind.name == "mark":
        return f"0x{value:08x}"
    return f'"{value}"' if kind.name == "ifname" else str(value)


# --- the types --------------------------------------------------------------------------------------------------------


def _address(text: str) -> Value:
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise NftError("Could not resolve hostname: Name or service not known", text) from None


def _number(most: int, complaint: str) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        try:
            number = int(text, 0)
        except ValueError:
            raise NftError(complaint, text) from None
        if not 0 <= number <= most:
            raise NftError(complaint, text)
        return number

    return read


def _word(names: Mapping[str, int], complaint: str) -> Callable[[str], Value]:
    by_number = {number: name for name, number in names.items()}

    def read(text: str) -> Value:
        if text in names:
            return text
        if text.isdecimal() and int(text) in by_number:
            return by_number[int(text)]
        raise NftError(f"{complaint}{did_you_mean(text, names)}", text)

    return read


def _interface(text: str) -> Value:
    if not 0 < len(text.encode()) < 16:
        raise NftError("String exceeds maximum length of 16", text)
    return text


def _words(name: str, title: str, bits: int, names: Mapping[str, int], *, per_line: int) -> DataType:
    by_number = {number: word for word, number in names.items()}
    complaint = f"Could not parse {title}"
    return DataType(
        name, title, bits, per_line, _word(names, complaint), lambda value: names[str(value)], by_number.__getitem__
    )  # fmt: skip


def _numbers(name: str, title: str, bits: int, complaint: str) -> DataType:
    return DataType(name, title, bits, 5, _number((1 << bits) - 1, complaint), int, lambda number: number)


TYPES: dict[str, DataType] = {
    kind.name: kind
    for kind in (
        DataType("ipv4_addr", "IPv4 address", 32, 2, _address, int, IPv4Address),
        _words("inet_proto", "Internet protocol", 8, PROTOCOLS, per_line=5),
        _numbers("inet_service", "internet network service", 16, "Service out of range"),
        _numbers("mark", "packet mark", 32, "Could not parse packet mark"),
        _numbers("integer", "integer", 32, "Could not parse integer"),
        _words("ct_state", "conntrack state", 32, CT_STATES, per_line=5),
        _words("fib_addrtype", "fib address type", 32, ADDRESS_TYPES, per_line=1),
        _words("icmp_type", "ICMP type", 8, ICMP_TYPES, per_line=1),
        DataType(
            "ifname", "network interface name", 128, 1, _interface,
            lambda value: int.from_bytes(str(value).encode(), "little"), str,
        ),
    )
}  # fmt: skip
