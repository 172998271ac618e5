"""One query over UDP, or over TCP, from a program to a name server: what every resolver and `dig` send with.

Sources: RFC 1035 section 4.2; glibc resolv/res_send.c (a connected socket: an ICMP error is an answer too).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from ipaddress import IPv4Address

from app.core.dnsmessage import Message, encode
from app.core.dnsname import shown_name
from app.dataplane.headers import IPv4, Payload, Udp
from app.dataplane.hop import Evidence
from app.dataplane.icmp import errno_of
from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.localports import free_udp_port, local_port
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.sockets import UdpSocket
from app.dataplane.tcp import TcpConnection
from app.dataplane.udp import send_datagram
from app.workloads.dns.transport import framed, message_of, unframed

__all__ = ["PORT", "DatagramQuery", "Query", "StreamQuery"]

PORT = 53
OnMessage = Callable[[Message], None]


class Query(ABC):
    """What goes from one program to one name server.

    `on_message` gets every answer to a query that was sent; `on_failure` is told of an error, whose name is `failure`.
    """

    def __init__(
        self, netns: NetNs, address: str, on_message: OnMessage, on_failure: Callable[[], None],
        evidence: Evidence | None = None, port: int = PORT,
    ) -> None:  # fmt: skip
        self.netns = netns
        self.address = address
        self.port = port
        self.evidence = evidence
        self.on_message = on_message
        self.on_failure = on_failure
        self.failure = ""

    @abstractmethod
    def send(self, message: Message, attempt: int = 1) -> bool:
        """Send a query; False where this host's own kernel refuses (`failure` is the errno's name)."""

    @abstractmethod
    def close(self) -> None:
        """Let the socket go; a late answer finds nobody."""

    def fail(self, errno: str) -> None:
        """Tell of an error."""
        self.failure = errno
        self.on_failure()

    def source(self) -> IPv4Address | None:
        """Return the address to send from; None, and a `failure`, where no route leads to the server."""
        try:
            return route_output(self.netns, IPv4Address(self.address))[1]
        except UnroutableError as error:
            self.failure = str(error)
            return None


class DatagramQuery(Query):
    """A connected UDP socket; several queries may go through it (A and AAAA of glibc do). It hears of ICMP errors."""

    _local: tuple[IPv4Address, int] | None = None
    _asked: frozenset[int] = frozenset()

    def send(self, message: Message, attempt: int = 1) -> bool:
        """Send a query from the same port as those before."""
        remote = (IPv4Address(self.address), self.port)
        if self._local is None:
            source = self.source()
            if source is None:
                return False
            self._local = (source, free_udp_port(self.netns, source))
            self.netns.sockets.udp[self._local] = UdpSocket(self._local, remote, self._on_data, self._on_error)
        self._asked |= {message.id}
        data = encode(message, compress=False)
        self.failure = send_datagram(
            self.netns, self._local, remote, Payload(len(data), data), "request", attempt=attempt,
            before=lambda packet: tell_query(self.netns, packet, message, self.address, self.evidence),
        )  # fmt: skip
        return not self.failure

    def close(self) -> None:
        """Close the socket."""
        if self._local is not None:
            self.netns.sockets.udp.pop(self._local, None)
            self._local = None

    def _on_data(self, packet: Packet) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Udp) and isinstance(ip.payload.payload, Payload)
        message = message_of(ip.payload.payload.data)
        if message is not None and message.is_response and message.id in self._asked:
            self.on_message(message)

    def _on_error(self, type_: int, code: int, _packet: Packet) -> None:
        errno, is_hard = errno_of(type_, code)
        if is_hard:
            self.fail(errno)


class StreamQuery(Query):
    """One query over TCP. A connection that is refused, reset or closed too early is a failure."""

    _connection: TcpConnection | None = None

    def send(self, message: Message, attempt: int = 1) -> bool:  # noqa: ARG002  (TCP counts its own attempts)
        """Connect; the query follows once the connection is there."""
        source = self.source()
        if source is None:
            return False
        local, remote = (source, local_port(self.netns)), (IPv4Address(self.address), self.port)
        read = bytearray()
        self._connection = TcpConnection(
            self.netns, local, remote, lambda event, data: self._on_event(message, read, event, data)
        )
        self._connection.connect()
        return True

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _on_event(self, asked: Message, read: bytearray, event: str, data: bytes) -> None:
        if self._connection is None:
            return
        if event == "connected":
            self._connection.write(framed(asked))
        elif event == "data":
            read += data
            for each in unframed(read):
                message = message_of(each)
                if message is not None and message.id == asked.id:
                    self.on_message(message)
        else:
            self.fail(event)


def tell_query(netns: NetNs, packet: Packet, message: Message, server: str, evidence: Evidence | None) -> None:
    """Record that a query goes out, and why to this server."""
    question = message.questions[0]
    params: dict[str, str | int] = {"name": shown_name(question.name), "type": question.type, "server": server}
    netns.hop(packet, "dns-query", "", "dns", "dns-query", params, evidence)
