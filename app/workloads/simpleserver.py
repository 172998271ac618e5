"""Servers that answer every request at once from one port: a class gives the port and the answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import ClassVar

from app.dataplane.sockets import ANY, Listener
from app.workloads.http.dates import http_date, now_of
from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange, HttpServer
from app.workloads.images import Image
from app.workloads.machine import World
from app.workloads.ports import annotated
from app.workloads.tls.certificates import Certificate

__all__ = ["SimpleServer", "go_response"]

#: Go's server closes an idle connection when IdleTimeout says so; these programs set none.
NEVER_US = 10**12


class SimpleServer(Image):
    """A server of one port on every address, unless `host` says otherwise."""

    process: ClassVar[str]

    @property
    def words(self) -> Sequence[str]:
        """The command line as far as the manifest gives it."""
        return self.container.command

    @abstractmethod
    def port(self) -> str:
        """Return the port."""

    @abstractmethod
    def handle(self, exchange: Exchange) -> HttpResponse:
        """Answer a request."""

    def host(self) -> str:
        """Return the address to bind to, "" for all."""
        return ""

    def certificate(self) -> Certificate | None:
        """Return what it shows to TLS clients; None: it speaks plain HTTP."""
        return None

    def greet(self) -> None:
        """Say something when the socket is open."""

    def start(self) -> None:
        """Open the socket. ValueError: the port is taken, or is none."""
        shown = self.certificate()
        program = HttpServer(
            self.process, lambda exchange: exchange.respond(self.handle(exchange)),
            certificates=None if shown is None else lambda _name: shown, keep_alive_us=NEVER_US,
        )  # fmt: skip
        for address, port in self._places():
            self.container.listen(Listener("tcp", port, self.process, address, program=program))
        self.greet()

    def _places(self) -> list[tuple[IPv4Address, int]]:
        given = annotated(self.container)
        if given is not None:
            return [(each.address, each.port) for each in given if each.protocol == "tcp"]
        port, host = self.port(), self.host()
        if not port.isdecimal() or not 1 <= int(port[:6]) <= 65535:
            raise ValueError(f"listen tcp: address {port}: invalid port")
        try:
            address = ANY if host in ("", "*") else IPv4Address("127.0.0.1" if host == "localhost" else host)
        except AddressValueError:
            raise ValueError(f"listen tcp: lookup {host}: no such host") from None
        return [(address, int(port))]


def go_response(world: World, body: bytes, status: int = 200, kind: str = "text/plain; charset=utf-8") -> HttpResponse:
    """Return an answer with the headers that Go's net/http puts there, in its order."""
    headers = [("Date", http_date(now_of(world))), ("Content-Length", str(len(body)))]
    return HttpResponse(status, tuple(headers + ([("Content-Type", kind)] if body else [])), body)
