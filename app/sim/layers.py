"""From the model's headers to the layers and sightings of a trace: addresses become text here and nowhere else."""

from __future__ import annotations

from app.core.addresstext import address_text
from app.dataplane.headers import L4, NO_LINK, Arp, Ethernet, Icmp, Ipip, IPv4, Net, Tcp, Udp, Vxlan
from app.dataplane.icmp import icmp_name
from app.dataplane.packet import encapsulated, innermost, udp_payload_size
from app.sim.applayers import application_layers
from app.sim.trace import (
    ArpInfo,
    ArpLayer,
    EthInfo,
    EthLayer,
    Frag,
    IcmpLayer,
    IpInfo,
    Ipv4Layer,
    Layer,
    OuterInfo,
    OuterUdp,
    Param,
    PayloadLayer,
    TcpLayer,
    UdpLayer,
    VxlanLayer,
)

__all__ = ["Seen", "eth_layers", "net_layers", "seen_net", "shown_eth"]

Seen = tuple[OuterInfo | None, IpInfo | None, dict[str, Param] | None, ArpInfo | None]
"""What tcpdump prints of a frame behind its Ethernet header: (outer, ip, l4, arp)."""


def eth_layers(eth: Ethernet | None) -> list[Layer]:
    """Return the frame's header, if there is one."""
    return [] if eth is None or eth == NO_LINK else [_eth(eth)]


def _eth(eth: Ethernet) -> EthLayer:
    return EthLayer(eth.src, eth.dst)


def net_layers(net: Net) -> list[Layer]:
    """Return the headers from the network layer on, outermost first, each tunnel's inner frame after its header."""
    if isinstance(net, Arp):
        return [ArpLayer(net.op, net.sender_mac, address_text(net.sender), net.target_mac, address_text(net.target))]
    frag = Frag(net.offset, net.more) if net.is_fragment else None
    header = Ipv4Layer(
        address_text(net.src), address_text(net.dst), net.ttl, net.proto, net.length, net.df, net.ident, frag
    )
    if net.offset:
        return [header, PayloadLayer(net.length - 20)]
    return [header, *_l4(net.payload)]


def _l4(l4: L4) -> list[Layer]:
    if isinstance(l4, Icmp):
        quotes = net_layers(l4.quoted) if l4.quoted is not None else []
        header = IcmpLayer(l4.type, l4.code, icmp_name(l4), l4.ident, l4.seq, l4.mtu, quotes)
        return [header, *application_layers(l4, l4.payload)]
    if isinstance(l4, Tcp):
        return [TcpLayer(l4.sport, l4.dport, l4.flags, l4.seq, l4.ack, l4.mss), *application_layers(l4, l4.payload)]
    if isinstance(l4, Ipip):
        return net_layers(l4.inner)
    header_udp = UdpLayer(l4.sport, l4.dport, 8 + udp_payload_size(l4))
    if isinstance(l4.payload, Vxlan):
        return [header_udp, VxlanLayer(l4.payload.vni), _eth(l4.payload.eth), *net_layers(l4.payload.net)]
    return [header_udp, *application_layers(l4, l4.payload)]


def shown_eth(eth: Ethernet | None) -> EthInfo | None:
    """Return the Ethernet header of a frame on an interface; None on a device that has none."""
    assert eth is not None, "only a frame is ever on an interface"
    return None if eth == NO_LINK else EthInfo(eth.src, eth.dst)


def seen_net(net: Net) -> Seen:
    """Return what tcpdump prints of a packet. `ip` and `l4` are the innermost headers."""
    inner = innermost(net)
    if isinstance(inner, Arp):
        return _outer(net), None, None, ArpInfo(inner.op, address_text(inner.sender), address_text(inner.target))
    frag = Frag(inner.offset, inner.more) if inner.is_fragment else None
    ip = IpInfo(address_text(inner.src), address_text(inner.dst), inner.ttl, inner.proto, inner.length, inner.df, frag)
    return _outer(net), ip, {} if inner.offset else _ports(inner.payload), None


def _outer(net: Net) -> OuterInfo | None:
    if not isinstance(net, IPv4):
        return None
    vxlan, udp = encapsulated(net), None
    if vxlan is not None:
        assert isinstance(net.payload, Udp)
        udp = OuterUdp(net.payload.sport, net.payload.dport)
    elif not isinstance(net.payload, Ipip):
        return None
    return OuterInfo(
        kind="vxlan" if vxlan else "ipip", vni=vxlan.vni if vxlan else None, src=address_text(net.src),
        dst=address_text(net.dst), ttl=net.ttl, df=net.df, len=net.length, udp=udp,
    )  # fmt: skip


def _ports(l4: L4) -> dict[str, Param]:
    assert not isinstance(l4, Ipip), "the innermost packet is no tunnel's"
    if isinstance(l4, Icmp):
        return {"type": l4.type, "code": l4.code}
    if isinstance(l4, Tcp):
        return {"sport": l4.sport, "dport": l4.dport, "flags": l4.flags}
    return {"sport": l4.sport, "dport": l4.dport}
