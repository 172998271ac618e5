"""The link layer of a host: a frame goes out by an interface, or comes in by one.

Order as in the kernel: the tap sees a frame after all of the stack's decisions on the way out, and before any of them
on the way in. Source: Linux net/core/dev.c, dev_queue_xmit() and __netif_receive_skb_core().
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from app.core.addresstext import address_text
from app.dataplane.headers import BROADCAST_MAC, NO_LINK, IPv4
from app.dataplane.hop import Change, Evidence, Param
from app.dataplane.interface import Interface
from app.dataplane.packet import Packet

if TYPE_CHECKING:
    from app.dataplane.netns import NetNs

__all__ = ["ProtocolHandler", "deliver_up", "fits", "in_turn", "receive", "transmit", "transmit_bare"]

ProtocolHandler = Callable[[Interface, Packet], None]

#: Between two frames that leave together; as long as a veth takes.
TURN_US = 2
#: is_skb_forwardable() allows a VLAN tag beyond the MTU.
VLAN_HLEN = 4


def in_turn(netns: NetNs, sendings: Sequence[Callable[[], None]]) -> None:
    """Send several frames one after the other: each is out of the host's hands before the next one goes.

    A veth hands a frame to its other end at once: of two fragments the first is in the Pod before the second is sent.
    Each is as deep in tunnels as the first.
    """
    network, nesting = netns.network, netns.network.nesting

    def later(send: Callable[[], None]) -> None:
        network.nesting = nesting
        send()
        network.nesting = 0

    for turn, send in enumerate(sendings):
        if turn == 0:
            send()
        else:
            netns.clock.after(turn * TURN_US, partial(later, send))


def fits(dev: Interface, packet: Packet) -> bool:
    """Whether a bridge or a veth passes the frame on. Source: is_skb_forwardable(), include/linux/netdevice.h."""
    return not isinstance(packet.net, IPv4) or packet.net.length <= dev.mtu + VLAN_HLEN


def transmit(
    dev: Interface,
    packet: Packet,
    code: str,
    params: dict[str, Param],
    evidence: Evidence | None,
    changes: tuple[Change, ...] = (),
) -> None:
    """Send a frame out of `dev`, its Ethernet header already written."""
    netns = dev.netns
    if not dev.is_running:
        lost: dict[str, Param] = {"iface": dev.name}
        netns.hop(packet, "drop", dev.name, "link", "drop-link-down", lost, dev.link_evidence())
        return
    if netns.is_tapped:
        kind = "loopback" if dev.kind == "loopback" else "transmit"
        netns.hop(packet, kind, dev.name, "link", code, params, evidence, changes)
    dev.transmit(packet)


def transmit_bare(dev: Interface, next_hop: IPv4Address, packet: Packet, evidence: Evidence | None) -> None:
    """Send a packet for `next_hop` out of a device that has no link-layer header (neigh_direct_output)."""
    netns = dev.netns
    if not dev.is_running:
        netns.hop(packet, "drop", dev.name, "link", "drop-link-down", {"iface": dev.name}, dev.link_evidence())
        return
    old = packet.eth if packet.eth != NO_LINK else None
    changes = () if old is None else (Change("eth.src", old.src, None), Change("eth.dst", old.dst, None))
    bare = packet.with_eth(NO_LINK)
    params: dict[str, Param] = {"iface": dev.name, "via": address_text(next_hop)}
    netns.hop(bare, "transmit", dev.name, "link", f"transmit-{dev.kind}", params, evidence, changes)
    dev.transmit_to(next_hop, bare)


def receive(dev: Interface, packet: Packet) -> None:
    """Take a frame that arrived on `dev`: a bridge port gives it to its bridge, any other interface to the stack."""
    netns = dev.netns
    if not dev.up:
        params: dict[str, Param] = {"iface": dev.name}
        netns.hop(packet, "drop", dev.name, "link", "drop-link-down", params, dev.link_evidence())
        return
    if netns.is_tapped:
        netns.hop(packet, "receive", dev.name, "link", f"receive-{dev.kind}", {"iface": dev.name}, dev.link_evidence())
    if dev.port is not None:
        dev.port.bridge.handle_frame(dev, packet)
    else:
        deliver_up(dev, packet)


def deliver_up(dev: Interface, packet: Packet) -> None:
    """Give a frame to the protocol it carries, if it is addressed to `dev`; a frame for another host dies here.

    Source: eth_type_trans() marks it PACKET_OTHERHOST, and ip_rcv() and arp_rcv() drop those.
    """
    eth = packet.eth
    assert eth is not None
    is_redirected = packet.skb is not None and packet.skb.is_redirected
    if dev.has_link_header and eth.dst not in (dev.mac, BROADCAST_MAC) and not is_redirected:
        params: dict[str, Param] = {"iface": dev.name, "mac": eth.dst, "own_mac": dev.mac}
        dev.netns.hop(packet, "drop", dev.name, "link", "drop-other-host", params, dev.link_evidence())
        return
    dev.netns.protocols[type(packet.net)](dev, packet)
