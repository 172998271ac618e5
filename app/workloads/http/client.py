"""The one HTTP client: connect, shake hands, ask, read the answer, close.

curl, wget, a question `http://`, probes and the upstream side of an ingress controller all are this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from app.core.clock import Timer
from app.dataplane.hop import Param
from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.localports import local_port
from app.dataplane.netns import NetNs
from app.dataplane.tcp import Endpoint, TcpConnection
from app.workloads.http.message import HttpRequest, HttpResponse
from app.workloads.http.reader import HttpError, ResponseReader
from app.workloads.http.server import endpoint_seed, shown_line
from app.workloads.tls.certificates import Certificate
from app.workloads.tls.records import TlsError
from app.workloads.tls.session import TlsClient

__all__ = ["Fetch", "Fetched", "fetch"]


class HasNetns(Protocol):
    """A machine, or whatever else has a network namespace."""

    @property
    def netns(self) -> NetNs:
        """Where it sends from."""
        ...


class Fetched(Struct, frozen=True):
    """What became of it: a response, or `error`.

    `error` is "" or: an errno's name (ECONNREFUSED ...), "timeout", "empty" (the connection ended before an answer),
    "malformed" (the answer is no HTTP), "tls" (`detail` says what OpenSSL says). `is_connected`: TCP was open by then.
    `certificate` is what the server showed. `told_by`: the number of the packet with the ICMP error, else 0.
    """

    response: HttpResponse | None = None
    error: str = ""
    detail: str = ""
    is_connected: bool = False
    certificate: Certificate | None = None
    told_by: int = 0


class Fetch:
    """One request on its way. `on_closed` is called when the connection is closed after the answer."""

    def __init__(
        self, netns: NetNs, endpoint: Endpoint, request: HttpRequest, on_done: Callable[[Fetched], None]
    ) -> None:
        self.netns = netns
        self.endpoint = endpoint
        self.request = request
        self.connection: TcpConnection | None = None
        self.on_closed: Callable[[], None] | None = None
        #: Look at a server's certificate before anything is sent to it: the text returned ends the session.
        self.verify: Callable[[Certificate], str] | None = None
        #: Whether the connection stays open after the answer.
        self.keeps = False
        self.is_done = False
        self.connected_us: int | None = None
        self._on_done = on_done
        self._session: TlsClient | None = None
        self._reader = ResponseReader(is_head=request.method == "HEAD")
        self._timers: list[Timer] = []

    def start(
        self, *, tls: str | None = None, sport: int | None = None, ttl: int | None = None,
        connect_timeout_us: int | None = None, timeout_us: int | None = None, lasting: bool = False,
    ) -> None:  # fmt: skip
        """Connect. `tls` is the server name to ask for ("" asks for none); None: no TLS.

        `lasting`: the timeouts outlive the flow during which they run (Clock.after).
        """
        try:
            _, source = route_output(self.netns, self.endpoint[0])
        except UnroutableError as error:
            self._end(Fetched(error=str(error)))
            return
        clock = self.netns.clock
        if connect_timeout_us is not None:
            self._timers.append(clock.after(connect_timeout_us, self._late_to_connect, lasting=lasting))
        if timeout_us is not None:
            self._timers.append(clock.after(timeout_us, self._late, lasting=lasting))
        local = (source, sport or local_port(self.netns))
        if tls is not None:
            self._session = TlsClient(tls, endpoint_seed(local, self.endpoint, clock.now_us))
        self.connection = TcpConnection(self.netns, local, self.endpoint, self._on_event, ttl)
        self.connection.connect()

    def again(self, request: HttpRequest, on_done: Callable[[Fetched], None]) -> None:
        """Ask once more on a connection that was kept."""
        assert self.connection is not None and self.is_done
        self.request, self._on_done, self.is_done = request, on_done, False
        self._reader = ResponseReader(is_head=request.method == "HEAD")
        self._send(request.render())

    def close(self) -> None:
        """Give up, or let go a connection that was kept."""
        self._cancel()
        self.is_done = True
        if self.connection is not None:
            self.connection.abandon()

    # --- events ---------------------------------------------------------------------------------------------------

    def _on_event(self, event: str, data: bytes) -> None:
        connection = self.connection
        assert connection is not None
        if event == "connected":
            self.connected_us = self.netns.clock.now_us
            if self._session is None:
                self._send(self.request.render())
            else:
                connection.write(self._session.start())
        elif event == "data":
            self._take(data)
        elif event == "eof":
            self._finish_reading()
            if connection.state == "CLOSE-WAIT":
                connection.close()
            self._closed()
        elif event == "closed":
            self._closed()
        else:
            self._end(Fetched(error=event, is_connected=self.connected_us is not None, told_by=connection.told_by))

    def _take(self, data: bytes) -> None:
        if self.is_done:
            return
        try:
            plaintext = data if self._session is None else self._open(self._session, data)
            response = self._reader.feed(plaintext)
        except TlsError as error:
            self._fail(error)
        except HttpError as error:
            self._answer(Fetched(error="malformed", detail=str(error), is_connected=True))
        else:
            if response is not None:
                self._heard(response)

    def _open(self, session: TlsClient, data: bytes) -> bytes:
        was_ready = session.is_ready
        plaintext = session.receive(data)
        if session.is_ready and not was_ready:
            self._agreed(session)
        return plaintext

    def _agreed(self, session: TlsClient) -> None:
        """The handshake is over on this side: look at the certificate, then ask."""
        assert self.connection is not None and session.certificate is not None
        names = ", ".join(session.certificate.names) or "-"
        params: dict[str, Param] = {"server_name": session.hello.server_name or "-", "names": names,
                                    "subject": session.certificate.subject}  # fmt: skip
        complaint = self.verify(session.certificate) if self.verify is not None else ""
        if complaint:
            session.take_output()
            raise TlsError(42, complaint)
        self._hop("tls-handshake", "tls-handshake", params)
        self.connection.write(session.take_output() + session.protect(self.request.render()))

    def _finish_reading(self) -> None:
        """The server sends no more: what has come is all."""
        if self.is_done:
            return
        try:
            response = self._reader.feed(b"", is_end=True)
        except HttpError as error:
            self._answer(Fetched(error="malformed", detail=str(error), is_connected=True))
            return
        if response is None:
            self._answer(Fetched(error="empty", is_connected=True))
        else:
            self._heard(response)

    def _heard(self, response: HttpResponse) -> None:
        params: dict[str, Param] = {"line": shown_line(response.line), "size": len(response.body)}
        self._hop("http-response", "http-response", params)
        certificate = self._session.certificate if self._session is not None else None
        self._answer(Fetched(response, is_connected=True, certificate=certificate))

    def _fail(self, error: TlsError) -> None:
        assert self.connection is not None and self._session is not None
        self._hop("tls-handshake", "tls-handshake-failed", {"why": str(error)})
        if error.alert and error.alert != 70:
            self.connection.write(self._session.alert(error.alert))
        certificate = self._session.certificate
        self._answer(Fetched(error="tls", detail=str(error), is_connected=True, certificate=certificate))

    # --- endings --------------------------------------------------------------------------------------------------

    def _answer(self, fetched: Fetched) -> None:
        """Tell what came, and close the connection unless it is kept."""
        connection = self.connection
        assert connection is not None
        if not (self.keeps and fetched.response is not None) and connection.state == "ESTAB":
            if self._session is not None and self._session.is_ready and not fetched.error:
                connection.write(self._session.alert(0))
            connection.close()
        self._end(fetched)

    def _end(self, fetched: Fetched) -> None:
        if self.is_done:
            return
        self._cancel()
        self.is_done = True
        self._on_done(fetched)

    def _closed(self) -> None:
        if self.on_closed is not None:
            self.on_closed()

    def _late_to_connect(self) -> None:
        if self.connected_us is None:
            self._late()

    def _late(self) -> None:
        if self.connection is not None:
            self.connection.abandon()
        self._end(Fetched(error="timeout", is_connected=self.connected_us is not None))

    def _cancel(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _send(self, data: bytes) -> None:
        assert self.connection is not None
        self.connection.write(data if self._session is None else self._session.protect(data))

    def _hop(self, kind: str, code: str, params: dict[str, Param]) -> None:
        connection = self.connection
        assert connection is not None and connection.heard is not None
        self.netns.hop(connection.heard, kind, "", "program", code, params, connection.evidence())


def fetch(
    machine: HasNetns, endpoint: Endpoint, request: HttpRequest, on_done: Callable[[Fetched], None], *,
    tls: str | None = None, verify: Callable[[Certificate], str] | None = None, sport: int | None = None,
    ttl: int | None = None, connect_timeout_us: int | None = None, timeout_us: int | None = None,
    keeps: bool = False, lasting: bool = False,
) -> Fetch:  # fmt: skip
    """Send `request` from `machine` to `endpoint`; `on_done` is told once what became of it.

    `tls`: the server name of an `https` URL ("" where its host is an address); `verify` returns what is wrong with the
    certificate, or "". `keeps`: the connection stays open for `Fetch.again`. Times are virtual microseconds.
    """
    running = Fetch(machine.netns, endpoint, request, on_done)
    running.verify, running.keeps = verify, keeps
    running.start(
        tls=tls, sport=sport, ttl=ttl, connect_timeout_us=connect_timeout_us, timeout_us=timeout_us, lasting=lasting
    )
    return running
