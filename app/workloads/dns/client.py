"""One query over UDP, or over TCP, from a program to a name server: what every resolver and `dig` send with.

Sources: RFC 1035 section 4.2; glibc resolv/res_send.c (a connected socket: an ICMP error is an answer too).
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from app.core.dnsmessage import Message, encode
from app.core.dnsname import shown_name
from app.dataplane.headers import IPv4, Payload, Udp
from app.dataplane.hop import Evidence
from app.dataplane.icmp import errno_of
from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.sockets import UdpSocket
from app.dataplane.tcp import TcpConnection
from app.dataplane.udp import send_datagram
from app.workloads.dns.transport import framed, message_of

__all__ = ["PORT", "DatagramQuery", "StreamQuery", "free_port"]

PORT = 53
LOWEST_PORT, HIGHEST_PORT = 32768, 60999
OnMessage = Callable[[Message], None]


def free_port(netns: NetNs, address: IPv4Address) -> int:
    """Return a source port that no other UDP socket of that address has."""
    port = netns.network.rng.between(LOWEST_PORT, HIGHEST_PORT)
    while (address, port) in netns.sockets.udp:
        port = LOWEST_PORT + (port + 1 - LOWEST_PORT) % (HIGHEST_PORT + 1 - LOWEST_PORT)
    return port


class DatagramQuery:
    """A connected UDP socket; several queries may go through it (A and AAAA of glibc do).

    `on_message` gets every answer to a query that was sent; `on_failure` is told of an ICMP error.
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
        self._local: tuple[IPv4Address, int] | None = None
        self._asked: set[int] = set()

    @property
    def local_port(self) -> int:
        """The source port; 0 before the first query."""
        return self._local[1] if self._local else 0

    def send(self, message: Message, attempt: int = 1) -> bool:
        """Send a query; False where this host's own kernel refuses (`failure` is the errno's name)."""
        remote = IPv4Address(self.address)
        if self._local is None:
            try:
                _, source = route_output(self.netns, remote)
            except UnroutableError as error:
                self.failure = str(error)
                return False
            self._local = (source, free_port(self.netns, source))
            socket = UdpSocket(self._local, (remote, self.port), self._on_data, self._on_error)
            self.netns.sockets.udp[self._local] = socket
        self._asked.add(message.id)
        data = encode(message, compress=False)
        self.failure = send_datagram(
            self.netns, self._local, (remote, self.port), Payload(len(data), data), "request", attempt=attempt,
            before=lambda packet: self._tell(packet, message),
        )  # fmt: skip
        return not self.failure

    def close(self) -> None:
        """Close the socket; a late answer finds nobody."""
        if self._local is not None:
            self.netns.sockets.udp.pop(self._local, None)
            self._local = None

    def _tell(self, packet: Packet, message: Message) -> None:
        tell_query(self.netns, packet, message, self.address, self.evidence)

    def _on_data(self, packet: Packet) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Udp) and isinstance(ip.payload.payload, Payload)
        message = message_of(ip.payload.payload.data)
        if message is not None and message.is_response and message.id in self._asked:
            self.on_message(message)

    def _on_error(self, type_: int, code: int, _packet: Packet) -> None:
        errno, is_hard = errno_of(type_, code)
        if is_hard:
            self.failure = errno
            self.on_failure()


class StreamQuery:
    """One query over TCP. `on_failure` is told of a connection that is refused, reset or closed too early."""

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
        self._connection: TcpConnection | None = None
        self._message: Message | None = None
        self._read = bytearray()

    def send(self, message: Message, _attempt: int = 1) -> bool:
        """Connect and send; False where this host's own kernel refuses."""
        remote = IPv4Address(self.address)
        try:
            _, source = route_output(self.netns, remote)
        except UnroutableError as error:
            self.failure = str(error)
            return False
        port = self.netns.network.rng.between(LOWEST_PORT, HIGHEST_PORT)
        self._message = message
        self._connection = TcpConnection(self.netns, (source, port), (remote, self.port), self._on_event)
        self._connection.connect()
        return True

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _on_event(self, event: str, data: bytes) -> None:
        connection = self._connection
        if connection is None or self._message is None:
            return
        if event == "connected":
            connection.write(framed(self._message))
        elif event == "data":
            self._read += data
            if len(self._read) >= 2 and len(self._read) >= 2 + int.from_bytes(self._read[:2]):
                message = message_of(bytes(self._read[2 : 2 + int.from_bytes(self._read[:2])]))
                if message is not None and message.id == self._message.id:
                    self.on_message(message)
        else:
            self.failure = event
            self.on_failure()


def tell_query(netns: NetNs, packet: Packet, message: Message, server: str, evidence: Evidence | None) -> None:
    """Record that a query goes out, and why to this server."""
    question = message.questions[0]
    params: dict[str, str | int] = {"name": shown_name(question.name), "type": question.type, "server": server}
    netns.hop(packet, "dns-query", "", "dns", "dns-query", params, evidence)
