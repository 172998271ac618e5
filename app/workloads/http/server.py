"""What every HTTP server shares: connections, TLS, requests one after the other, keep-alive.

A server is an HttpServer with a handler: it is given an Exchange for each request, and answers at once or later.
Sources: RFC 9112, section 9; ngx_http_core_module (keepalive_timeout); Go's net/http (Server.IdleTimeout).
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from app.core.addresstext import address_text
from app.core.clock import Timer
from app.dataplane.hop import Evidence, Param
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.tcp import Endpoint, OnEvent, TcpConnection
from app.workloads.http.message import HttpRequest, HttpResponse
from app.workloads.http.reader import HttpError, RequestReader
from app.workloads.tls.certificates import Certificate
from app.workloads.tls.records import ALERTS, TlsError
from app.workloads.tls.session import TlsServer

__all__ = ["Exchange", "Handler", "HttpServer", "shown_line"]

#: The longest part of a line that a caption tells.
SHOWN = 100
#: HTTP spoken to a port that expects TLS: nginx's own status for it, sent as 400.
PLAIN_TO_TLS = 497
#: What the kubelet calls itself.
PROBE_AGENT = "kube-probe/1.34"


class Exchange:
    """One request, and the way to answer it: `respond` once."""

    def __init__(self, netns: NetNs, local: Endpoint, remote: Endpoint, request: HttpRequest) -> None:
        self.netns = netns
        self.local = local
        #: The client's end, as the server sees it.
        self.remote = remote
        self.request = request
        #: When the request was read.
        self.began_us = netns.clock.now_us
        self.is_tls = False
        #: The name of TLS's SNI, "" where none came.
        self.server_name = ""
        #: The answer, once there is one.
        self.response: HttpResponse | None = None
        #: Called if the client goes away before it is answered.
        self.on_gone: Callable[[], None] | None = None

    @property
    def client(self) -> IPv4Address:
        """The address that the server sees."""
        return self.remote[0]

    def hop(self, kind: str, code: str, params: dict[str, Param], evidence: Evidence | None = None) -> None:
        """Record what the server did about the request."""

    def respond(self, response: HttpResponse) -> None:
        """Answer; a second answer is dropped."""
        if self.response is None:
            self.response = response


class _Conversation(Exchange):
    """An exchange over a connection."""

    def __init__(self, talk: _Talk, request: HttpRequest) -> None:
        super().__init__(talk.connection.netns, talk.connection.local, talk.connection.remote, request)
        self.is_tls = talk.session is not None
        self.server_name = talk.session.hello.server_name if talk.session and talk.session.hello else ""
        self._talk = talk

    def hop(self, kind: str, code: str, params: dict[str, Param], evidence: Evidence | None = None) -> None:
        self._talk.hop(kind, code, params, evidence)

    def respond(self, response: HttpResponse) -> None:
        if self.response is None:
            self.response = response
            self._talk.respond(self.request, response)


Handler = Callable[[Exchange], None]
Refusal = Callable[[HttpError, TcpConnection], HttpResponse]
ChooseCertificate = Callable[[str], Certificate | None]


def _refusal(error: HttpError, _connection: TcpConnection) -> HttpResponse:
    return HttpResponse(400 if error.status == PLAIN_TO_TLS else error.status, (("Connection", "close"),))


class HttpServer:
    """The program behind a listening socket. `process` is its name in captions; `certificates` makes it speak TLS.

    `refuse` answers what is no HTTP; `keep_alive_us` is how long a connection may be idle, 0: one request each.
    """

    def __init__(
        self,
        process: str,
        handler: Handler,
        *,
        certificates: ChooseCertificate | None = None,
        refuse: Refusal = _refusal,
        keep_alive_us: int = 65_000_000,
    ) -> None:
        self.process = process
        self.handler = handler
        self.certificates = certificates
        self.refuse = refuse
        self.keep_alive_us = keep_alive_us

    def on_datagram(self, netns: NetNs, packet: Packet) -> None:
        """A datagram is nothing for it."""

    def on_connection(self, connection: TcpConnection, packet: Packet) -> OnEvent:  # noqa: ARG002  (Program's form)
        """Take a connection."""
        return _Talk(self, connection).on_event

    def ask(self, netns: NetNs, local: Endpoint, remote: Endpoint, path: str) -> int:
        """Return the status that a probe of the kubelet's gets, without a packet; 504 if the answer comes later."""
        headers = (("Host", f"{local[0]}:{local[1]}"), ("User-Agent", PROBE_AGENT), ("Accept", "*/*"))
        exchange = Exchange(netns, local, remote, HttpRequest("GET", path, (*headers, ("Connection", "close"))))
        self.handler(exchange)
        return exchange.response.status if exchange.response is not None else 504


class _Talk:
    """One connection of a server."""

    def __init__(self, server: HttpServer, connection: TcpConnection) -> None:
        self.server = server
        self.connection = connection
        self.session: TlsServer | None = None
        if server.certificates is not None:
            self.session = TlsServer(server.certificates, _seed(connection))
        self._reader = RequestReader()
        self._waiting: list[HttpRequest] = []
        self._exchange: Exchange | None = None
        self._is_closing = False
        self._idle: Timer | None = None

    def on_event(self, event: str, data: bytes) -> None:
        """Take what the connection tells."""
        if event == "data":
            self._take(data)
        elif event == "eof" and self._exchange is None:
            self._close()
        elif event == "eof":
            self._is_closing = True
        else:
            self._gone()

    def _take(self, data: bytes) -> None:
        if self._is_closing:
            return
        try:
            plaintext = data if self.session is None else self._open(self.session, data)
            self._waiting += self._reader.feed(plaintext) if plaintext else []
        except TlsError as error:
            self._fail(error, data)
        except HttpError as error:
            self._refuse(error)
        else:
            self._next()

    def _open(self, session: TlsServer, data: bytes) -> bytes:
        is_new = session.hello is None
        plaintext = session.receive(data)
        if is_new and session.hello is not None and session.certificate is not None:
            params: dict[str, Param] = {
                "server_name": session.hello.server_name or "-",
                "subject": session.certificate.subject,
                "process": self.server.process,
            }
            code = "tls-handshake-certificate" if session.hello.server_name else "tls-handshake-default"
            self.hop("tls-handshake", code, params)
        output = session.take_output()
        if output:
            self.connection.write(output)
        return plaintext

    def _fail(self, error: TlsError, data: bytes) -> None:
        assert self.session is not None
        if self.session.hello is None and data[:1].isalpha():
            self.session = None
            self._refuse(HttpError(PLAIN_TO_TLS, "client sent plain HTTP request to HTTPS port"))
            return
        params: dict[str, Param] = {"why": str(error), "alert": ALERTS.get(error.alert, "-")}
        self.hop("tls-handshake", "tls-handshake-failed", params)
        if error.alert:
            self.connection.write(self.session.alert(error.alert))
        self._close()

    def _refuse(self, error: HttpError) -> None:
        self.hop("http-request", "http-request-bad", {"process": self.server.process, "why": str(error)})
        self._send(self.server.refuse(error, self.connection).render())
        self._close()

    def _next(self) -> None:
        """Hand the next request to the handler, unless one is being answered."""
        if self._exchange is not None or not self._waiting or self._is_closing:
            return
        if self._idle is not None:
            self._idle.cancel()
        request = self._waiting.pop(0)
        self._exchange = _Conversation(self, request)
        params: dict[str, Param] = {
            "process": self.server.process, "line": shown_line(request.line), "host": request.header("host", "-"),
            "client": address_text(self.connection.remote[0]),
        }  # fmt: skip
        self.hop("http-request", "http-request", params)
        self.server.handler(self._exchange)

    def respond(self, request: HttpRequest, response: HttpResponse) -> None:
        """Send an answer, and go on as client and server want."""
        if self._exchange is None:
            return
        self._exchange = None
        self._send(response.render(is_head=request.method == "HEAD"))
        is_last = not request.is_persistent or response.header("connection").lower() == "close"
        if is_last or self._is_closing or self.server.keep_alive_us == 0:
            self._close()
            return
        self._idle = self.connection.netns.clock.after(self.server.keep_alive_us, self._close)
        self._next()

    def hop(self, kind: str, code: str, params: dict[str, Param], evidence: Evidence | None = None) -> None:
        """Record what was made of the segment that came last."""
        packet = self.connection.heard
        assert packet is not None
        self.connection.netns.hop(packet, kind, "", "program", code, params, evidence or self.connection.evidence())

    def _send(self, data: bytes) -> None:
        self.connection.write(data if self.session is None else self.session.protect(data))

    def _close(self) -> None:
        self._is_closing = True
        if self._idle is not None:
            self._idle.cancel()
        if self.connection.state not in ("ESTAB", "CLOSE-WAIT"):
            return
        if self.session is not None and self.session.is_ready and not self.session.is_closed:
            self.connection.write(self.session.alert(0))
        self.connection.close()

    def _gone(self) -> None:
        """The connection is over: an answer would find nobody."""
        if self._idle is not None:
            self._idle.cancel()
        exchange, self._exchange = self._exchange, None
        if exchange is not None and exchange.on_gone is not None and exchange.response is None:
            exchange.on_gone()


def shown_line(line: str) -> str:
    """Return a line as captions show it."""
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _seed(connection: TcpConnection) -> bytes:
    """Return what a session's random is made from: no two connections of a cluster are at one time between one pair."""
    return endpoint_seed(connection.local, connection.remote, connection.netns.clock.now_us)


def endpoint_seed(local: Endpoint, remote: Endpoint, now_us: int) -> bytes:
    """Return bytes that stand for one connection."""
    return f"{local} {remote} {now_us}".encode()
