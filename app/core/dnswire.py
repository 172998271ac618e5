"""Names and record data as bytes on the wire, both ways; dnsmessage.py has the message around them.

Sources: RFC 1035 section 4.1.4 (compression), 3.3 (record data), 2782 (SRV), 3596 (AAAA), 3597 (unknown types).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from app.core.dnsname import LONGEST_LABEL, LONGEST_NAME, MessageError, labels_of, name_text

__all__ = ["Reader", "Writer"]

#: A compression pointer reaches no further.
POINTER_REACH = 0x4000
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


# --- writing ----------------------------------------------------------------------------------------------------------


class Writer:
    """The bytes so far, and where each name that a pointer may point to begins (None: no compression)."""

    def __init__(self, *, compress: bool) -> None:
        self.bytes = bytearray()
        self.known: dict[tuple[bytes, ...], int] | None = {} if compress else None

    def name(self, text: str, *, compress: bool = True) -> None:
        """Write a name; a suffix that stands in the message already becomes a pointer to it."""
        labels = labels_of(text)
        for place, label in enumerate(labels):
            rest = tuple(labels[place:])
            if self.known is not None:
                at = self.known.get(rest)
                if at is not None and compress:
                    self.bytes += struct.pack("!H", 0xC000 | at)
                    return
                if len(self.bytes) < POINTER_REACH:
                    self.known.setdefault(rest, len(self.bytes))
            self.bytes += bytes((len(label),)) + label
        self.bytes += b"\0"

    def data(self, kind: str, data: str) -> None:
        """Write record data behind its length."""
        start = len(self.bytes) + 2
        self.bytes += bytes(2)
        _WRITERS.get(kind, _write_unknown)(self, data)
        struct.pack_into("!H", self.bytes, start - 2, len(self.bytes) - start)


def _write_address(writer: Writer, data: str) -> None:
    try:
        writer.bytes += (IPv6Address(data) if ":" in data else IPv4Address(data)).packed
    except AddressValueError:
        raise MessageError(f"'{data}' is not an IP address") from None


def _write_name(writer: Writer, data: str) -> None:
    writer.name(data)


def _write_soa(writer: Writer, data: str) -> None:
    primary, mailbox, *numbers = data.split()
    writer.name(primary)
    writer.name(mailbox)
    writer.bytes += struct.pack("!5I", *_numbers(numbers, 5, data))


def _write_mx(writer: Writer, data: str) -> None:
    preference, _, name = data.partition(" ")
    writer.bytes += struct.pack("!H", *_numbers([preference], 1, data))
    writer.name(name)


def _write_srv(writer: Writer, data: str) -> None:
    *numbers, name = data.split()
    writer.bytes += struct.pack("!3H", *_numbers(numbers, 3, data))
    writer.name(name, compress=False)  # RFC 2782: name compression is not to be used for this field


def _write_txt(writer: Writer, data: str) -> None:
    for found in _TEXT.finditer(data):
        text = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
        part = text.encode()
        if len(part) > 255:
            raise MessageError("a character string of a TXT record has at most 255 bytes")
        writer.bytes += bytes((len(part),)) + part


def _write_unknown(writer: Writer, data: str) -> None:
    found = re.fullmatch(r"\\# ([0-9]+) ?([0-9A-Fa-f ]*)", data)
    if found is None:
        raise MessageError(f"'{data}' is not record data of an unknown type (RFC 3597: \\# LENGTH HEX)")
    writer.bytes += bytes.fromhex(found[2])


def _numbers(words: Sequence[str], count: int, data: str) -> list[int]:
    if len(words) != count or not all(re.fullmatch("[0-9]{1,10}", word) for word in words):
        raise MessageError(f"'{data}' is not the data of such a record")
    return [int(word) for word in words]


_WRITERS: dict[str, Callable[[Writer, str], None]] = {
    "A": _write_address, "AAAA": _write_address, "CNAME": _write_name, "NS": _write_name, "PTR": _write_name,
    "SOA": _write_soa, "MX": _write_mx, "SRV": _write_srv, "TXT": _write_txt, "HINFO": _write_txt,
}  # fmt: skip


# --- reading ----------------------------------------------------------------------------------------------------------


class Reader:
    """A message's bytes and how far they are read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[int, ...]:
        """Read numbers (a form of the module struct)."""
        size = struct.calcsize(form)
        if self.at + size > len(self.data):
            raise MessageError("the message ends early")
        found: tuple[int, ...] = struct.unpack_from(form, self.data, self.at)
        self.at += size
        return found

    def name(self) -> str:
        """Read a name, through its pointers."""
        labels: list[bytes] = []
        at, is_jumped, length = self.at, False, 1
        while True:
            if at >= len(self.data):
                raise MessageError("a name ends early")
            size = self.data[at]
            if size >= 0xC0:
                if at + 1 >= len(self.data):
                    raise MessageError("a name ends early")
                target = (size & 0x3F) << 8 | self.data[at + 1]
                if not is_jumped:
                    self.at, is_jumped = at + 2, True
                if target >= at:
                    raise MessageError("a compression pointer points forward")
                at = target
                continue
            if size > LONGEST_LABEL:
                raise MessageError("a label is too long")
            at += 1
            if size == 0:
                break
            if at + size > len(self.data):
                raise MessageError("a name ends early")
            labels.append(self.data[at : at + size])
            at, length = at + size, length + size + 1
            if length > LONGEST_NAME:
                raise MessageError("a name is too long")
        if not is_jumped:
            self.at = at
        return name_text(labels)

    def record_data(self, kind: str, end: int) -> str:
        """Read the data of a record that ends at `end`."""
        data = _READERS.get(kind, _read_unknown)(self, end)
        if self.at != end:
            raise MessageError(f"the data of a {kind} record has another length than it says")
        return data


def _read_a(reader: Reader, end: int) -> str:
    return str(IPv4Address(_rest(reader, end, 4)))


def _read_aaaa(reader: Reader, end: int) -> str:
    return str(IPv6Address(_rest(reader, end, 16)))


def _read_name(reader: Reader, _end: int) -> str:
    return reader.name()


def _read_soa(reader: Reader, _end: int) -> str:
    names = f"{reader.name()} {reader.name()}"
    return f"{names} {' '.join(map(str, reader.take('!5I')))}"


def _read_mx(reader: Reader, _end: int) -> str:
    (preference,) = reader.take("!H")
    return f"{preference} {reader.name()}"


def _read_srv(reader: Reader, _end: int) -> str:
    numbers = reader.take("!3H")
    return f"{' '.join(map(str, numbers))} {reader.name()}"


def _read_txt(reader: Reader, end: int) -> str:
    parts = []
    while reader.at < end:
        (size,) = reader.take("!B")
        text = reader.data[reader.at : min(end, reader.at + size)]
        reader.at += size
        shown = "".join(f"\\{chr(b)}" if b in b'"\\' else chr(b) if 0x20 <= b < 0x7F else f"\\{b:03d}" for b in text)
        parts.append(f'"{shown}"')
    return " ".join(parts)


def _read_unknown(reader: Reader, end: int) -> str:
    data = _rest(reader, end, end - reader.at)
    return f"\\# {len(data)} {data.hex().upper()}".rstrip()


def _rest(reader: Reader, end: int, size: int) -> bytes:
    if end - reader.at != size:
        raise MessageError(f"an address record has {end - reader.at} bytes of data, not {size}")
    data = reader.data[reader.at : end]
    reader.at = end
    return data


_READERS: dict[str, Callable[[Reader, int], str]] = {
    "A": _read_a, "AAAA": _read_aaaa, "CNAME": _read_name, "NS": _read_name, "PTR": _read_name, "SOA": _read_soa,
    "MX": _read_mx, "SRV": _read_srv, "TXT": _read_txt, "HINFO": _read_txt,
}  # fmt: skip
