"""ARP: asking the link who has an address, answering for one's own, as a proxy or from a program, and giving up.

Sources: RFC 826, RFC 1027; Linux net/ipv4/arp.c (arp_process, arp_fwd_proxy, arp_solicit), net/core/neighbour.c
(neigh_update, neigh_timer_handler). Simplified: no proxy_delay (Calico sets it to 0), no proxied single addresses.
"""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address

from app.core.addresstext import address_text
from app.dataplane.fib import Route, RouteEvidence
from app.dataplane.headers import BROADCAST_MAC, ZERO_MAC, Arp, Ethernet, IPv4
from app.dataplane.hop import Change, Evidence
from app.dataplane.interface import Interface
from app.dataplane.link import in_turn, transmit, transmit_bare
from app.dataplane.neigh import (
    MCAST_SOLICIT,
    RETRANS_TIME_US,
    UNRES_QLEN,
    Neighbour,
    NeighEvidence,
    NudState,
    Pending,
)
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.packetsockets import ArpSocket
from app.dataplane.settings import either, own, setting_evidence

__all__ = ["arp_announce", "arp_receive", "send_to_neighbour"]


def send_to_neighbour(dev: Interface, next_hop: IPv4Address, packet: Packet) -> None:
    """Send an IP packet to `next_hop` on `dev`; while its MAC is not known the packet waits and ARP asks for it.

    Source: neigh_resolve_output(), neigh_event_send().
    """
    netns = dev.netns
    if not dev.has_link_header:
        transmit_bare(dev, next_hop, packet, dev.link_evidence())
        return
    if not dev.has_arp:
        _send_frame(dev, packet, Neighbour(next_hop, dev.name, ZERO_MAC, "NOARP"))
        return
    entry = netns.neigh.get(next_hop, dev.name, netns.clock.now_us)
    if entry is not None and entry.is_valid:
        if entry.state == "STALE":
            entry = Neighbour(next_hop, dev.name, entry.mac, "DELAY", netns.clock.now_us)
            netns.neigh.put(entry)
        _send_frame(dev, packet, entry)
        return
    pending = netns.neigh.pending.get((next_hop, dev.name))
    if pending is None:
        pending = netns.neigh.pending[next_hop, dev.name] = Pending()
        pending.packets.append(packet)
        _solicit(dev, next_hop, pending)
    elif len(pending.packets) < UNRES_QLEN:
        pending.packets.append(packet)


def _send_frame(dev: Interface, packet: Packet, entry: Neighbour) -> None:
    """Write the Ethernet header that `entry` gives and hand the frame to the device."""
    assert entry.mac is not None
    old, new = packet.eth, Ethernet(dev.mac, entry.mac)
    changes: tuple[Change, ...] = ()
    if old is not None and old != new:
        pairs = (("eth.src", old.src, new.src), ("eth.dst", old.dst, new.dst))
        changes = tuple(Change(field, before or None, after) for field, before, after in pairs if before != after)
    if entry.state == "NOARP":
        transmit(dev, packet.with_eth(new), "loopback", {"iface": dev.name}, None, changes)
        return
    params: dict[str, str | int] = {"iface": dev.name, "ip": address_text(entry.ip), "mac": entry.mac}
    transmit(dev, packet.with_eth(new), "transmit-neigh", params, NeighEvidence(entry), changes)


def _solicit(dev: Interface, target: IPv4Address, pending: Pending) -> None:
    """Ask once more who has `target`; after the third question without an answer, give up."""
    netns = dev.netns
    first = pending.packets[0]
    if pending.tries == MCAST_SOLICIT:
        _give_up(dev, target, pending)
        return
    pending.tries += 1
    pending.timer = netns.clock.after(RETRANS_TIME_US, lambda: _solicit(dev, target, pending))
    entry = Neighbour(target, dev.name, None, "INCOMPLETE")
    netns.neigh.put(entry)
    sender = _sender_address(netns, dev, target, first)
    arp = Arp("request", dev.mac, sender, ZERO_MAC, target)
    question = Packet(netns.network.next_number(), "arp", pending.tries, Ethernet(dev.mac, BROADCAST_MAC), arp)
    code = "arp-request" if pending.tries == 1 else "arp-request-again"
    params: dict[str, str | int] = {
        "ip": address_text(target), "iface": dev.name, "tells": address_text(sender),
        "try": pending.tries, "tries": MCAST_SOLICIT,
    }  # fmt: skip
    netns.hop(question, "arp-request", dev.name, "arp", code, params, NeighEvidence(entry))
    transmit(dev, question, "transmit-broadcast", {"iface": dev.name}, NeighEvidence(entry))


def _sender_address(netns: NetNs, dev: Interface, target: IPv4Address, waiting: Packet) -> IPv4Address:
    """Return the address a question is asked from (arp_announce 0): the waiting packet's source if it is ours."""
    if isinstance(waiting.net, IPv4) and netns.fib.is_local(waiting.net.src):
        return waiting.net.src
    return netns.primary_address(dev.name, target) or IPv4Address(0)


def _give_up(dev: Interface, target: IPv4Address, pending: Pending) -> None:
    """Mark the neighbour FAILED and tell the senders of what waited for it."""
    netns = dev.netns
    entry = Neighbour(target, dev.name, None, "FAILED", netns.clock.now_us)
    netns.neigh.put(entry)
    del netns.neigh.pending[target, dev.name]
    for packet in pending.packets:
        params: dict[str, str | int] = {"ip": address_text(target), "iface": dev.name, "tries": pending.tries}
        netns.hop(packet, "arp-failed", dev.name, "arp", "arp-failed", params, NeighEvidence(entry))
        netns.network.on_link_failure(netns, packet)


def arp_receive(dev: Interface, packet: Packet) -> None:
    """Take an ARP packet: answer a question for one's own address or as a proxy, note what an answer says."""
    netns, arp = dev.netns, packet.net
    assert isinstance(arp, Arp)
    if arp.op == "reply":
        _update(dev, arp.sender, arp.sender_mac, "REACHABLE", may_create=False)
        return
    route = netns.fib.lookup(arp.target)
    is_mine = route is not None and route.type == "local"
    answers = is_mine or (either(dev, "proxy_arp") and _is_proxied(dev, packet, arp, route))
    _update(dev, arp.sender, arp.sender_mac, "STALE", may_create=answers)
    if is_mine:
        evidence = RouteEvidence(arp.target, route, netns.fib.routes)
        _answer(dev, packet, arp, "arp-reply", evidence)
    elif answers:
        _answer(dev, packet, arp, "arp-reply-proxy", setting_evidence(dev, "proxy_arp"))
    for socket in netns.arp_sockets:
        if socket.device == dev.name and arp.target in socket.addresses:
            _answer(dev, packet, arp, "arp-reply-program", socket.evidence(), {"process": socket.process})


def arp_announce(socket: ArpSocket, dev: Interface, address: IPv4Address) -> None:
    """Send what a program sends when it begins to answer for an address: whoever knows it learns where it is now.

    Source: metallb internal/layer2/arp.go, Gratuitous(): a request and a reply, of which the first is enough here.
    """
    netns = dev.netns
    arp = Arp("request", dev.mac, address, ZERO_MAC, address)
    packet = Packet(netns.network.next_number(), "arp", 1, Ethernet(dev.mac, BROADCAST_MAC), arp)
    params: dict[str, str | int] = {"ip": address_text(address), "iface": dev.name, "process": socket.process}
    netns.hop(packet, "arp-request", dev.name, "arp", "arp-announce", params, socket.evidence())
    transmit(dev, packet, "transmit-broadcast", {"iface": dev.name}, socket.evidence())


def _is_proxied(dev: Interface, question: Packet, arp: Arp, route: Route | None) -> bool:
    """Whether a device with proxy_arp on answers for `arp.target`: a router does, whose way there is another device.

    A reason why not is told; that the target is on this very link is none.
    """
    params: dict[str, str | int] = {"ip": address_text(arp.target), "iface": dev.name}
    if not own(dev, "forwarding"):
        code, evidence = "drop-arp-not-forwarding", setting_evidence(dev, "forwarding")
        dev.netns.hop(question, "drop", dev.name, "arp", code, params, evidence)
        return False
    if route is None or route.type != "unicast":
        routes = RouteEvidence(arp.target, route, dev.netns.fib.routes)
        dev.netns.hop(question, "drop", dev.name, "arp", "drop-arp-no-route", params, routes)
        return False
    return route.dev != dev.name


def _answer(
    dev: Interface, question: Packet, arp: Arp, code: str, evidence: Evidence, more: dict[str, str | int] | None = None
) -> None:
    """Send the reply straight to who asked."""
    netns = dev.netns
    answer = Arp("reply", dev.mac, arp.target, arp.sender_mac, arp.sender)
    packet = Packet(netns.network.next_number(), "arp", question.attempt, Ethernet(dev.mac, arp.sender_mac), answer)
    params: dict[str, str | int] = {
        "ip": address_text(arp.target),
        "mac": dev.mac,
        "asker": address_text(arp.sender),
        "iface": dev.name,
        **(more or {}),
    }
    netns.hop(packet, "arp-reply", dev.name, "arp", code, params, evidence)
    transmit(dev, packet, "transmit-arp-reply", {"iface": dev.name, "mac": arp.sender_mac}, evidence)


def _update(dev: Interface, ip: IPv4Address, mac: str, state: NudState, *, may_create: bool) -> None:
    """Write what was heard into the neighbour table, and release the packets that waited for it, in order.

    Source: neigh_update(): PERMANENT is never touched, and hearing the MAC that is known does not make it older.
    """
    netns = dev.netns
    now_us = netns.clock.now_us
    known = netns.neigh.get(ip, dev.name, now_us)
    if (known is None and not may_create) or (known is not None and known.state == "PERMANENT"):
        return
    if known is not None and known.mac == mac and known.state in ("REACHABLE", "DELAY") and state == "STALE":
        return
    entry = Neighbour(ip, dev.name, mac, state, now_us)
    netns.neigh.put(entry)
    pending = netns.neigh.pending.pop((ip, dev.name), None)
    if pending is None:
        return
    if pending.timer is not None:
        pending.timer.cancel()
    in_turn(netns, [partial(send_to_neighbour, dev, ip, packet) for packet in pending.packets])
