"""The work of `traceroute`: probes with a growing TTL, several at a time, and who answers which.

Source: traceroute 2.1.2 for Linux, traceroute.c (do_it, get_timeout), mod-default.c (UDP to a port of its own for every
probe), mod-icmp.c. A probe is final where its target answers, or where an error says that nothing leads further.
"""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address

from msgspec import Struct

from app.dataplane.headers import Icmp, IPv4, Payload
from app.dataplane.ip import send_local
from app.dataplane.localports import free_udp_port
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.pmtu import Discovery, with_df
from app.dataplane.sockets import PingSocket, UdpSocket
from app.dataplane.udp import send_datagram
from app.shell.probing import finish, run_until, sending

__all__ = ["Probe", "RoutePlan", "Tracer"]

ECHO_REQUEST = 8
TIME_EXCEEDED = (11, 0)
#: Added to a round trip before it is multiplied (DEF_WAIT_PREC).
PRECISION_US = 1_000
#: No longer than three times a round trip of the same hop, or ten times one of a later hop (here_factor, near_factor).
HERE, NEAR = 3, 10
MARKS = {0: "!N", 1: "!H", 2: "!P", 9: "!X", 10: "!X", 13: "!X"}


class RoutePlan(Struct, frozen=True):
    """What is asked for. `size` is the whole packet in bytes, `at_once` how many probes are under way at most."""

    target: IPv4Address
    source: IPv4Address
    max_ttl: int
    queries: int
    port: int
    size: int
    is_icmp: bool
    has_df: bool
    wait_us: int
    at_once: int


class Probe(Struct):
    """One probe: when it was sent, who answered when, and the mark beside the time."""

    number: int
    ttl: int
    sent_us: int | None = None
    answered_us: int | None = None
    by: IPv4Address | None = None
    mark: str = ""
    is_done: bool = False
    is_final: bool = False

    @property
    def round_trip_us(self) -> int | None:
        """How long the answer took; None without one."""
        return None if self.answered_us is None or self.sent_us is None else self.answered_us - self.sent_us


class Tracer:
    """One run of `traceroute`; `hops` are the probes by hop, as far as they are printed."""

    def __init__(self, netns: NetNs, plan: RoutePlan) -> None:
        self.netns = netns
        self.plan = plan
        count = plan.max_ttl * plan.queries
        self.probes = [Probe(n, n // plan.queries + 1) for n in range(count)]
        self._ident = netns.network.rng.between(1, 65535)
        self._ports: list[tuple[IPv4Address, int]] = []

    def run(self) -> list[list[Probe]]:
        """Send and wait until the last hop is known; return the probes of each hop."""
        plan, clock = self.plan, self.netns.clock
        if plan.is_icmp:
            socket = PingSocket(self._ident, self._echo, self._echo_error)
            self.netns.sockets.pings[self._ident] = socket
        start, end = 0, len(self.probes)
        while start < end:
            first = self.probes[start]
            if first.sent_us is not None and not first.is_done and clock.now_us >= self._expires_us(first):
                first.is_done = True
            while start < end and self.probes[start].is_done:
                start += 1
            end = self._end(end)
            if start >= end:
                break
            self._fill(start, end)
            first = self.probes[start]
            if not first.is_done:
                run_until(self.netns.network, self._expires_us(first), lambda f=first: self._has_news(f))  # type: ignore[misc]
        self._close()
        return [self.probes[n : n + plan.queries] for n in range(0, end, plan.queries)]

    def _has_news(self, first: Probe) -> bool:
        """Whether the first open probe is answered, or would now be waited for less long than was thought."""
        return first.is_done or self.netns.clock.now_us >= self._expires_us(first)

    def _end(self, end: int) -> int:
        """Return where the probes end: with the hop of the first final one."""
        final = next((p for p in self.probes[:end] if p.is_final), None)
        return end if final is None else min(end, final.ttl * self.plan.queries)

    def _fill(self, start: int, end: int) -> None:
        """Send until enough are under way."""
        under_way = sum(p.sent_us is not None and not p.is_done for p in self.probes[start:end])
        for probe in self.probes[start:end]:
            if under_way >= self.plan.at_once:
                return
            if probe.sent_us is None:
                self._send(probe)
                under_way += 1

    def _expires_us(self, probe: Probe) -> int:
        """Return when a probe is given up."""
        assert probe.sent_us is not None
        plan, probes = self.plan, self.probes
        first = (probe.ttl - 1) * plan.queries
        same = (p.round_trip_us for p in probes[first : first + plan.queries])
        later = (p.round_trip_us for p in probes[probe.number + 1 :] if p.sent_us is not None)
        wait_us = plan.wait_us
        for factor, trips in ((HERE, same), (NEAR, later)):
            trip = next((t for t in trips if t), None)
            if trip is not None:
                wait_us = min(wait_us, (trip + PRECISION_US) * factor)
                break
        return probe.sent_us + wait_us

    # --- probes and answers -------------------------------------------------------------------------------------------

    def _send(self, probe: Probe) -> None:
        netns, plan = self.netns, self.plan
        netns.network.turn_page()
        probe.sent_us = netns.clock.now_us
        if plan.is_icmp:
            number = netns.network.next_number()
            icmp = Icmp(ECHO_REQUEST, 0, self._ident, plan.port + probe.number, Payload(plan.size - 28))
            ip = ip_packet(plan.source, plan.target, icmp, ttl=probe.ttl, ident=number)
            ip = with_df(netns, ip, "do" if plan.has_df else "dont")
            sending(netns.network, partial(send_local, netns, Packet(number, "request", 1, None, ip)))
            return
        local = (plan.source, free_udp_port(netns, plan.source))
        remote = (plan.target, (plan.port + probe.number) & 0xFFFF)
        self._ports.append(local)
        answered = partial(self._answered, probe)
        netns.sockets.udp[local] = UdpSocket(local, remote, answered, partial(self._failed, probe))
        discovery: Discovery = "do" if plan.has_df else "dont"
        data = Payload(plan.size - 28)
        send = partial(send_datagram, netns, local, remote, data, "request", probe.ttl, discovery=discovery)
        sending(netns.network, send)

    def _answered(self, probe: Probe, packet: Packet) -> None:
        """The target itself has answered."""
        self._note(probe, packet, "", is_final=True)

    def _failed(self, probe: Probe, type_: int, code: int, packet: Packet) -> None:
        """An ICMP error: a router on the way, or the end of it."""
        if (type_, code) == TIME_EXCEEDED:
            self._note(probe, packet, "", is_final=False)
            return
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Icmp)
        mark = f"!F-{ip.payload.mtu}" if code == 4 else "" if code == 3 else MARKS.get(code, f"!<{code}>")
        self._note(probe, packet, mark, is_final=True)

    def _note(self, probe: Probe, packet: Packet, mark: str, *, is_final: bool) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4)
        if probe.is_done:
            return
        probe.answered_us, probe.by, probe.mark = self.netns.clock.now_us, ip.src, mark
        probe.is_done, probe.is_final = True, is_final

    def _echo(self, packet: Packet) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Icmp)
        self._answered(self.probes[ip.payload.seq - self.plan.port], packet)

    def _echo_error(self, type_: int, code: int, packet: Packet) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Icmp) and ip.payload.quoted is not None
        quoted = ip.payload.quoted.payload
        assert isinstance(quoted, Icmp)
        self._failed(self.probes[quoted.seq - self.plan.port], type_, code, packet)

    def _close(self) -> None:
        """Close the sockets."""
        sockets = self.netns.sockets
        sockets.pings.pop(self._ident, None)
        for local in self._ports:
            sockets.udp.pop(local, None)
        finish(self.netns)
