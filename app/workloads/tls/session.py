"""One end of a TLS session: bytes of the connection in, bytes for the connection and plaintext out.

The handshake is TLS 1.3's with one round trip (RFC 8446, section 2): ClientHello; ServerHello, ChangeCipherSpec and the
rest under protection; ChangeCipherSpec, Finished. Neither end knows of sockets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from hashlib import sha256

from app.workloads.tls.certificates import Certificate
from app.workloads.tls.hello import (
    CERTIFICATE,
    CERTIFICATE_VERIFY,
    CLIENT_HELLO,
    ENCRYPTED_EXTENSIONS,
    FINISHED,
    SERVER_HELLO,
    TLS_1_3,
    ClientHello,
    ServerHello,
    message,
    messages,
)
from app.workloads.tls.records import (
    ALERT,
    ALERTS,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    FIRST_VERSION,
    HANDSHAKE,
    Keys,
    Record,
    RecordReader,
    TlsError,
)

__all__ = ["TlsClient", "TlsServer"]

#: A key of 2048 bits signs in 256 bytes; Finished of SHA-384 has 48.
SIGNATURE_SIZE, FINISHED_SIZE = 256, 48
RSA_PSS_SHA256 = 0x0804
CHANGE = Record(CHANGE_CIPHER_SPEC, b"\x01").render()


class _End(ABC):
    """What both ends share. `out` collects what is to be sent; `is_ready` once application data may flow."""

    def __init__(self) -> None:
        self.is_ready = False
        self.is_closed = False
        self._reader = RecordReader()
        self._handshake = b""
        self._out = b""
        self._own: Keys | None = None
        self._peer: Keys | None = None

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the connection; return the plaintext that came in them. Raises TlsError.

        What the other end is to be told meanwhile is then in `take_output()`.
        """
        plaintext = b""
        for record in self._reader.feed(data):
            type_, body = record.type, record.body
            if type_ == APPLICATION_DATA:
                if self._peer is None:
                    raise TlsError(10, "unexpected message")
                type_, body = self._peer.open(record)
            if type_ == HANDSHAKE:
                found, self._handshake = messages(self._handshake + body)
                for kind, content in found:
                    self._message(kind, content)
            elif type_ == ALERT:
                self._alert(body)
            elif type_ == APPLICATION_DATA:
                plaintext += body
        return plaintext

    def take_output(self) -> bytes:
        """Return what is to be sent, and forget it."""
        output, self._out = self._out, b""
        return output

    def protect(self, plaintext: bytes) -> bytes:
        """Return the records that carry application data."""
        assert self._own is not None, "the handshake comes first"
        return self._own.protect(APPLICATION_DATA, plaintext)

    def alert(self, number: int) -> bytes:
        """Return the alert that ends the session: close_notify is a warning, all else fatal."""
        body = bytes((1 if number == 0 else 2, number))
        return self._own.protect(ALERT, body) if self._own is not None else Record(ALERT, body).render()

    def _alert(self, body: bytes) -> None:
        number = body[1] if len(body) > 1 else 0
        if number:
            raise TlsError(0, f"alert {ALERTS.get(number, str(number)).replace('_', ' ')}")
        self.is_closed = True

    @abstractmethod
    def _message(self, kind: int, content: bytes) -> None:
        """Take one message of the handshake."""


def _keys(client: ClientHello, server: ServerHello) -> tuple[Keys, Keys]:
    """Return the protection of what the client sends, and of what the server sends."""
    secret = sha256(client.random + server.random).digest()
    return Keys(secret, "client"), Keys(secret, "server")


class TlsClient(_End):
    """The client's end. `seed` makes its random; `host` is the name it asks for, "" for an address.

    `certificate` is what the server showed, once the handshake is over.
    """

    def __init__(self, host: str, seed: bytes) -> None:
        super().__init__()
        random = sha256(b"client" + seed).digest()
        self.hello = ClientHello(random, host, session_id=sha256(b"session" + seed).digest())
        self.certificate: Certificate | None = None

    def start(self) -> bytes:
        """Return the ClientHello."""
        return Record(HANDSHAKE, self.hello.render(), FIRST_VERSION).render()

    def _message(self, kind: int, content: bytes) -> None:
        if kind == SERVER_HELLO:
            self._own, self._peer = _keys(self.hello, ServerHello.parse(content))
        elif kind == CERTIFICATE:
            size = int.from_bytes(content[4:7])
            try:
                self.certificate = Certificate.parse(content[7 : 7 + size])
            except ValueError as error:
                raise TlsError(42, str(error)) from None
        elif kind == FINISHED and self._own is not None:
            verify = sha256(self.hello.random + b"client finished").digest()
            finished = message(FINISHED, (verify * 2)[:FINISHED_SIZE])
            self._out += CHANGE + self._own.protect(HANDSHAKE, finished)
            self.is_ready = True


class TlsServer(_End):
    """The server's end. `choose` finds the certificate for a name; without one the handshake fails.

    `hello` is what the client asked for, None before it has.
    """

    def __init__(self, choose: Callable[[str], Certificate | None], seed: bytes) -> None:
        super().__init__()
        self._choose = choose
        self._random = sha256(b"server" + seed).digest()
        self.hello: ClientHello | None = None
        self.certificate: Certificate | None = None

    def _message(self, kind: int, content: bytes) -> None:
        if kind == CLIENT_HELLO and self.hello is None:
            self._answer(ClientHello.parse(content))
        elif kind == FINISHED and self.hello is not None:
            self.is_ready = True
        else:
            raise TlsError(10, "unexpected message")

    def _answer(self, hello: ClientHello) -> None:
        self.hello = hello
        if TLS_1_3 not in hello.versions:
            raise TlsError(70, "unsupported protocol")
        self.certificate = self._choose(hello.server_name)
        if self.certificate is None:
            raise TlsError(112, "unrecognized name")
        answer = ServerHello(self._random, hello.session_id)
        self._peer, self._own = _keys(hello, answer)
        self._out += Record(HANDSHAKE, answer.render()).render() + CHANGE
        listed = len(self.certificate.data).to_bytes(3) + self.certificate.data + b"\0\0"
        filler = sha256(self._random + b"signature").digest() * 8
        protocol = b"\0\x10\0\x0b\0\x09\x08http/1.1" if "http/1.1" in hello.alpn else b""
        for kind, body in (
            (ENCRYPTED_EXTENSIONS, len(protocol).to_bytes(2) + protocol),
            (CERTIFICATE, b"\0" + len(listed).to_bytes(3) + listed),
            (CERTIFICATE_VERIFY, RSA_PSS_SHA256.to_bytes(2) + SIGNATURE_SIZE.to_bytes(2) + filler),
            (FINISHED, filler[:FINISHED_SIZE]),
        ):
            self._out += self._own.protect(HANDSHAKE, message(kind, body))
