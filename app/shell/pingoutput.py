"""What `ping` prints, in the two forms that there are.

Sources: iputils 20221126, ping/ping_common.c (finish), ping.c (pr_icmph); BusyBox 1.35, networking/ping.c.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt

from msgspec import Struct

from app.dataplane.headers import Icmp, IPv4
from app.dataplane.netns import NetNs
from app.dataplane.pmtu import Discovery
from app.shell.errnos import STRERROR
from app.shell.pinging import EchoPlan, Pinger, Report
from app.shell.probing import address_of
from app.shell.result import CommandResult

__all__ = ["SECOND_US", "Asked", "BusyboxPing", "IputilsPing"]

SECOND_US = 1_000_000
DEFAULT_COUNT, DEFAULT_SIZE = 4, 56
UNREACHABLE = {
    0: "Destination Net Unreachable", 1: "Destination Host Unreachable", 2: "Destination Protocol Unreachable",
    3: "Destination Port Unreachable", 9: "Destination Net Prohibited", 10: "Destination Host Prohibited",
    13: "Packet filtered",
}  # fmt: skip


class Asked(Struct):
    """The command line. `out_by` is the word after -I."""

    host: str = ""
    count: int = DEFAULT_COUNT
    size: int = DEFAULT_SIZE
    ttl: int | None = None
    interval_us: int = SECOND_US
    patience_us: int = 10 * SECOND_US
    discovery: Discovery = "want"
    out_by: str = ""
    is_quiet: bool = False
    is_numeric: bool = False


class IputilsPing:
    """The output of iputils' ping."""

    def __init__(
        self, netns: NetNs, asked: Asked, plan: EchoPlan, name_of: Callable[[str], str | None] | None = None
    ) -> None:
        self.asked = asked
        self.plan = plan
        self.out: list[str] = []
        self.err: list[str] = []
        self.pinger = Pinger(netns, plan, Report(self._reply, self._error, self._too_long, self._refused))
        self._name_of = name_of
        self._names: dict[str, str] = {}

    def run(self) -> CommandResult:
        """Ping, and return what was printed."""
        asked, plan, pinger = self.asked, self.plan, self.pinger
        by = asked.out_by if asked.out_by and address_of(asked.out_by) is None else ""
        source = f"from {plan.source} {by}: " if asked.out_by else ""
        self.out.append(f"PING {asked.host} ({plan.target}) {source}{plan.size}({plan.size + 28}) bytes of data.")
        pinger.run()
        self.out += ["", f"--- {asked.host} ping statistics ---", self._statistics(), self._times()]
        return CommandResult(0 if pinger.received else 1, _lines(self.out), _lines(self.err))

    def _statistics(self) -> str:
        pinger = self.pinger
        errors = f", +{pinger.errors} errors" if pinger.errors else ""
        loss = (pinger.sent - pinger.received) * 100 / pinger.sent
        return (
            f"{pinger.sent} packets transmitted, {pinger.received} received{errors}, {loss:g}% packet loss, "
            f"time {pinger.elapsed_us // 1000}ms"
        )

    def _times(self) -> str:
        trips, parts = self.pinger.round_trips, []
        if trips:
            mean = sum(trips) // len(trips)
            deviation = isqrt(max(0, sum(t * t for t in trips) // len(trips) - mean * mean))
            parts.append(f"rtt min/avg/max/mdev = {'/'.join(map(_ms, (min(trips), mean, max(trips), deviation)))} ms")
        if self.pinger.pipe > 1:
            parts.append(f"pipe {self.pinger.pipe}")
        return ", ".join(parts)

    def _say(self, line: str) -> None:
        if not self.asked.is_quiet:
            self.out.append(line)

    def _reply(self, seq: int, ip: IPv4, trip: int | None) -> None:
        time = "" if trip is None else f" time={_shown(trip)} ms"
        self._say(f"{self.plan.size + 8} bytes from {self._shown(str(ip.src))}: icmp_seq={seq} ttl={ip.ttl}{time}")

    def _error(self, seq: int, ip: IPv4) -> None:
        icmp = ip.payload
        assert isinstance(icmp, Icmp)
        self._say(f"From {self._shown(str(ip.src))} icmp_seq={seq} {_why(icmp)}")

    def _shown(self, address: str) -> str:
        """Return an address as a reply shows it: with its name, where a name was asked for. Source: pr_addr()."""
        if self._name_of is None:
            return address
        if address not in self._names:
            self._names[address] = self._name_of(address) or address
        return f"{self._names[address]} ({address})"

    def _too_long(self, mtu: int) -> None:
        self.err.append(f"ping: local error: message too long, mtu={mtu}")

    def _refused(self, errno: str) -> None:
        if not self.asked.is_quiet:
            self.err.append(f"ping: sendmsg: {STRERROR[errno]}")


class BusyboxPing:
    """The output of BusyBox's ping: replies only, numbered from 0."""

    def __init__(self, netns: NetNs, asked: Asked, plan: EchoPlan) -> None:
        self.asked = asked
        self.plan = plan
        self.out: list[str] = []
        self.refused = ""
        self.pinger = Pinger(netns, plan, Report(self._reply, lambda *_: None, self._too_long, self._refused))

    def run(self) -> CommandResult:
        """Ping, and return what was printed."""
        pinger, host = self.pinger, self.asked.host
        self.out.append(f"PING {host} ({self.plan.target}): {self.plan.size} data bytes")
        pinger.run()
        loss = (pinger.sent - pinger.received) * 100 // pinger.sent
        counts = f"{pinger.sent} packets transmitted, {pinger.received} packets received, {loss}% packet loss"
        self.out += ["", f"--- {host} ping statistics ---", counts]
        trips = pinger.round_trips
        if trips:
            shown = "/".join(map(_ms, (min(trips), sum(trips) // len(trips), max(trips))))
            self.out.append(f"round-trip min/avg/max = {shown} ms")
        return CommandResult(0 if pinger.received else 1, _lines(self.out), self.refused)

    def _reply(self, seq: int, ip: IPv4, trip: int | None) -> None:
        time = "" if trip is None else f" time={_ms(trip)} ms"
        if not self.asked.is_quiet:
            self.out.append(f"{self.plan.size + 8} bytes from {ip.src}: seq={seq} ttl={ip.ttl}{time}")

    def _too_long(self, _mtu: int) -> None:
        self.refused = "ping: sendto: Message too long\n"

    def _refused(self, errno: str) -> None:
        self.refused = f"ping: sendto: {STRERROR[errno]}\n"


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _why(icmp: Icmp) -> str:
    """Return what an ICMP error says. Source: pr_icmph()."""
    if icmp.type == 11:
        return "Time to live exceeded"
    if (icmp.type, icmp.code) == (3, 4):
        return f"Frag needed and DF set (mtu = {icmp.mtu or 0})"
    return UNREACHABLE.get(icmp.code, f"Dest Unreachable, Bad Code: {icmp.code}")


def _ms(us: int) -> str:
    """Return microseconds as milliseconds with three decimals."""
    return f"{us // 1000}.{us % 1000:03d}"


def _shown(us: int) -> str:
    """Return a round trip with as many decimals as ping gives it: three digits that count."""
    if us >= 100_000 - 50:
        return f"{(us + 500) // 1000}"
    if us >= 10_000 - 5:
        return f"{(us + 50) // 1000}.{(us + 50) % 1000 // 100}"
    if us >= 1000:
        return f"{(us + 5) // 1000}.{(us + 5) % 1000 // 10:02d}"
    return _ms(us)
