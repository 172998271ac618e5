"""The two messages of a handshake that everybody can read: ClientHello and ServerHello of TLS 1.3.

Sources: RFC 8446, section 4.1; RFC 6066, section 3 (server_name); RFC 7301 (ALPN). The lists are what OpenSSL 3 offers,
without what the model has no use for.
"""

from __future__ import annotations

from hashlib import sha256

from msgspec import Struct

from app.workloads.tls.records import TlsError

__all__ = ["CLIENT_HELLO", "SERVER_HELLO", "ClientHello", "ServerHello", "message", "messages"]

CLIENT_HELLO, SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED = 1, 2, 8, 11, 15, 20

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
AES_256_GCM_SHA384, CHACHA20, AES_128_GCM_SHA256, RENEGOTIATION = 0x1302, 0x1303, 0x1301, 0x00FF
X25519, SECP256R1 = 0x001D, 0x0017
SIGNATURES = (0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0401)
SERVER_NAME, GROUPS, SIGNATURE_ALGORITHMS, ALPN, VERSIONS, PSK_MODES, KEY_SHARE = 0, 10, 13, 16, 43, 45, 51


class ClientHello(Struct, frozen=True):
    """What the client says first. `server_name` "" where it asks an address."""

    random: bytes
    server_name: str = ""
    alpn: tuple[str, ...] = ("http/1.1",)
    session_id: bytes = b""
    versions: tuple[int, ...] = (TLS_1_3,)

    def render(self) -> bytes:
        """Return the handshake message."""
        suites = b"".join(n.to_bytes(2) for n in (AES_256_GCM_SHA384, CHACHA20, AES_128_GCM_SHA256, RENEGOTIATION))
        name = self.server_name.encode("ascii", "ignore")
        extensions = _extension(SERVER_NAME, _vector(b"\0" + _vector(name, 2), 2)) if name else b""
        extensions += _extension(GROUPS, _vector(X25519.to_bytes(2) + SECP256R1.to_bytes(2), 2))
        if self.alpn:
            extensions += _extension(ALPN, _vector(b"".join(_vector(p.encode(), 1) for p in self.alpn), 2))
        extensions += _extension(SIGNATURE_ALGORITHMS, _vector(b"".join(n.to_bytes(2) for n in SIGNATURES), 2))
        extensions += _extension(VERSIONS, _vector(b"".join(n.to_bytes(2) for n in self.versions), 1))
        extensions += _extension(PSK_MODES, _vector(b"\x01", 1))
        extensions += _extension(KEY_SHARE, _vector(X25519.to_bytes(2) + _vector(share(self.random), 2), 2))
        body = TLS_1_2.to_bytes(2) + self.random + _vector(self.session_id, 1) + _vector(suites, 2) + _vector(b"\0", 1)
        return message(CLIENT_HELLO, body + _vector(extensions, 2))

    @classmethod
    def parse(cls, body: bytes) -> ClientHello:
        """Read one. Raises TlsError."""
        reader = _Reader(body)
        reader.take(2)
        random, session_id = reader.take(32), reader.vector(1)
        reader.vector(2)
        reader.vector(1)
        extensions = _extensions(reader)
        names = _Reader(_Reader(extensions.get(SERVER_NAME, b"\0\0")).vector(2))
        server_name = names.vector(2).decode("ascii", "replace") if names.left and names.take(1) == b"\0" else ""
        listed = _Reader(_Reader(extensions.get(ALPN, b"\0\0")).vector(2))
        alpn = []
        while listed.left:
            alpn.append(listed.vector(1).decode("ascii", "replace"))
        told = _Reader(extensions.get(VERSIONS, b"\0")).vector(1)
        versions = tuple(int.from_bytes(told[at : at + 2]) for at in range(0, len(told), 2)) or (TLS_1_2,)
        return cls(random, server_name, tuple(alpn), session_id, versions)


class ServerHello(Struct, frozen=True):
    """What the server answers: TLS 1.3 with TLS_AES_256_GCM_SHA384."""

    random: bytes
    session_id: bytes = b""

    def render(self) -> bytes:
        """Return the handshake message."""
        extensions = _extension(VERSIONS, TLS_1_3.to_bytes(2))
        extensions += _extension(KEY_SHARE, X25519.to_bytes(2) + _vector(share(self.random), 2))
        body = TLS_1_2.to_bytes(2) + self.random + _vector(self.session_id, 1)
        return message(SERVER_HELLO, body + AES_256_GCM_SHA384.to_bytes(2) + b"\0" + _vector(extensions, 2))

    @classmethod
    def parse(cls, body: bytes) -> ServerHello:
        """Read one. Raises TlsError."""
        reader = _Reader(body)
        reader.take(2)
        return cls(reader.take(32), reader.vector(1))


def message(type_: int, body: bytes) -> bytes:
    """Return a handshake message: type, length of 24 bits, body."""
    return bytes((type_,)) + len(body).to_bytes(3) + body


def messages(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the handshake messages that are complete as (type, body), and what is left."""
    found = []
    while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[1:4]):
        end = 4 + int.from_bytes(data[1:4])
        found.append((data[0], data[4:end]))
        data = data[end:]
    return found, data


def share(random: bytes) -> bytes:
    """Return what stands in the place of an X25519 public key."""
    return sha256(b"key share" + random).digest()


def _vector(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size) + data


def _extension(type_: int, data: bytes) -> bytes:
    return type_.to_bytes(2) + _vector(data, 2)


class _Reader:
    """Reads fields one after the other."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, size: int) -> bytes:
        if len(self.left) < size:
            raise TlsError(50, "length mismatch")
        taken, self.left = self.left[:size], self.left[size:]
        return taken

    def vector(self, size: int) -> bytes:
        return self.take(int.from_bytes(self.take(size)))


def _extensions(reader: _Reader) -> dict[int, bytes]:
    """Return the extensions by number."""
    inside = _Reader(reader.vector(2) if reader.left else b"")
    found = {}
    while inside.left:
        number = int.from_bytes(inside.take(2))
        found[number] = inside.vector(2)
    return found
