"""Connection tracking: which flow a packet belongs to, in which direction, in which state.

A flow has two tuples: how its packets look when they come in, and how its replies must look. NAT is nothing but a reply
tuple that is not the mirror image of the original one.
Sources: conntrack(8); Linux net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_*.c.
Simplified (docs/fidelity.md#conntrack): no windows, no helpers, no zones, no accounting.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import NamedTuple

from app.core.addresstext import address_text
from app.dataplane.headers import Icmp, IPv4, Tcp, Udp
from app.dataplane.skipped import Skipped
from app.dataplane.tcpstates import next_state

__all__ = ["Connection", "Conntrack", "Tuple", "tuple_of"]

SECOND_US = 1_000_000
#: Seconds an entry lives after its last packet: the kernel's defaults (nf_conntrack-sysctl).
TCP_TIMEOUTS = {
    "SYN_SENT": 120, "SYN_RECV": 60, "ESTABLISHED": 432_000, "FIN_WAIT": 120, "CLOSE_WAIT": 60, "LAST_ACK": 30,
    "TIME_WAIT": 120, "CLOSE": 10, "SYN_SENT2": 120,
}  # fmt: skip
UDP_TIMEOUT, UDP_STREAM_TIMEOUT, ICMP_TIMEOUT, GENERIC_TIMEOUT = 30, 120, 30, 600
#: Echo request and reply are each other's answer; nothing else is tracked as a flow of its own.
ICMP_ANSWERS = {8: 0, 0: 8}


class Tuple(NamedTuple):
    """One direction of a flow. For ICMP `sport` is the id and `dport` the type; both are 0 for IP in IP."""

    proto: str
    src: IPv4Address
    dst: IPv4Address
    sport: int
    dport: int

    def key(self) -> tuple[str, int, int, int, int]:
        """Return what the table finds a flow by: the addresses as numbers, whose hash is no Python code."""
        proto, src, dst, sport, dport = self
        return proto, src._ip, dst._ip, sport, dport  # type: ignore[attr-defined]  # noqa: SLF001

    def inverted(self) -> Tuple:
        """Return the tuple of an answer."""
        if self.proto == "icmp":
            return Tuple("icmp", self.dst, self.src, self.sport, ICMP_ANSWERS.get(self.dport, self.dport))
        return Tuple(self.proto, self.dst, self.src, self.dport, self.sport)

    def text(self) -> str:
        """Return the words of `conntrack -L`."""
        if self.proto == "icmp":
            return f"src={address_text(self.src)} dst={address_text(self.dst)} type={self.dport} code=0 id={self.sport}"
        ports = "" if self.proto == "ipencap" else f" sport={self.sport} dport={self.dport}"
        return f"src={address_text(self.src)} dst={address_text(self.dst)}{ports}"


def tuple_of(ip: IPv4) -> Tuple | None:
    """Return a packet's tuple; None for what conntrack has no flow for (ICMP errors)."""
    l4 = ip.payload
    if isinstance(l4, Icmp):
        return Tuple("icmp", ip.src, ip.dst, l4.ident, l4.type) if l4.type in ICMP_ANSWERS else None
    if isinstance(l4, Tcp | Udp):
        return Tuple(ip.proto, ip.src, ip.dst, l4.sport, l4.dport)
    return Tuple(ip.proto, ip.src, ip.dst, 0, 0)


class Connection:
    """One entry. `state` is TCP's, "" for other protocols; `nat` holds "SNAT" and "DNAT" where they apply."""

    __slots__ = (
        "expires_us",
        "has_reply",
        "is_assured",
        "is_confirmed",
        "mark",
        "nat",
        "nat_done",
        "original",
        "reply",
        "state",
    )

    def __init__(self, original: Tuple, state: str) -> None:
        self.original = original
        self.reply = original.inverted()
        self.state = state
        self.nat: set[str] = set()
        #: Kinds of NAT ("DNAT", "SNAT") that were decided for this flow, mapping or none.
        self.nat_done: set[str] = set()
        self.has_reply = False
        self.is_assured = False
        self.is_confirmed = False
        self.mark = 0
        self.expires_us = 0

    def text(self, now_us: int) -> str:
        """Return the line of `conntrack -L`."""
        return self.evidence(now_us).entry

    def evidence(self, now_us: int) -> ConnectionEvidence:
        """Return the entry as it is now."""
        seconds = max(0, (self.expires_us - now_us) // SECOND_US)
        return ConnectionEvidence(
            self.original, self.reply, self.state, seconds, self.has_reply, self.is_assured, self.mark,
            "DNAT" in self.nat,
        )  # fmt: skip


class ConnectionEvidence(NamedTuple):
    """An entry at one moment, put into words when somebody reads it."""

    original: Tuple
    reply: Tuple
    state: str
    seconds: int
    has_reply: bool
    is_assured: bool
    mark: int
    is_dnat: bool

    def flags(self) -> list[str]:
        """Return ["UNREPLIED"], ["ASSURED"] or []."""
        return (["ASSURED"] if self.is_assured else []) if self.has_reply else ["UNREPLIED"]

    @property
    def tool(self) -> str:
        """The command that lists the entries."""
        return "conntrack -L"

    @property
    def entry(self) -> str:
        """Return its line. Source: libnetfilter_conntrack src/conntrack/snprintf_default.c."""
        number = {"tcp": 6, "udp": 17, "icmp": 1, "ipencap": 4}[self.original.proto]
        name = "unknown" if self.original.proto == "ipencap" else self.original.proto
        words = [f"{name:<8} {number} {self.seconds}"]
        words += [self.state] if self.state else []
        words.append(self.original.text())
        words += ["[UNREPLIED]"] if not self.has_reply else []
        words.append(self.reply.text())
        words += ["[ASSURED]"] if self.is_assured else []
        words += [f"mark={self.mark}", "use=1"]
        return " ".join(words)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """A connection is found by its tuple: nothing else is looked at."""
        return ()


class Found(NamedTuple):
    """What conntrack says of a packet: its connection, whether it goes the reply's way, and the word for --ctstate."""

    connection: Connection | None
    is_reply: bool
    state: str
    is_new: bool = False


INVALID = Found(None, is_reply=False, state="INVALID")


class Conntrack:
    """The connections of one namespace, by both tuples."""

    def __init__(self) -> None:
        self._by_tuple: dict[tuple[str, int, int, int, int], tuple[Connection, bool]] = {}

    def forget_all(self) -> None:
        """`conntrack -F`."""
        self._by_tuple.clear()

    def connections(self, now_us: int) -> list[Connection]:
        """Return the entries that have not expired, in order of their making."""
        if not self._by_tuple:
            return []
        self._expire(now_us)
        return list(dict.fromkeys(connection for connection, _ in self._by_tuple.values()))

    def _expire(self, now_us: int) -> None:
        for connection in {c for c, _ in self._by_tuple.values() if c.expires_us < now_us}:
            self.kill(connection)

    def lookup(self, key: Tuple, now_us: int) -> tuple[Connection, bool] | None:
        """Return (connection, is it the reply's direction) for a tuple."""
        found = self._by_tuple.get(key.key())
        if found is not None and found[0].expires_us < now_us:
            self.kill(found[0])
            return None
        return found

    def is_taken(self, reply: Tuple, now_us: int) -> bool:
        """Whether another connection already expects `reply`: NAT must then choose another port."""
        return self.lookup(reply, now_us) is not None

    def holds(self, connection: Connection) -> bool:
        """Whether the connection is in the table: not before its first packet has passed, not after its end."""
        return self._by_tuple.get(connection.original.key(), (None, False))[0] is connection

    def kill(self, connection: Connection) -> None:
        """Forget a connection."""
        for key in (connection.original.key(), connection.reply.key()):
            if self._by_tuple.get(key, (None,))[0] is connection:
                del self._by_tuple[key]

    def confirm(self, connection: Connection) -> None:
        """Enter a connection whose first packet has passed every hook. Source: nf_conntrack_confirm()."""
        if not connection.is_confirmed:
            connection.is_confirmed = True
            self._by_tuple[connection.original.key()] = (connection, False)
            self._by_tuple[connection.reply.key()] = (connection, True)

    # --- a packet comes in --------------------------------------------------------------------------------------------

    def track(self, ip: IPv4, now_us: int) -> Found:
        """Find a packet's connection, or begin one. Source: nf_conntrack_in(), resolve_normal_ct()."""
        if isinstance(ip.payload, Icmp) and ip.payload.quoted is not None:
            return self._related(ip.payload.quoted, now_us)
        key = tuple_of(ip)
        if key is None:
            return INVALID
        found = self.lookup(key, now_us)
        if found is None:
            return self._begin(key, ip, now_us)
        connection, is_reply = found
        if not self._advance(connection, ip, is_reply=is_reply):
            return INVALID
        established = is_reply or connection.has_reply
        if is_reply:
            connection.has_reply = True
        self._refresh(connection, now_us)
        return Found(connection, is_reply, "ESTABLISHED" if established else "NEW")

    def _related(self, quoted: IPv4, now_us: int) -> Found:
        """Find the connection that an ICMP error is about, by the packet that it quotes."""
        key = tuple_of(quoted)
        found = self.lookup(key.inverted(), now_us) if key is not None else None
        if found is None:
            return INVALID
        return Found(found[0], found[1], "RELATED")

    def _begin(self, key: Tuple, ip: IPv4, now_us: int) -> Found:
        """Begin a connection, if this packet may: an echo reply or a reset does not."""
        state = ""
        if isinstance(ip.payload, Tcp):
            state = next_state("NONE", ip.payload.flags, is_reply=False)
            if state in ("INVALID", "IGNORE"):
                return INVALID
        elif isinstance(ip.payload, Icmp) and ip.payload.type != 8:
            return INVALID
        connection = Connection(key, state)
        self._refresh(connection, now_us)
        return Found(connection, is_reply=False, state="NEW", is_new=True)

    def _advance(self, connection: Connection, ip: IPv4, *, is_reply: bool) -> bool:
        """Move TCP's state on; False where the segment does not fit. Source: nf_conntrack_tcp_packet()."""
        if not isinstance(ip.payload, Tcp):
            return True
        flags = ip.payload.flags
        state = next_state(connection.state, flags, is_reply=is_reply)
        if state == "INVALID":
            return False
        if state == "IGNORE":
            return True
        if "R" in flags and not connection.has_reply:
            # "If only reply is a RST, we can consider ourselves not to have an established connection."
            self.kill(connection)
        elif state == "ESTABLISHED" and connection.state in ("SYN_RECV", "ESTABLISHED"):
            connection.is_assured = True
        if state == "SYN_SENT" and connection.state in ("TIME_WAIT", "CLOSE"):
            self.kill(connection)
            connection.is_confirmed = False
        connection.state = state
        return True

    def close(self, connection: Connection, now_us: int) -> None:
        """Note that a rule reset a connection; it means something for TCP only. Source: nf_ct_set_closing()."""
        if connection.original.proto == "tcp":
            connection.state = "CLOSE"
            connection.expires_us = min(connection.expires_us, now_us + TCP_TIMEOUTS["CLOSE"] * SECOND_US)

    def _refresh(self, connection: Connection, now_us: int) -> None:
        proto = connection.original.proto
        if proto == "tcp":
            seconds = TCP_TIMEOUTS[connection.state]
        elif proto == "udp":
            seconds = UDP_STREAM_TIMEOUT if connection.is_assured else UDP_TIMEOUT
        else:
            seconds = ICMP_TIMEOUT if proto == "icmp" else GENERIC_TIMEOUT
        connection.expires_us = now_us + seconds * SECOND_US
