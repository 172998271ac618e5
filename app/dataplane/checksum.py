"""The Internet checksum: the ones' complement of the ones' complement sum of 16-bit words.

Source: RFC 1071; pseudo header of UDP and TCP: RFC 768, RFC 9293 section 3.1.
"""

from __future__ import annotations

from ipaddress import IPv4Address

__all__ = ["internet_checksum", "pseudo_header"]


def internet_checksum(data: bytes) -> int:
    """Return the 16-bit checksum of `data`; an odd last byte is followed by a zero that is not sent.

    A sum of 16-bit words with the carries added back is the remainder of the whole number by 2**16 - 1 (RFC 1071,
    section 2), where ones' complement has two zeros: all ones for anything but nothing at all.
    """
    number = int.from_bytes(data + b"\0" * (len(data) % 2))
    total = number % 0xFFFF or (0xFFFF if number else 0)
    return total ^ 0xFFFF


def pseudo_header(src: IPv4Address, dst: IPv4Address, protocol: int, length: int) -> bytes:
    """Return what is summed before a UDP or TCP header of `length` bytes with its data."""
    return src.packed + dst.packed + bytes((0, protocol)) + length.to_bytes(2)
