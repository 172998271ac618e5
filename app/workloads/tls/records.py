"""TLS records: the frame around everything that TLS sends. Source: RFC 8446, section 5."""

from __future__ import annotations

from hashlib import sha256

from msgspec import Struct

__all__ = [
    "ALERTS",
    "APPLICATION_DATA",
    "CHANGE_CIPHER_SPEC",
    "HANDSHAKE",
    "Keys",
    "Record",
    "RecordReader",
    "TlsError",
]

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CONTENT_TYPES = {CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA}
#: TLS 1.2 in the header of every record of TLS 1.3; the first ClientHello says 1.0 (RFC 8446, section 5.1).
LEGACY_VERSION, FIRST_VERSION = 0x0303, 0x0301
#: Bytes of plaintext in one record, and of a record with its type and tag.
PLAINTEXT_MAX, RECORD_MAX = 2**14, 2**14 + 256
TAG_SIZE = 16
HEADER_SIZE = 5

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 40: "handshake_failure", 42: "bad_certificate",
    47: "illegal_parameter", 48: "unknown_ca", 50: "decode_error", 70: "protocol_version", 80: "internal_error",
    112: "unrecognized_name", 120: "no_application_protocol",
}  # fmt: skip
"""RFC 8446, section 6."""


class TlsError(ValueError):
    """What ends a session; `alert` is the number that the other side is told, 0 where it is told nothing."""

    def __init__(self, alert: int, message: str) -> None:
        super().__init__(message)
        self.alert = alert


class Record(Struct, frozen=True):
    """One record: its content type and what is in it."""

    type: int
    body: bytes
    version: int = LEGACY_VERSION

    def render(self) -> bytes:
        """Return the bytes."""
        return bytes((self.type,)) + self.version.to_bytes(2) + len(self.body).to_bytes(2) + self.body


class RecordReader:
    """Takes a stream of bytes apart."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Record]:
        """Return the records that are complete now. Raises TlsError where the bytes are no TLS."""
        self._buffer += data
        records = []
        while self._buffer:
            if self._buffer[0] not in CONTENT_TYPES or (len(self._buffer) > 1 and self._buffer[1] != 3):
                raise TlsError(70, "wrong version number")
            if len(self._buffer) < HEADER_SIZE:
                break
            length = int.from_bytes(self._buffer[3:HEADER_SIZE])
            if length > RECORD_MAX:
                raise TlsError(22, "packet length too long")
            if len(self._buffer) < HEADER_SIZE + length:
                break
            body = self._buffer[HEADER_SIZE : HEADER_SIZE + length]
            records.append(Record(self._buffer[0], body, int.from_bytes(self._buffer[1:3])))
            self._buffer = self._buffer[HEADER_SIZE + length :]
        return records


class Keys:
    """One direction's protection: records that say "application data" outside and their true type inside."""

    def __init__(self, secret: bytes, label: str) -> None:
        self._secret = sha256(secret + label.encode()).digest()
        self._count = 0

    def protect(self, type_: int, plaintext: bytes) -> bytes:
        """Return the records that carry `plaintext`."""
        pieces = [plaintext[at : at + PLAINTEXT_MAX] for at in range(0, len(plaintext), PLAINTEXT_MAX)] or [b""]
        return b"".join(self._record(piece + bytes((type_,))) for piece in pieces)

    def open(self, record: Record) -> tuple[int, bytes]:
        """Return the true type and the plaintext. Raises TlsError where the tag is wrong."""
        inner, tag = record.body[:-TAG_SIZE], record.body[-TAG_SIZE:]
        plaintext = self._xor(inner)
        if not inner or self._tag(plaintext) != tag:
            raise TlsError(20, "decryption failed or bad record mac")
        self._count += 1
        return plaintext[-1], plaintext[:-1]

    def _record(self, inner: bytes) -> bytes:
        record = Record(APPLICATION_DATA, self._xor(inner) + self._tag(inner))
        self._count += 1
        return record.render()

    def _xor(self, data: bytes) -> bytes:
        blocks = range(-(-len(data) // 32))
        stream = b"".join(self._block(f"{self._count}.{block}") for block in blocks)[: len(data)]
        return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(len(data))

    def _tag(self, inner: bytes) -> bytes:
        return sha256(self._secret + self._count.to_bytes(8) + inner).digest()[:TAG_SIZE]

    def _block(self, label: str) -> bytes:
        return sha256(self._secret + label.encode()).digest()
