"""Segments: what a sender keeps of one until it is acknowledged, and one cut into smaller ones (tcp_fragment)."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from app.dataplane.headers import Payload, Tcp
from app.dataplane.packet import Leg

__all__ = ["Sent", "cut_segment"]


class Sent(Struct):
    """A segment that was sent and is not acknowledged; `attempt`: its first transmission, cut as it is."""

    tcp: Tcp
    leg: Leg
    attempt: int


def cut_segment(tcp: Tcp, room: int) -> list[Tcp]:
    """Return a segment in pieces of at most `room` bytes of data; the last has its flags.

    Each carries its part of the data; of a short line that zeros fill up the last has all, so that it is read once.
    """
    size = tcp.payload.size
    if size <= room:
        return [tcp]
    pieces = []
    for start in range(0, size, room):
        is_last = start + room >= size
        payload = Payload(min(room, size - start), _part(tcp.payload, start, room, is_last=is_last))
        flags = tcp.flags if is_last else "A"
        pieces.append(replace(tcp, flags=flags, seq=tcp.seq + start, payload=payload))
    return pieces


def _part(payload: Payload, start: int, room: int, *, is_last: bool) -> bytes:
    if len(payload.data) == payload.size:
        return payload.data[start : start + room]
    return payload.data if is_last else b""
