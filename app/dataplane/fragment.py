"""IPv4 fragmentation and reassembly.

Sources: RFC 791 section 3.2; Linux net/ipv4/ip_output.c (ip_do_fragment), ip_fragment.c.
Simplified: no reassembly timeout.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import NamedTuple

from msgspec.structs import replace

from app.dataplane.headers import IPV4_HEADER, IPv4
from app.dataplane.hop import Change

__all__ = ["FragmentQueue", "cut", "fragments_of", "reassemble"]

#: Fragments that have come so far, as (offset, packet number, piece), by (source, destination, protocol, id).
FragmentQueue = dict[tuple[IPv4Address, IPv4Address, str, int], list[tuple[int, int, IPv4]]]


def fragments_of(ip: IPv4, mtu: int) -> list[IPv4]:
    """Return `ip` in pieces that fit into `mtu`: all but the last carry a multiple of 8 bytes.

    A packet that came in pieces leaves in the same ones if they fit (the fast path of ip_do_fragment()).
    """
    room = (mtu - IPV4_HEADER) // 8 * 8
    total = ip.length - IPV4_HEADER
    sizes = [length - IPV4_HEADER for length in ip.cuts]
    if not sizes or max(ip.cuts) > mtu:
        sizes = [min(room, total - start) for start in range(0, total, room)]
    pieces = []
    start = 0
    for size in sizes:
        more = ip.more or start + size < total
        pieces.append(replace(ip, length=IPV4_HEADER + size, more=more, offset=ip.offset + start, cuts=()))
        start += size
    return pieces


def piece_text(ip: IPv4) -> str | None:
    """Return which piece a packet is, as tcpdump once wrote it: its offset, and `+` where more follow."""
    return f"{ip.offset}{'+' if ip.more else ''}" if ip.is_fragment else None


def cut(whole: IPv4, first: IPv4) -> tuple[Change, ...]:
    """Return what cutting changes of the packet's first piece."""
    return (Change("ipv4.len", whole.length, first.length), Change("ipv4.frag", piece_text(whole), piece_text(first)))


class Joined(NamedTuple):
    """A packet put together: it goes by the number of its first piece, whose changes these are."""

    whole: IPv4
    number: int
    changes: tuple[Change, ...]


def reassemble(queue: FragmentQueue, piece: IPv4, number: int) -> Joined | None:
    """Add a piece to the queue; return the whole packet once no part of it is missing."""
    key = (piece.src, piece.dst, piece.proto, piece.ident)
    pieces = sorted([*queue.get(key, []), (piece.offset, number, piece)], key=lambda p: p[0])
    expected = 0
    for offset, _, part in pieces:
        if offset != expected:
            queue[key] = pieces
            return None
        expected += part.length - IPV4_HEADER
    if pieces[-1][2].more:
        queue[key] = pieces
        return None
    queue.pop(key, None)
    _, number, first = pieces[0]
    cuts = tuple(part.length for _, _, part in pieces)
    whole = replace(first, length=IPV4_HEADER + expected, more=False, offset=0, cuts=cuts)
    changes = (Change("ipv4.len", first.length, whole.length), Change("ipv4.frag", piece_text(first), None))
    return Joined(whole, number, changes)
