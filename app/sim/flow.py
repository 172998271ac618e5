"""The program that sends: a ping, a TCP client, a UDP client. Each ends with what its socket learned.

Like `ping -c 1 -W 5`, `nc -w 5` and a connected UDP socket with a five-second timeout.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from ipaddress import IPv4Address

from app.core.addresstext import address_text
from app.core.clock import Timer
from app.dataplane.conntrack import ConnectionEvidence
from app.dataplane.headers import L4, Icmp, IPv4, Payload, Tcp, Udp
from app.dataplane.icmp import default_ttl, errno_of
from app.dataplane.interface import Interface
from app.dataplane.ip import UnroutableError, route_output, send_local
from app.dataplane.localports import local_port
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.pmtu import mtu_evidence, path_mtu
from app.dataplane.sockets import PingSocket, UdpSocket
from app.dataplane.tcp import TcpConnection
from app.dataplane.tcpreceive import PROBE_LINE
from app.dataplane.udp import send_datagram
from app.sim.request import Destination, TraceRequest
from app.sim.trace import Caption
from app.sim.tracked import tracked

__all__ = ["PATIENCE_US", "Flow", "PingFlow", "TcpFlow", "UdpFlow", "told_errno"]

PATIENCE_US = 5_000_000
ECHO_SIZE = 56
#: Zeros: a line of text on port 53 would be a malformed query to everybody who reads a capture of it.
UDP_SIZE = 24

ICMP_LEARNED = {
    (3, 0): "icmp-net-unreachable", (3, 1): "icmp-host-unreachable", (3, 3): "icmp-port-unreachable",
    (3, 4): "icmp-frag-needed", (3, 9): "icmp-net-unreachable", (3, 13): "icmp-host-unreachable",
    (11, 0): "icmp-time-exceeded",
}  # fmt: skip
#: Errnos for which the trace's closed list has a word.
ERRNOS = ("ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "EMSGSIZE", "ENETUNREACH")


def told_errno(errno: str) -> str:
    """Return the word of the trace's closed list for what a system call failed with."""
    return errno if errno in ERRNOS else "EHOSTUNREACH"


class Flow(ABC):
    """One question and its answer. `learned` is None while the program waits; `told_by` is the packet that told it.

    Of an HTTP answer there are `http_status` and `answer_line`; `failure` says why one that began did not come.
    """

    patience_us = PATIENCE_US
    rcode = ""

    def __init__(self, netns: NetNs, to: Destination, request: TraceRequest) -> None:
        self.netns = netns
        self.to = to
        self.request = request
        self.learned: str | None = None
        self.learned_us = 0
        self.told_by: Packet | None = None
        #: Every node's connections while the flow was open.
        self.connections: dict[str, Sequence[ConnectionEvidence]] = {}
        self.http_status: int | None = None
        self.answer_line = ""
        self.failure: Caption | None = None
        self.dev: Interface = netns.interfaces["lo"]
        self._timer: Timer | None = None
        #: Where the record stood when the program began: what is before is the lookup of its name.
        self._first_hop = len(netns.network.hops)

    def start(self) -> None:
        """Find a route and send, unless this host's own kernel refuses."""
        try:
            route, source = route_output(self.netns, self.to.address)
        except UnroutableError as error:
            self._unroutable()
            self.learned = told_errno(str(error))
            return
        self._timer = self.netns.clock.after(self.patience_us, lambda: self.give_up(self.patience_us))
        self.dev = self.netns.interfaces["lo" if route.type == "local" else route.dev]
        self.send(source)

    @abstractmethod
    def send(self, source: IPv4Address) -> None:
        """Open the socket and send the first packet."""

    @abstractmethod
    def close(self) -> None:
        """Close the socket."""

    @abstractmethod
    def first_packet(self) -> L4:
        """Return what the first packet would carry."""

    def local_port(self) -> int:
        """Return the source port: the one asked for, or one drawn from net.ipv4.ip_local_port_range."""
        return self.request.sport or local_port(self.netns)

    def finish(self, learned: str, packet: Packet | None = None) -> None:
        """Note what was learned; the first answer counts."""
        if self.learned is None:
            self.learned = learned
            self.learned_us = self.netns.clock.now_us
            self.told_by = packet
            self.look()
        if self._timer is not None:
            self._timer.cancel()

    def refused(self, errno: str) -> None:
        """Note that sendmsg() itself failed, if it did: the second look for a way, after OUTPUT, found none."""
        if errno:
            self.finish(told_errno(errno))

    def look(self) -> None:
        """Note which connections the nodes track now, unless that was noted before the flow began to close."""
        if not self.connections:
            self.connections = tracked(self.netns.network)

    def build(self, source: IPv4Address, payload: L4) -> Packet:
        """Return the first request."""
        number = self.netns.network.next_number()
        is_icmp = isinstance(payload, Icmp)
        ttl = self.request.ttl or default_ttl(self.netns)
        df = self.request.df if is_icmp else True
        return Packet(
            number, "request", 1, None, ip_packet(source, self.to.address, payload, ttl=ttl, df=df, ident=number)
        )

    def _unroutable(self) -> None:
        """Show the packet that never was: send_local() records the failing route."""
        source = IPv4Address(0)
        send_local(self.netns, self.build(source, self.first_packet()))

    def give_up(self, waited_us: int) -> None:
        """Nothing came in that time."""
        source = self.netns.primary_address("lo", self.to.address) or IPv4Address(0)
        sent = [h.packet for h in self.netns.network.hops[self._first_hop :] if h.packet.leg == "request"]
        packet = sent[0] if sent else self.build(source, self.first_packet())
        params: dict[str, str | int] = {"seconds": waited_us // 1_000_000, "dst": address_text(self.to.address)}
        self.netns.hop(packet, "timeout", "", "socket", "timeout", params, None)
        self.on_timeout()

    def packet(self, number: int) -> Packet | None:
        """Return a packet of the flow, such as the ICMP error that told of its end, to tell that cause from a RST."""
        return next((h.packet for h in self.netns.network.hops if h.packet.number == number), None)

    def on_timeout(self) -> None:
        """Say what a program concludes from silence."""
        self.finish("timeout")


class PingFlow(Flow):
    """One echo request."""

    _ident = 0

    def first_packet(self) -> L4:
        """Return the echo request."""
        size = ECHO_SIZE if self.request.size is None else self.request.size
        return Icmp(8, 0, self._ident, 1, Payload(size))

    def send(self, source: IPv4Address) -> None:
        """Send it, unless DF is set and it does not fit: then sendmsg() itself fails."""
        self._ident = self.netns.network.rng.between(1, 65535)
        packet = self.build(source, self.first_packet())
        dev, ip = self.dev, packet.net
        assert isinstance(ip, IPv4)
        route, _ = route_output(self.netns, ip.dst)
        mtu = path_mtu(self.netns, route, ip.dst)
        if ip.df and ip.length > mtu:
            measure = mtu_evidence(self.netns, route, ip.dst)
            params: dict[str, str | int] = {"length": ip.length, "mtu": mtu, "iface": dev.name}
            self.netns.hop(packet, "mtu-exceeded", dev.name, "output", "emsgsize", params, measure)
            self.finish("EMSGSIZE")
            return
        self.netns.sockets.pings[self._ident] = PingSocket(self._ident, self._on_reply, self._on_error)
        self.refused(send_local(self.netns, packet))

    def close(self) -> None:
        """Close the ping socket."""
        self.netns.sockets.pings.pop(self._ident, None)

    def _on_reply(self, packet: Packet) -> None:
        self.finish("echo-reply", packet)

    def _on_error(self, type_: int, code: int, packet: Packet) -> None:
        self.finish(ICMP_LEARNED.get((type_, code), "icmp-host-unreachable"), packet)


class UdpFlow(Flow):
    """One datagram, and one back."""

    _socket: UdpSocket | None = None

    def first_packet(self) -> L4:
        """Return the datagram."""
        return Udp(self.local_port(), self.to.port, self._payload())

    def _payload(self) -> Payload:
        return Payload(UDP_SIZE if self.request.size is None else self.request.size)

    def send(self, source: IPv4Address) -> None:
        """Send it from a connected socket."""
        local, remote = (source, self.local_port()), (self.to.address, self.to.port)
        self._socket = UdpSocket(local, remote, self._on_data, self._on_error)
        self.netns.sockets.udp[local] = self._socket
        self.refused(send_datagram(self.netns, local, remote, self._payload(), "request", self.request.ttl))

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self.netns.sockets.udp.pop(self._socket.local, None)

    def _on_data(self, packet: Packet) -> None:
        self.finish("answered", packet)

    def _on_error(self, type_: int, code: int, packet: Packet) -> None:
        """Fail by a hard error, and by one about the length (udp_err)."""
        errno, is_hard = errno_of(type_, code)
        if is_hard or errno == "EMSGSIZE":
            self.finish(told_errno(errno), packet)


class TcpFlow(Flow):
    """Connect, send a line, read a line, close."""

    _connection: TcpConnection | None = None
    _is_open = False
    _has_data = False

    def first_packet(self) -> L4:
        """Return the SYN."""
        return Tcp(self.local_port(), self.to.port, "S", 0, 0, options_size=20)

    def send(self, source: IPv4Address) -> None:
        """Connect."""
        local, remote = (source, self.local_port()), (self.to.address, self.to.port)
        self._connection = TcpConnection(self.netns, local, remote, self._on_event, self.request.ttl)
        self._connection.connect()

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.abandon()

    def _on_event(self, event: str, _data: bytes) -> None:
        assert self._connection is not None
        if event == "connected":
            self._is_open = True
            self._connection.write(PROBE_LINE, self.request.size)
        elif event == "data":
            self._has_data = True
            self.look()
            self._connection.close()
        elif event in ("closed", "eof"):
            self.finish("connected" if self._has_data else "handshake-only")
        else:
            self.finish(told_errno(event), self.packet(self._connection.told_by))

    def on_timeout(self) -> None:
        """Tell an open connection that stayed silent from one that never opened."""
        self.finish("connected" if self._has_data else "handshake-only" if self._is_open else "timeout")
