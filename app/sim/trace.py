"""The trace: a whole flow as a value. These types are the contract; the published JSON Schema is generated from them.

Same cluster file, same commands, same seed: the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from app.dataplane.hop import Change
from app.dataplane.skipped import Skipped
from app.sim.tracked import TrackedConnection

__all__ = ["Trace", "to_json", "trace_schema"]

Param = str | int


class EthLayer(Struct, frozen=True, tag_field="layer", tag="eth"):
    """Ethernet."""

    src: str
    dst: str


class ArpLayer(Struct, frozen=True, tag_field="layer", tag="arp"):
    """ARP."""

    op: str
    sender_mac: str
    sender: str
    target_mac: str
    target: str


class Frag(Struct, frozen=True):
    """Which part of a packet a fragment is; `offset` in bytes."""

    offset: int
    more: bool


class Ipv4Layer(Struct, frozen=True, tag_field="layer", tag="ipv4", omit_defaults=True):
    """IPv4; `len` is the total length in bytes, `frag` is set on fragments only."""

    src: str
    dst: str
    ttl: int
    proto: str
    len: int
    df: bool
    id: int = 0
    frag: Frag | None = None


class IcmpLayer(Struct, frozen=True, tag_field="layer", tag="icmp", omit_defaults=True):
    """ICMP; `quotes` are the headers of the packet that an error is about."""

    type: int
    code: int
    name: str
    id: int = 0
    seq: int = 0
    mtu: int | None = None
    quotes: list[Layer] = []


class UdpLayer(Struct, frozen=True, tag_field="layer", tag="udp"):
    """UDP."""

    sport: int
    dport: int
    len: int


class TcpLayer(Struct, frozen=True, tag_field="layer", tag="tcp", omit_defaults=True):
    """TCP; `seq` and `ack` are relative."""

    sport: int
    dport: int
    flags: str
    seq: int
    ack: int
    mss: int | None = None


class VxlanLayer(Struct, frozen=True, tag_field="layer", tag="vxlan"):
    """VXLAN."""

    vni: int


class PayloadLayer(Struct, frozen=True, tag_field="layer", tag="payload", omit_defaults=True):
    """What the application sent."""

    size: int
    text: str = ""


class HttpLayer(Struct, frozen=True, tag_field="layer", tag="http", omit_defaults=True):
    """HTTP, of a segment in which a message begins: its first line; `text` is what a person would read first."""

    size: int
    line: str
    host: str = ""
    text: str = ""


class TlsLayer(Struct, frozen=True, tag_field="layer", tag="tls", omit_defaults=True):
    """TLS, of a segment that begins with a record: the names of records, and the server name of a ClientHello."""

    size: int
    records: str
    server_name: str = ""


class DnsLayer(Struct, frozen=True, tag_field="layer", tag="dns", omit_defaults=True):
    """DNS: what is asked, and of an answer its code and its records, as dig prints their data."""

    size: int
    id: int
    name: str
    type: str
    flags: str
    rcode: str = ""
    answers: list[str] = []


Layer = (
    EthLayer | ArpLayer | Ipv4Layer | IcmpLayer | UdpLayer | TcpLayer | VxlanLayer
    | DnsLayer | HttpLayer | TlsLayer | PayloadLayer
)  # fmt: skip


class TraceEvidence(Struct, frozen=True, omit_defaults=True):
    """What decided: `entry` stands word for word in what `tool` prints in that namespace.

    A netfilter hop also has the rules that matched, jumps included, and netfilter's verdict.
    """

    tool: str
    entry: str
    skipped: Sequence[Skipped]
    matched: list[str] = []
    verdict: str = ""


class Caption(Struct, frozen=True):
    """A sentence to be made in the reader's language."""

    code: str
    params: dict[str, Param]


class TraceHop(Struct, frozen=True, omit_defaults=True):
    """One step; `table` and `chain` are set on netfilter hops."""

    n: int
    t_us: int
    packet: int
    leg: str
    attempt: int
    kind: str
    node: str
    netns: str
    interface: str
    stage: str
    headers: list[Layer]
    changes: Sequence[Change]
    evidence: TraceEvidence | None
    caption: Caption
    table: str = ""
    chain: str = ""


class EthInfo(Struct, frozen=True):
    """The frame's MACs."""

    src: str
    dst: str


class OuterUdp(Struct, frozen=True):
    """The tunnel's ports."""

    sport: int
    dport: int


class OuterInfo(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The outer header of an encapsulated packet: `kind` is vxlan, or ipip without VNI and UDP ports."""

    kind: str
    vni: int | None = None
    src: str
    dst: str
    ttl: int
    df: bool
    len: int
    udp: OuterUdp | None = None


class IpInfo(Struct, frozen=True, omit_defaults=True):
    """The innermost IP header."""

    src: str
    dst: str
    ttl: int
    proto: str
    len: int
    df: bool
    frag: Frag | None = None


class ArpInfo(Struct, frozen=True):
    """Who asks for whom."""

    op: str
    sender: str
    target: str


class Sighting(Struct, frozen=True, omit_defaults=True):
    """What `tcpdump -e -nn -i INTERFACE` would have printed; `hop` is the step at which it was seen.

    `eth` is null on a device without link-layer headers (tunl0).
    """

    t_us: int
    packet: int
    attempt: int
    leg: str
    netns: str
    interface: str
    direction: str
    hop: int
    eth: EthInfo | None
    outer: OuterInfo | None
    ip: IpInfo | None
    l4: dict[str, Param] | None
    arp: ArpInfo | None = None


class TraceInterface(Struct, frozen=True):
    """One interface of the cluster; `peer` and `master` are `NETNS:NAME`."""

    netns: str
    name: str
    kind: str
    mac: str
    mtu: int
    addresses: list[str]
    master: str | None
    peer: str | None


class Verdict(Struct, frozen=True, omit_defaults=True):
    """How the flow ended, for the sender; `at` is where its last packet died, `why` the caption in English.

    `http_status` is there where an HTTP response came, `rcode` where a DNS answer was what was asked for.
    """

    outcome: str
    at: str
    leg: str
    why: str
    sender_learns: str
    answered_by: str | None
    caption: Caption
    http_status: int | None = None
    rcode: str = ""


class Trace(Struct, frozen=True):
    """podwalk-trace/v1."""

    schema: str
    seed: int
    from_: str = field(name="from")
    to: str = field(name="to")
    verdict: Verdict
    interfaces: list[TraceInterface]
    hops: list[TraceHop]
    sightings: list[Sighting]
    conntrack: dict[str, list[TrackedConnection]]


def to_json(trace: Trace, *, indent: int = 0) -> bytes:
    """Return the trace as JSON, UTF-8, keys in the order of the contract."""
    text = msgspec.json.encode(trace, enc_hook=list)  # rows that nobody has read yet
    return msgspec.json.format(text, indent=indent) if indent else text


def trace_schema() -> dict[str, Any]:
    """Return the JSON Schema of a trace."""
    schema = msgspec.json.schema(Trace)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "podwalk-trace/v1", **schema}
