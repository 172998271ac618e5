"""The work of `ping`: echo requests at a steady pace in virtual time, and what comes back to their socket.

Source: iputils 20221126, ping/ping_common.c (pinger, main_loop, acknowledge, gather_statistics), ping/ping.c.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address

from msgspec import Struct

from app.dataplane.headers import Icmp, IPv4, Payload
from app.dataplane.icmp import default_ttl
from app.dataplane.ip import UnroutableError, route_output, send_local
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.pmtu import Discovery, path_mtu, with_df
from app.dataplane.sockets import PingSocket
from app.shell.probing import finish, run_until, sending

__all__ = ["EchoPlan", "Pinger", "Report"]

ECHO_REQUEST = 8
#: The time of sending is the first 16 bytes of the data (struct timeval); with less there is no time to tell.
TIMED_SIZE = 16


class EchoPlan(Struct, frozen=True):
    """What is asked for. Sizes in bytes of data, times in microseconds; the last request waits `patience_us`."""

    target: IPv4Address
    source: IPv4Address
    count: int
    size: int
    ttl: int | None
    discovery: Discovery
    interval_us: int
    patience_us: int
    first_seq: int = 1


class Report(Struct):
    """What is told of while it happens: a reply (packet, round trip or None), an error (packet), a refusal to send."""

    on_reply: Callable[[int, IPv4, int | None], None]
    on_error: Callable[[int, IPv4], None]
    on_too_long: Callable[[int], None]
    on_refused: Callable[[str], None]


class Pinger:
    """One run of `ping`. Round trips are microseconds; `errors` counts ICMP errors and sendings that failed."""

    def __init__(self, netns: NetNs, plan: EchoPlan, report: Report) -> None:
        self.netns = netns
        self.plan = plan
        self.report = report
        self.sent = 0
        self.round_trips: list[int] = []
        self.received = 0
        self.errors = 0
        self.pipe = 0
        self.elapsed_us = 0
        self._sent_us: dict[int, int] = {}
        self._ident = netns.network.rng.between(1, 65535)

    def run(self) -> None:
        """Send all, wait for the answers."""
        clock, plan = self.netns.clock, self.plan
        socket = PingSocket(self._ident, self._replied, self._failed)
        self.netns.sockets.pings[self._ident] = socket
        start_us = clock.now_us
        for n in range(plan.count):
            run_until(self.netns.network, start_us + n * plan.interval_us, lambda: False)
            self.elapsed_us = clock.now_us - start_us
            self._send(plan.first_seq + n)
        wait_us = max(2 * max(self.round_trips, default=0), plan.interval_us) if self.received else plan.patience_us
        run_until(self.netns.network, clock.now_us + wait_us, lambda: self.received >= plan.count)
        self.netns.sockets.pings.pop(self._ident, None)
        finish(self.netns)

    def _send(self, seq: int) -> None:
        """Send one request, unless this host itself refuses: no route, too long, or a rule of its own."""
        netns, plan, network = self.netns, self.plan, self.netns.network
        network.turn_page()
        self.sent += 1
        self._sent_us[seq] = netns.clock.now_us
        number = network.next_number()
        icmp = Icmp(ECHO_REQUEST, 0, self._ident, seq, Payload(plan.size))
        ip = ip_packet(plan.source, plan.target, icmp, ttl=plan.ttl or default_ttl(netns), ident=number)
        ip = with_df(netns, ip, plan.discovery)
        try:
            route, _ = route_output(netns, ip.dst)
        except UnroutableError as error:
            self._refused(str(error))
            return
        mtu = path_mtu(netns, route, ip.dst)
        if ip.df and ip.length > mtu:
            self.errors += 1
            self.report.on_too_long(mtu)
            return
        sending(network, partial(send_local, netns, Packet(number, "request", self.sent, None, ip)))
        if any(h.kind == "reject" and h.netns == netns.name and h.packet.number == number for h in network.hops):
            # The error that the rule made is read first, then sendmsg() fails.
            run_until(network, netns.clock.now_us, lambda: False)
            self.report.on_refused("EPERM")

    def _refused(self, errno: str) -> None:
        self.errors += 1
        self.report.on_refused(errno)

    def _replied(self, packet: Packet) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Icmp)
        seq = ip.payload.seq
        if seq not in self._sent_us or self._ident not in self.netns.sockets.pings:
            return
        self.received += 1
        self._acknowledge(seq)
        trip = self.netns.clock.now_us - self._sent_us[seq] if self.plan.size >= TIMED_SIZE else None
        if trip is not None:
            self.round_trips.append(trip)
        self.report.on_reply(seq, ip, trip)

    def _failed(self, type_: int, code: int, packet: Packet) -> None:  # noqa: ARG002  (the packet has both)
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Icmp) and ip.payload.quoted is not None
        quoted = ip.payload.quoted.payload
        assert isinstance(quoted, Icmp)
        self.errors += 1
        self._acknowledge(quoted.seq)
        self.report.on_error(quoted.seq, ip)

    def _acknowledge(self, seq: int) -> None:
        """Note how many were under way at once."""
        self.pipe = max(self.pipe, self.sent - (seq - self.plan.first_seq))
