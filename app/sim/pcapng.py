"""pcapng blocks, little-endian, written by hand: what Wireshark, tshark and tcpdump read.

Source: draft-ietf-opsawg-pcapng (Section Header 4.1, Interface Description 4.2, Enhanced Packet 4.3, options 3.5).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import IPv4Interface

from msgspec import Struct

__all__ = ["LINKTYPE_ETHERNET", "LINKTYPE_RAW", "CapturedFrame", "CapturedInterface", "section"]

LINKTYPE_ETHERNET, LINKTYPE_RAW = 1, 101

SECTION_HEADER, INTERFACE_DESCRIPTION, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
BYTE_ORDER_MAGIC = 0x1A2B3C4D
UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFF

END_OF_OPTIONS, COMMENT = 0, 1
SHB_USER_APPLICATION = 4
IF_NAME, IF_DESCRIPTION, IF_IPV4, IF_MAC, IF_RESOLUTION = 2, 3, 4, 6, 9
EPB_FLAGS = 2
#: Times count in units of 10**-6 s.
MICROSECONDS = b"\x06"
DIRECTIONS = {"rx": 1, "tx": 2}
#: An option's length has 16 bits.
OPTION_MAX = 0xFFFF


class CapturedInterface(Struct, frozen=True):
    """One interface that was watched; `mac` is "" where it has none."""

    name: str
    description: str
    link_type: int
    mac: str
    addresses: list[str]


class CapturedFrame(Struct, frozen=True):
    """One frame: which interface (by its place in the list), when (microseconds since 1970 UTC), which way (rx, tx)."""

    interface: int
    time_us: int
    direction: str
    data: bytes
    comment: str


def section(interfaces: Iterable[CapturedInterface], frames: Iterable[CapturedFrame], comment: str) -> bytes:
    """Return a whole file; files can be joined with `cat`, each is a section of its own."""
    blocks = [_section_header(comment)]
    blocks += [_interface_description(interface) for interface in interfaces]
    blocks += [_enhanced_packet(frame) for frame in frames]
    return b"".join(blocks)


def _section_header(comment: str) -> bytes:
    options = [(COMMENT, comment.encode()), (SHB_USER_APPLICATION, b"podwalk")]
    return _block(SECTION_HEADER, struct.pack("<IHHQ", BYTE_ORDER_MAGIC, 1, 0, UNKNOWN_LENGTH), options)


def _interface_description(interface: CapturedInterface) -> bytes:
    options = [(IF_NAME, interface.name.encode()), (IF_DESCRIPTION, interface.description.encode())]
    for text in interface.addresses:
        address = IPv4Interface(text)
        options.append((IF_IPV4, address.ip.packed + address.netmask.packed))
    if interface.mac:
        options.append((IF_MAC, bytes.fromhex(interface.mac.replace(":", ""))))
    options.append((IF_RESOLUTION, MICROSECONDS))
    return _block(INTERFACE_DESCRIPTION, struct.pack("<HHI", interface.link_type, 0, 0), options)


def _enhanced_packet(frame: CapturedFrame) -> bytes:
    size = len(frame.data)
    head = struct.pack("<IIIII", frame.interface, frame.time_us >> 32, frame.time_us & 0xFFFFFFFF, size, size)
    options = [(COMMENT, frame.comment.encode()), (EPB_FLAGS, struct.pack("<I", DIRECTIONS[frame.direction]))]
    return _block(ENHANCED_PACKET, head + _padded(frame.data), options)


def _block(kind: int, body: bytes, options: Iterable[tuple[int, bytes]]) -> bytes:
    """Return a block: its length stands before and after, so that a file can be read backwards too."""
    body += b"".join(_option(code, value) for code, value in options) + struct.pack("<HH", END_OF_OPTIONS, 0)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    value = value[:OPTION_MAX].decode(errors="ignore").encode() if code == COMMENT else value
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
