"""What a bystander sees of TLS in one segment: the kinds of records and, in a ClientHello, the name it asks for."""

from __future__ import annotations

from msgspec import Struct

from app.workloads.tls.hello import CLIENT_HELLO, SERVER_HELLO, ClientHello, messages
from app.workloads.tls.records import (
    ALERT,
    ALERTS,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CONTENT_TYPES,
    HANDSHAKE,
    HEADER_SIZE,
    TlsError,
)

__all__ = ["TlsSight", "sight_of_tls"]

#: As Wireshark names them.
NAMES = {CHANGE_CIPHER_SPEC: "Change Cipher Spec", ALERT: "Alert", APPLICATION_DATA: "Application Data"}
HANDSHAKES = {CLIENT_HELLO: "Client Hello", SERVER_HELLO: "Server Hello"}


class TlsSight(Struct, frozen=True):
    """The records that begin in a segment, each name once in a row, and the server name of a ClientHello."""

    records: tuple[str, ...]
    server_name: str


def sight_of_tls(data: bytes) -> TlsSight | None:
    """Return what `data` shows if it begins with a TLS record."""
    names: list[str] = []
    server_name = ""
    at = 0
    while len(data) >= at + HEADER_SIZE and data[at] in CONTENT_TYPES and data[at + 1] == 3 and data[at + 2] <= 4:
        body = data[at + HEADER_SIZE : at + HEADER_SIZE + int.from_bytes(data[at + 3 : at + HEADER_SIZE])]
        name, asked = _record(data[at], body)
        server_name = server_name or asked
        if names[-1:] != [name]:
            names.append(name)
        at += HEADER_SIZE + int.from_bytes(data[at + 3 : at + HEADER_SIZE])
    return TlsSight(tuple(names), server_name) if names else None


def _record(type_: int, body: bytes) -> tuple[str, str]:
    """Return a record's name, and the server name that it asks for."""
    if type_ == ALERT and len(body) == 2:
        return f"Alert ({ALERTS.get(body[1], body[1])})", ""
    if type_ != HANDSHAKE:
        return NAMES[type_], ""
    kind = body[0] if body else 0
    name = HANDSHAKES.get(kind, "Handshake")
    found, _ = messages(body)
    if kind != CLIENT_HELLO or not found:
        return name, ""
    try:
        return name, ClientHello.parse(found[0][1]).server_name
    except TlsError:
        return name, ""
