"""A packet in one line, much as tcpdump prints it: what both the text and the picture of a trace say of it."""

from __future__ import annotations

from app.sim.trace import (
    ArpLayer,
    DnsLayer,
    EthLayer,
    HttpLayer,
    IcmpLayer,
    Ipv4Layer,
    Layer,
    PayloadLayer,
    TcpLayer,
    TlsLayer,
    TraceHop,
    UdpLayer,
    VxlanLayer,
)

__all__ = ["is_plain_link", "packet_text"]


def is_plain_link(hop: TraceHop) -> bool:
    """Whether a frame just passed an interface whose state is all the evidence: nothing decided anything."""
    return hop.kind in ("transmit", "receive") and hop.evidence is not None and hop.evidence.tool.startswith("ip link")


def packet_text(layers: list[Layer]) -> str:
    """Return a packet in one line, each tunnel's inner packet in brackets."""
    words: list[str] = []
    closing = 0
    for n, layer in enumerate(layers):
        if isinstance(layer, EthLayer):
            # MACs are told where nothing above them says more; a tunnelled frame opens a bracket.
            if n > 0:
                words.append("[")
                closing += 1
            continue
        if n > 0 and isinstance(layer, Ipv4Layer) and isinstance(layers[n - 1], Ipv4Layer):
            words.append("[")  # IP in IP: no frame in between
            closing += 1
        words.append(_layer_text(layer))
    return " ".join(words).replace("[ ", "[") + "]" * closing


def _layer_text(layer: Layer) -> str:
    match layer:
        case ArpLayer(op="request"):
            return f"arp who-has {layer.target} tell {layer.sender}"
        case ArpLayer():
            return f"arp {layer.sender} is-at {layer.sender_mac}"
        case Ipv4Layer():
            frag = f" frag {layer.frag.offset}{'+' if layer.frag.more else ''}" if layer.frag else ""
            df = " DF" if layer.df else ""
            return f"{layer.src} > {layer.dst} ttl {layer.ttl} len {layer.len}{df}{frag}"
        case IcmpLayer():
            mtu = f" mtu {layer.mtu}" if layer.mtu else ""
            return f"icmp {layer.name}{mtu}"
        case UdpLayer():
            return f"udp {layer.sport} > {layer.dport}"
        case TcpLayer():
            return f"tcp {layer.sport} > {layer.dport} [{layer.flags}] seq {layer.seq} ack {layer.ack}"
        case VxlanLayer():
            return f"vxlan vni {layer.vni}"
        case DnsLayer():
            answer = f" {layer.rcode} {', '.join(layer.answers)}".rstrip() if layer.rcode else ""
            return f"dns {layer.name} {layer.type}{answer}"
        case HttpLayer():
            return f"http {layer.line}{f' (host {layer.host})' if layer.host else ''}"
        case TlsLayer():
            return f"tls {layer.records}{f' (server name {layer.server_name})' if layer.server_name else ''}"
        case PayloadLayer():
            return f"data {layer.size}"
        case _:
            return ""
