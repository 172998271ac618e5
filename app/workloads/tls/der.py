"""DER: enough to read the names of an X.509 certificate and to write one. Sources: X.690; RFC 5280, section 4.1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

__all__ = ["Value", "encode", "oid", "time_of", "time_text", "values"]

INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, UTF8_STRING, UTC_TIME, SEQUENCE, SET = 2, 3, 4, 6, 12, 23, 0x30, 0x31
GENERALIZED_TIME = 24

Value = tuple[int, bytes]
"""One element: its tag and its content."""


def values(data: bytes) -> Iterator[Value]:
    """Yield the elements that stand one after the other. Raises ValueError where the bytes are no DER."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("DER ends within an element")
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count]), at + count
        if at + size > len(data):
            raise ValueError("DER ends within an element")
        yield tag, data[at : at + size]
        at += size


def encode(tag: int, *parts: bytes) -> bytes:
    """Return an element around the parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def oid(dotted: str) -> bytes:
    """Return an object identifier's content."""
    first, second, *rest = (int(word) for word in dotted.split("."))
    out = bytes((first * 40 + second,))
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return out


def time_of(value: Value) -> datetime:
    """Return a UTCTime or GeneralizedTime. Raises ValueError."""
    tag, content = value
    text = content.decode("ascii")
    form = "%y%m%d%H%M%SZ" if tag == UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def time_text(moment: datetime) -> bytes:
    """Return a moment as an element; years from 2050 on are GeneralizedTime (RFC 5280, section 4.1.2.5)."""
    if moment.year < 2050:
        return encode(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return encode(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())
