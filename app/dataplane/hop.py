"""Hops: what one device or one table did with one packet at one moment, and the entry that decided it.

A hop is recorded while the walk runs, so it holds references to immutable table entries; the text of a real tool
is made from them only when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from app.dataplane.packet import Packet
from app.dataplane.skipped import Skipped

__all__ = ["HOP_KINDS", "SIGHTED", "Change", "Evidence", "Hop", "Skipped"]

#: The closed list of hop kinds: each has a caption in every language, a drawing, and a line in docs/fidelity.md.
HOP_KINDS = (
    "transmit", "receive", "loopback",
    "arp-request", "arp-reply", "arp-failed",
    "bridge-learn", "bridge-forward", "bridge-flood", "bridge-drop",
    "route", "no-route", "blackhole", "ttl-decrement",
    "hook", "rule", "dnat", "snat", "masquerade", "un-dnat", "un-snat", "mark", "reject",
    "conntrack-new", "conntrack-match", "conntrack-invalid",
    "encapsulate", "decapsulate",
    "fragment", "reassemble", "mtu-exceeded",
    "deliver", "accept", "refuse", "icmp-error", "drop", "timeout", "retransmit",
    "dns-query", "dns-answer",
    "tls-handshake", "http-request", "http-match", "http-response",
    "control",
)  # fmt: skip


#: At hops of these kinds a tap on the interface sees the frame, and in which direction.
SIGHTED = {"transmit": "tx", "receive": "rx", "loopback": "tx"}


class Change(Struct, frozen=True, gc=False):
    """One header field that this hop rewrote, pushed (`before` None) or popped (`after` None)."""

    field: str
    before: str | int | None
    after: str | int | None


class Evidence(Protocol):
    """The table that was consulted.

    `tool` is a command that prints the table in that namespace; `entry` stands word for word in what it prints, and is
    "" where no entry matched.
    """

    @property
    def tool(self) -> str:
        """The command."""
        ...

    @property
    def entry(self) -> str:
        """Its line."""
        ...

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What else was looked at."""
        ...


class Text(Struct, frozen=True, gc=False):
    """Evidence that is text already: one line of one command."""

    tool: str
    entry: str
    skipped: Sequence[Skipped] = ()


Param = str | int


class Hop(Struct, frozen=True, gc=False):
    """One step of the walk. `t_us` is virtual time; `code` and `params` choose and fill the caption."""

    t_us: int
    packet: Packet
    kind: str
    netns: str
    interface: str
    stage: str
    code: str
    params: dict[str, Param]
    changes: tuple[Change, ...]
    evidence: Evidence | None
    #: Table and built-in chain of a netfilter hop, else "".
    table: str = ""
    chain: str = ""
