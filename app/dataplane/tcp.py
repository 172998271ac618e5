"""TCP: open, one line of data each way, close; reset, and retransmission of what is not acknowledged.

Sequence numbers are relative to the connection's start. Sources: RFC 9293; Linux net/ipv4/tcp_input.c, tcp_timer.c,
tcp_ipv4.c. Simplified (docs/fidelity.md#tcp): one segment outstanding at a time, no windows, no congestion control.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from app.core.addresstext import address_text
from app.core.clock import Timer
from app.dataplane.headers import TCP_HEADER, IPv4, Payload, Tcp
from app.dataplane.hop import Evidence, Text
from app.dataplane.icmp import default_ttl
from app.dataplane.interface import Interface
from app.dataplane.ip import send_local
from app.dataplane.netns import NetNs
from app.dataplane.packet import Leg, Packet, ip_packet
from app.dataplane.sockets import ss_row

__all__ = ["TcpConnection", "tcp_receive"]

Endpoint = tuple[IPv4Address, int]

#: A SYN carries MSS, SACK, timestamps, window scale (20 bytes); later segments carry timestamps (12); a RST nothing.
SYN_OPTIONS, TIMESTAMP_OPTIONS = 20, 12
#: TCP_TIMEOUT_INIT. The first four retransmissions of a SYN come at this pace (tcp_syn_linear_timeouts, since 6.5).
SYN_TIMEOUT_US = 1_000_000
SYN_LINEAR_TIMEOUTS = 4
#: TCP_RTO_MIN, for data on a connection whose round trip is far shorter.
DATA_TIMEOUT_US = 200_000

NOTHING = Payload(0)

#: Errno by which connect() fails on an ICMP error. Source: icmp_err_convert[], tcp_v4_err().
CONNECT_ERRORS = {
    (3, 0): "ENETUNREACH", (3, 1): "EHOSTUNREACH", (3, 2): "ENOPROTOOPT", (3, 3): "ECONNREFUSED",
    (3, 13): "EHOSTUNREACH", (11, 0): "EHOSTUNREACH",
}  # fmt: skip


class TcpConnection:
    """One end of a connection. `on_event` is told "connected", "data" and the text, "eof", "closed", or an errno's name
    and, where an ICMP error brought it, `icmp` and that packet's number.

    States have the names that `ss` prints: SYN-SENT, SYN-RECV, ESTAB, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, LAST-ACK, ...
    """

    def __init__(
        self,
        netns: NetNs,
        local: Endpoint,
        remote: Endpoint,
        on_event: Callable[[str, str], None],
        ttl: int | None = None,
    ) -> None:
        self.netns = netns
        self.local = local
        self.remote = remote
        self.state = "CLOSED"
        self.ttl = ttl
        self._on_event = on_event
        self._next_seq = 0
        self._expected = 0
        self._timer: Timer | None = None
        netns.sockets.connections[local[0], local[1], remote[0], remote[1]] = self

    # --- what the program does ---------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Send the SYN."""
        self.state = "SYN-SENT"
        self._send("S", "request")

    def answer_syn(self, packet: Packet) -> None:
        """Server side: answer a SYN."""
        self.state = "SYN-RECV"
        self._expected = 1
        self._send("SA", "reply", attempt=packet.attempt)

    def write(self, text: str, size: int | None = None) -> None:
        """Send one line; `size` bytes of it if that is given."""
        self._send("PA", "data", payload=Payload(len(text.encode()) if size is None else size, text))

    def close(self) -> None:
        """Send the FIN: no more data will come from this side."""
        self.state = "LAST-ACK" if self.state == "CLOSE-WAIT" else "FIN-WAIT-1"
        self._send("FA", "data")

    def abandon(self) -> None:
        """Forget the connection: the program has given up."""
        self._stop_timer()
        self.state = "CLOSED"
        self.netns.sockets.connections.pop((*self.local, *self.remote), None)

    # --- what the network brings --------------------------------------------------------------------------------------

    def segment(self, packet: Packet) -> None:
        """Take a segment of this connection."""
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Tcp)
        tcp = ip.payload
        if "R" in tcp.flags:
            self._reset()
            return
        if "A" in tcp.flags and tcp.ack == self._next_seq:
            self._acknowledged()
        if self.state == "SYN-SENT" and tcp.flags == "SA":
            self._expected = 1
            self.state = "ESTAB"
            self._acknowledge()
            self._on_event("connected", "")
        elif tcp.seq == self._expected and tcp.payload.size:
            self._expected += tcp.payload.size
            self._acknowledge()
            self._on_event("data", tcp.payload.text)
        elif tcp.seq == self._expected and "F" in tcp.flags:
            self._finished_by_peer()
        elif tcp.seq < self._expected and (tcp.payload.size or "F" in tcp.flags or tcp.flags == "SA"):
            self._acknowledge()

    def _reset(self) -> None:
        """The other side has no such connection: refused while opening, reset later."""
        errno = "ECONNREFUSED" if self.state == "SYN-SENT" else "ECONNRESET"
        self.abandon()
        self._on_event(errno, "")

    def _acknowledged(self) -> None:
        """All that was sent has arrived."""
        self._stop_timer()
        if self.state == "SYN-RECV":
            self.state = "ESTAB"
        elif self.state == "FIN-WAIT-1":
            self.state = "FIN-WAIT-2"
        elif self.state == "LAST-ACK":
            self.abandon()

    def _finished_by_peer(self) -> None:
        """The other side sends no more."""
        self._expected += 1
        if self.state == "ESTAB":
            self.state = "CLOSE-WAIT"
            self._on_event("eof", "")
        else:
            self.state = "TIME-WAIT"
            self._acknowledge()
            self._on_event("closed", "")

    def on_error(self, type_: int, code: int, packet: Packet) -> None:
        """An ICMP error about this connection: it fails connect(), and is a soft error afterwards (tcp_v4_err)."""
        errno = CONNECT_ERRORS.get((type_, code))
        if self.state == "SYN-SENT" and errno is not None:
            self.abandon()
            self._on_event(errno, f"icmp {packet.number}")

    # --- sending ------------------------------------------------------------------------------------------------------

    def _acknowledge(self) -> None:
        """Send a bare ACK."""
        self._transmit(self._build("A", NOTHING), "data", 1)

    def _send(self, flags: str, leg: Leg, payload: Payload = NOTHING, attempt: int = 1) -> None:
        """Send a segment that takes up sequence numbers, and again until it is acknowledged."""
        tcp = self._build(flags, payload)
        self._next_seq += payload.size + (1 if "S" in flags or "F" in flags else 0)
        self._arm(tcp, leg, attempt, 1)
        self._transmit(tcp, leg, attempt)

    def _build(self, flags: str, payload: Payload) -> Tcp:
        """Return the segment at the current sequence number."""
        options = SYN_OPTIONS if "S" in flags else TIMESTAMP_OPTIONS
        mss = self._mss() if "S" in flags else None
        ack = self._expected if "A" in flags else 0
        return Tcp(self.local[1], self.remote[1], flags, self._next_seq, ack, payload, options, mss)

    def _mss(self) -> int | None:
        """Return the MSS to announce: what fits into the MTU of the way to the other side."""
        route = self.netns.fib.lookup(self.remote[0])
        return self.netns.interfaces[route.dev].mtu - 40 if route is not None and route.dev else None

    def _transmit(self, tcp: Tcp, leg: Leg, attempt: int) -> None:
        number = self.netns.network.next_number()
        ip = ip_packet(self.local[0], self.remote[0], tcp, ttl=self.ttl or default_ttl(self.netns), df=True)
        send_local(self.netns, Packet(number, leg, attempt, None, ip))

    def _arm(self, tcp: Tcp, leg: Leg, attempt: int, tries: int) -> None:
        """Set the retransmission timer. Source: tcp_retransmit_timer()."""
        base = SYN_TIMEOUT_US if "S" in tcp.flags else DATA_TIMEOUT_US
        linear = SYN_LINEAR_TIMEOUTS if tcp.flags == "S" else 0
        delay_us = base * 2 ** max(0, tries - 1 - linear)
        self._timer = self.netns.clock.after(delay_us, lambda: self._retransmit(tcp, leg, attempt, tries))

    def _retransmit(self, tcp: Tcp, leg: Leg, attempt: int, tries: int) -> None:
        """Nothing came back in time: send the segment again, unless it still waits for ARP in this host.

        Source: __tcp_retransmit_skb(), skb_still_in_host_queue().
        """
        self._arm(tcp, leg, attempt, tries + 1)
        if self._still_waits(tcp):
            return
        number = self.netns.network.next_number()
        ip = ip_packet(self.local[0], self.remote[0], tcp, ttl=self.ttl or default_ttl(self.netns), df=True)
        packet = Packet(number, leg, attempt + tries, None, ip)
        params: dict[str, str | int] = {"flags": tcp.flags, "attempt": tries + 1, "dst": str(self.remote[0])}
        self.netns.hop(packet, "retransmit", "", "socket", "retransmit", params, self.evidence())
        send_local(self.netns, packet)

    def _still_waits(self, tcp: Tcp) -> bool:
        """Whether a segment lies in this host until a neighbour is found."""
        waiting = (packet.net for pending in self.netns.neigh.pending.values() for packet in pending.packets)
        return any(isinstance(net, IPv4) and net.src == self.local[0] and net.payload == tcp for net in waiting)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def row(self) -> str:
        """Return the line of `ss -an`."""
        return ss_row("tcp", self.state, 0, 0, f"{self.local[0]}:{self.local[1]}", f"{self.remote[0]}:{self.remote[1]}")

    def evidence(self) -> Evidence:
        """Return the connection as evidence, in the state it is in now."""
        return Text("ss -an", self.row())


# --- demultiplexing ---------------------------------------------------------------------------------------------------


def tcp_receive(dev: Interface, packet: Packet) -> None:
    """Take a segment for this host: a connection's, a listener's, or nobody's (RST)."""
    netns, ip = dev.netns, packet.net
    assert isinstance(ip, IPv4) and isinstance(ip.payload, Tcp)
    tcp = ip.payload
    connection = netns.sockets.find_connection(ip, tcp)
    if connection is not None:
        params: dict[str, str | int] = {"src": address_text(ip.src), "flags": tcp.flags, "port": tcp.dport}
        netns.hop(packet, "deliver", dev.name, "socket", "deliver-tcp", params, connection.evidence())
        connection.segment(packet)
        return
    listener = netns.sockets.find_listener("tcp", ip.dst, tcp.dport)
    if listener is not None and tcp.flags == "S":
        params = {"src": address_text(ip.src), "port": tcp.dport, "process": listener.process}
        netns.hop(packet, "accept", dev.name, "socket", "accept-tcp", params, netns.sockets.listener_evidence(listener))
        serve((ip.dst, tcp.dport), (ip.src, tcp.sport), netns).answer_syn(packet)
        return
    _refuse(dev, packet, ip, tcp)


def serve(local: Endpoint, remote: Endpoint, netns: NetNs) -> TcpConnection:
    """Return the server's end of a new connection: it sends back the line it reads, and closes when the client does."""

    def on_event(event: str, text: str) -> None:
        if event == "data":
            connection.write(text)
        elif event == "eof":
            connection.close()

    connection = TcpConnection(netns, local, remote, on_event)
    return connection


def _refuse(dev: Interface, packet: Packet, ip: IPv4, tcp: Tcp) -> None:
    """Answer a segment that belongs to nobody with a RST; a RST itself is not answered. Source: tcp_v4_send_reset()."""
    netns = dev.netns
    params: dict[str, str | int] = {"src": address_text(ip.src), "port": tcp.dport, "flags": tcp.flags}
    evidence = netns.sockets.no_socket_evidence("tcp", tcp.dport)
    if "R" in tcp.flags:
        netns.hop(packet, "drop", dev.name, "socket", "drop-no-socket-rst", params, evidence)
        return
    netns.hop(packet, "refuse", dev.name, "socket", "refuse-tcp", params, evidence)
    if "A" in tcp.flags:
        reset = Tcp(tcp.dport, tcp.sport, "R", tcp.ack, 0)
    else:
        reset = Tcp(tcp.dport, tcp.sport, "RA", 0, tcp.seq + tcp.payload.size + 1)
    leg: Leg = "client-rst" if packet.leg == "reply" else "reply" if packet.leg == "request" else "data"
    answer = ip_packet(ip.dst, ip.src, reset, ttl=default_ttl(netns), df=True)
    assert answer.length == 20 + TCP_HEADER
    send_local(netns, Packet(netns.network.next_number(), leg, packet.attempt, None, answer))
