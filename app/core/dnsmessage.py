"""DNS messages and their bytes on the wire: names, questions, records, the EDNS pseudo-record.

Names are text in presentation form with the final dot, case kept ("nginx.default.svc.cluster.local."); a record's data
is text as `dig` prints it ("0 100 80 svc1.testns.svc.cluster.local."); an unknown type is `TYPE65280`.
Sources: RFC 1035 section 4 (messages, compression), 2782 (SRV), 3596 (AAAA), 3597 (unknown types), 6891 (EDNS).
"""

from __future__ import annotations

import struct

from msgspec import Struct

from app.core.dnsname import MessageError, type_name, type_number
from app.core.dnswire import Reader, Writer

__all__ = ["RCODES", "Edns", "Message", "Question", "Record", "decode", "encode"]

RCODES = (
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
    "NOTZONE",
)  # fmt: skip
OPCODES = ("QUERY", "IQUERY", "STATUS", "RESERVED3", "NOTIFY", "UPDATE")
CLASS_IN, TYPE_OPT = 1, 41
HEADER = struct.Struct("!6H")
#: Which bit of the header's flags is which.
AA, TC, RD, RA, AD, CD, QR = 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010, 0x8000
#: The DO bit in the TTL field of OPT.
DNSSEC_OK = 0x8000


class Question(Struct, frozen=True):
    """What is asked: the records of `type` that `name` has."""

    name: str
    type: str


class Record(Struct, frozen=True):
    """One resource record of class IN; `ttl` in seconds, `data` as dig prints it."""

    name: str
    type: str
    ttl: int
    data: str


class Edns(Struct, frozen=True):
    """The OPT pseudo-record: the largest datagram the sender takes, the DO bit, options as (code, bytes)."""

    udp_size: int = 1232
    is_dnssec_ok: bool = False
    options: tuple[tuple[int, bytes], ...] = ()


class Message(Struct, frozen=True, kw_only=True):
    """One message. `rcode` is a name of RCODES; the flags are those of the header."""

    id: int
    is_response: bool = False
    opcode: str = "QUERY"
    is_authoritative: bool = False
    is_truncated: bool = False
    is_recursion_desired: bool = False
    is_recursion_available: bool = False
    is_authentic: bool = False
    is_checking_disabled: bool = False
    rcode: str = "NOERROR"
    questions: tuple[Question, ...] = ()
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    edns: Edns | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record of the three sections, without OPT."""
        return self.answers + self.authority + self.additional

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that are set, in dig's order and words."""
        every = (
            ("qr", self.is_response), ("aa", self.is_authoritative), ("tc", self.is_truncated),
            ("rd", self.is_recursion_desired), ("ra", self.is_recursion_available), ("ad", self.is_authentic),
            ("cd", self.is_checking_disabled),
        )  # fmt: skip
        return tuple(name for name, is_set in every if is_set)


def encode(message: Message, *, compress: bool = True) -> bytes:
    """Return the message as bytes. `compress` False writes every name in full, as CoreDNS does while it fits.

    Raises MessageError for a name or record data that cannot be written.
    """
    writer = Writer(compress=compress)
    counts = (
        len(message.questions), len(message.answers), len(message.authority),
        len(message.additional) + (message.edns is not None),
    )  # fmt: skip
    writer.bytes += HEADER.pack(message.id, _bits(message), *counts)
    for question in message.questions:
        writer.name(question.name)
        writer.bytes += struct.pack("!HH", type_number(question.type), CLASS_IN)
    for record in message.records:
        writer.name(record.name)
        writer.bytes += struct.pack("!HHI", type_number(record.type), CLASS_IN, record.ttl & 0xFFFFFFFF)
        writer.data(record.type, record.data)
    if message.edns is not None:
        options = b"".join(struct.pack("!HH", code, len(data)) + data for code, data in message.edns.options)
        ttl = DNSSEC_OK if message.edns.is_dnssec_ok else 0
        writer.bytes += b"\0" + struct.pack("!HHIH", TYPE_OPT, message.edns.udp_size, ttl, len(options)) + options
    return bytes(writer.bytes)


def _bits(message: Message) -> int:
    pairs = (
        (QR, message.is_response), (AA, message.is_authoritative), (TC, message.is_truncated),
        (RD, message.is_recursion_desired), (RA, message.is_recursion_available), (AD, message.is_authentic),
        (CD, message.is_checking_disabled),
    )  # fmt: skip
    bits = sum(bit for bit, is_set in pairs if is_set)
    return bits | OPCODES.index(message.opcode) << 11 | RCODES.index(message.rcode)


def decode(data: bytes) -> Message:
    """Return the message that bytes are. Raises MessageError where they are none."""
    reader = Reader(data)
    ident, bits, *counts = reader.take("!6H")
    questions = tuple(_question(reader) for _ in range(counts[0]))
    sections: list[tuple[Record, ...]] = []
    edns: Edns | None = None
    for count in counts[1:]:
        found = [_record(reader) for _ in range(count)]
        sections.append(tuple(record for record in found if isinstance(record, Record)))
        edns = next((record for record in found if isinstance(record, Edns)), edns)
    opcode, rcode = bits >> 11 & 0xF, bits & 0xF
    if opcode >= len(OPCODES) or rcode >= len(RCODES):
        raise MessageError(f"opcode {opcode} or response code {rcode} is not assigned")
    return Message(
        id=ident, is_response=bool(bits & QR), opcode=OPCODES[opcode], is_authoritative=bool(bits & AA),
        is_truncated=bool(bits & TC), is_recursion_desired=bool(bits & RD), is_recursion_available=bool(bits & RA),
        is_authentic=bool(bits & AD), is_checking_disabled=bool(bits & CD), rcode=RCODES[rcode],
        questions=questions, answers=sections[0], authority=sections[1], additional=sections[2], edns=edns,
    )  # fmt: skip


def _question(reader: Reader) -> Question:
    name = reader.name()
    number, _class = reader.take("!HH")
    return Question(name, type_name(number))


def _record(reader: Reader) -> Record | Edns:
    name = reader.name()
    number, class_, ttl, size = reader.take("!HHIH")
    end = reader.at + size
    if end > len(reader.data):
        raise MessageError("a record ends early")
    if number == TYPE_OPT:
        return Edns(class_, bool(ttl & DNSSEC_OK), tuple(_options(reader, end)))
    kind = type_name(number)
    return Record(name, kind, ttl, reader.record_data(kind, end))


def _options(reader: Reader, end: int) -> list[tuple[int, bytes]]:
    options: list[tuple[int, bytes]] = []
    while reader.at < end:
        code, size = reader.take("!HH")
        options.append((code, reader.data[reader.at : reader.at + size]))
        reader.at += size
    if reader.at != end:
        raise MessageError("the options of OPT have another length than it says")
    return options
