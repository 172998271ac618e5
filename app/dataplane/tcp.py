"""One end of a TCP connection: open, one line of data each way, close; retransmission of what is not acknowledged.

Data goes out in segments that fit the path, all at once; sequence numbers are relative to the connection's start.
Sources: RFC 9293; Linux net/ipv4/tcp_input.c, tcp_output.c, tcp_timer.c, tcp_ipv4.c. Simplified
(docs/fidelity.md#tcp): no windows, no congestion control.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address

from app.core.addresstext import address_text
from app.core.clock import Timer
from app.dataplane.headers import IPV4_HEADER, TCP_HEADER, IPv4, Payload, Tcp
from app.dataplane.hop import Evidence, Text
from app.dataplane.icmp import default_ttl, errno_of
from app.dataplane.ip import send_local
from app.dataplane.link import in_turn
from app.dataplane.netns import NetNs
from app.dataplane.packet import Leg, Packet, ip_packet
from app.dataplane.pmtu import MIN_ADV_MSS, may_cut, mtu_evidence, path_mtu
from app.dataplane.sockets import ss_row
from app.dataplane.tcpsegments import Sent, cut_segment

__all__ = ["Endpoint", "OnEvent", "TcpConnection"]

Endpoint = tuple[IPv4Address, int]
#: What a program is told: an event, and the bytes of "data".
OnEvent = Callable[[str, bytes], None]

#: A SYN carries MSS, SACK, timestamps, window scale (20 bytes); later segments carry timestamps (12); a RST nothing.
SYN_OPTIONS, TIMESTAMP_OPTIONS = 20, 12
#: TCP_TIMEOUT_INIT. The first four retransmissions of a SYN come at this pace (tcp_syn_linear_timeouts, since 6.5).
SYN_TIMEOUT_US = 1_000_000
SYN_LINEAR_TIMEOUTS = 4
#: TCP_RTO_MIN, for data on a connection whose round trip is far shorter.
DATA_TIMEOUT_US = 200_000

NOTHING = Payload(0)
IP_AND_TCP = IPV4_HEADER + TCP_HEADER
FRAG_NEEDED = (3, 4)
#: What a host assumes of one that announced no MSS (TCP_MSS_DEFAULT), and the longest path there is.
DEFAULT_MSS, LONGEST_MTU = 536, 65535


class TcpConnection:
    """One end of a connection. `on_event` is told "connected", "data" and the bytes, "eof", "closed", or an errno's
    name; where an ICMP error brought that, `told_by` is the number of its packet.

    States have the names that `ss` prints: SYN-SENT, SYN-RECV, ESTAB, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, LAST-ACK, ...
    """

    def __init__(
        self,
        netns: NetNs,
        local: Endpoint,
        remote: Endpoint,
        on_event: OnEvent,
        ttl: int | None = None,
    ) -> None:
        self.netns = netns
        self.local = local
        self.remote = remote
        self.state = "CLOSED"
        self.ttl = ttl
        self.told_by = 0
        #: The segment that was taken last: what an event is about.
        self.heard: Packet | None = None
        self._on_event = on_event
        self._next_seq = 0
        self._expected = 0
        self._timer: Timer | None = None
        self._flight: list[Sent] = []
        #: What came before what is expected, by sequence number.
        self._ahead: dict[int, Tcp] = {}
        self._peer_mss = LONGEST_MTU
        self._mtu = LONGEST_MTU
        netns.sockets.connections[local[0], local[1], remote[0], remote[1]] = self

    # --- what the program does ---------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Send the SYN."""
        self.state = "SYN-SENT"
        self._send("S", "request")

    def answer_syn(self, packet: Packet) -> None:
        """Server side: answer a SYN."""
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Tcp)
        self.heard = packet
        self.state = "SYN-RECV"
        self._expected = 1
        self._peer_mss = ip.payload.mss or DEFAULT_MSS
        self._send("SA", "reply", attempt=packet.attempt)

    def listen_to(self, on_event: OnEvent) -> None:
        """Tell `on_event` from now on."""
        self._on_event = on_event

    def write(self, data: bytes, size: int | None = None) -> None:
        """Send data; `size` bytes of it if that is given."""
        self._send("PA", "data", payload=Payload(len(data) if size is None else size, data))

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
        self.heard = packet
        if "R" in tcp.flags:
            self._reset()
            return
        if "A" in tcp.flags:
            self._acknowledged(tcp.ack)
        if self.state == "SYN-SENT" and tcp.flags == "SA":
            self._expected = 1
            self._peer_mss = tcp.mss or DEFAULT_MSS
            self.state = "ESTAB"
            self._acknowledge()
            self._on_event("connected", b"")
        elif tcp.payload.size or "F" in tcp.flags:
            self._take(tcp)
        elif tcp.seq < self._expected and tcp.flags == "SA":
            self._acknowledge()

    def _take(self, tcp: Tcp) -> None:
        """Take data or a FIN: in order, or to be kept until what is missing has come, or for the second time."""
        if tcp.seq != self._expected:
            if tcp.seq > self._expected:
                self._ahead[tcp.seq] = tcp
            self._acknowledge()
            return
        lines = []
        following: Tcp | None = tcp
        while following is not None and following.payload.size:
            self._expected += following.payload.size
            lines.append(following.payload.data)
            following = self._ahead.pop(self._expected, None)
        if lines:
            self._acknowledge()
            for data in filter(None, lines):
                self._on_event("data", data)
        if following is not None:
            self._finished_by_peer()

    def _reset(self) -> None:
        """The other side has no such connection: refused while opening, reset later."""
        errno = "ECONNREFUSED" if self.state == "SYN-SENT" else "ECONNRESET"
        self.abandon()
        self._on_event(errno, b"")

    def _acknowledged(self, ack: int) -> None:
        """What was sent before `ack` has arrived."""
        arrived = [s for s in self._flight if s.tcp.seq < ack]
        self._flight = [s for s in self._flight if s.tcp.seq >= ack]
        if arrived:
            self._stop_timer()
        if self._flight:
            if arrived:
                self._arm(1)
            return
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
            self._on_event("eof", b"")
        else:
            self.state = "TIME-WAIT"
            self._acknowledge()
            self._on_event("closed", b"")

    def on_error(self, type_: int, code: int, packet: Packet) -> None:
        """An ICMP error about this connection: it fails connect(), and is a soft error afterwards (tcp_v4_err)."""
        if (type_, code) == FRAG_NEEDED:
            self._path_shrank()
            return
        errno, _ = errno_of(type_, code)
        if self.state == "SYN-SENT" and errno:
            self.abandon()
            self.told_by = packet.number
            self._on_event(errno, b"")

    # --- sending ------------------------------------------------------------------------------------------------------

    def _acknowledge(self) -> None:
        """Send a bare ACK."""
        self._transmit(Sent(self._build("A", NOTHING), "data", 1))

    def _send(self, flags: str, leg: Leg, payload: Payload = NOTHING, attempt: int = 1) -> None:
        """Send what takes up sequence numbers, in segments that fit the path, and again until it is acknowledged."""
        segments = [Sent(tcp, leg, attempt) for tcp in cut_segment(self._build(flags, payload), self._room())]
        self._next_seq += payload.size + (1 if "S" in flags or "F" in flags else 0)
        self._flight += segments
        if self._timer is None:
            self._arm(1)
        in_turn(self.netns, [partial(self._transmit, segment) for segment in segments])

    def _build(self, flags: str, payload: Payload) -> Tcp:
        """Return the segment at the current sequence number."""
        options = SYN_OPTIONS if "S" in flags else TIMESTAMP_OPTIONS
        mss = self._mss() if "S" in flags else None
        ack = self._expected if "A" in flags else 0
        return Tcp(self.local[1], self.remote[1], flags, self._next_seq, ack, payload, options, mss)

    def _mss(self) -> int | None:
        """Return the MSS to announce: what fits into the path to the other side (ipv4_default_advmss)."""
        mtu = self._path_mtu()
        return None if mtu is None else max(mtu - IP_AND_TCP, int(self.netns.sysctls[MIN_ADV_MSS]))

    def _path_mtu(self) -> int | None:
        route = self.netns.fib.lookup(self.remote[0])
        return path_mtu(self.netns, route, self.remote[0]) if route is not None and route.dev else None

    def _room(self) -> int:
        """Return the bytes of data that one segment carries: by the other side's MSS and the path's MTU, less the
        timestamps (tcp_current_mss)."""
        self._mtu = self._path_mtu() or self._mtu
        return min(self._peer_mss, self._mtu - IP_AND_TCP) - TIMESTAMP_OPTIONS

    def _transmit(self, sent: Sent) -> None:
        if self.state != "CLOSED":
            send_local(self.netns, self._packet(sent, sent.attempt))

    def _packet(self, sent: Sent, attempt: int) -> Packet:
        """Return a segment as a packet: DF is set unless the path's MTU is locked."""
        netns, dst = self.netns, self.remote[0]
        route = netns.fib.lookup(dst)
        df = route is None or not may_cut(netns, route, dst)
        number = netns.network.next_number()
        ip = ip_packet(
            self.local[0], dst, sent.tcp, ttl=self.ttl or default_ttl(netns), df=df, ident=0 if df else number
        )
        return Packet(number, sent.leg, attempt, None, ip)

    def _arm(self, tries: int) -> None:
        """Set the retransmission timer for the first segment in flight. Source: tcp_retransmit_timer()."""
        flags = self._flight[0].tcp.flags
        base = SYN_TIMEOUT_US if "S" in flags else DATA_TIMEOUT_US
        linear = SYN_LINEAR_TIMEOUTS if flags == "S" else 0
        delay_us = base * 2 ** max(0, tries - 1 - linear)
        self._timer = self.netns.clock.after(delay_us, lambda: self._retransmit(tries))

    def _retransmit(self, tries: int) -> None:
        """Nothing came back in time: send the first segment in flight again, unless it still waits here for ARP.

        Source: __tcp_retransmit_skb(), skb_still_in_host_queue().
        """
        sent = self._flight[0]
        self._arm(tries + 1)
        if self._still_waits(sent.tcp):
            return
        params: dict[str, str | int] = {"flags": sent.tcp.flags, "attempt": tries + 1}
        self._send_again(sent, sent.attempt + tries, "retransmit", params, self.evidence())

    def _still_waits(self, tcp: Tcp) -> bool:
        """Whether a segment lies in this host until a neighbour is found."""
        waiting = (packet.net for pending in self.netns.neigh.pending.values() for packet in pending.packets)
        return any(isinstance(net, IPv4) and net.src == self.local[0] and net.payload == tcp for net in waiting)

    def _send_again(
        self, sent: Sent, attempt: int, code: str, params: dict[str, str | int], evidence: Evidence
    ) -> None:
        packet = self._packet(sent, attempt)
        told = {**params, "dst": address_text(self.remote[0])}
        self.netns.hop(packet, "retransmit", "", "socket", code, told, evidence)
        send_local(self.netns, packet)

    def _path_shrank(self) -> None:
        """Cut what is in flight and does not fit any more, and send that again at once.

        Source: tcp_v4_mtu_reduced(), tcp_simple_retransmit(): a segment counts as lost if it is longer than the MSS.
        """
        before = self._mtu
        room = self._room()
        if self._mtu >= before:
            return
        lost: list[Sent] = []
        kept: list[Sent] = []
        for sent in self._flight:
            pieces = [Sent(tcp, sent.leg, sent.attempt) for tcp in cut_segment(sent.tcp, room)]
            kept += pieces if len(pieces) > 1 else [sent]
            lost += pieces if len(pieces) > 1 else []
        self._flight = kept
        in_turn(self.netns, [partial(self._send_smaller, sent, room) for sent in lost])
        if lost:
            self._stop_timer()
            self._arm(1)

    def _send_smaller(self, sent: Sent, room: int) -> None:
        """Send a piece of what was too long; the remembered path is the reason."""
        route = self.netns.fib.lookup(self.remote[0])
        evidence = self.evidence() if route is None else mtu_evidence(self.netns, route, self.remote[0])
        params: dict[str, str | int] = {"mtu": self._mtu, "size": room, "flags": sent.tcp.flags}
        sent.attempt += 1
        self._send_again(sent, sent.attempt, "retransmit-smaller", params, evidence)

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
