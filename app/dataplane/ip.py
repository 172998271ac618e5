"""IPv4: what comes in is delivered or forwarded, what goes out is routed. One function for each of the kernel's steps.

    receive --> route --> deliver to this host
                  |
                  +-----> forward (TTL, MTU) --> output --> neighbour --> device
    local sender --> route ------------------------^

Sources: Linux net/ipv4/ip_input.c, route.c (ip_route_input_slow, ip_error), ip_forward.c, ip_output.c.
"""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address

from msgspec.structs import replace

from app.core.addresstext import address_text, network_text
from app.dataplane.arp import send_to_neighbour
from app.dataplane.fib import Route, RouteEvidence
from app.dataplane.fragment import cut, fragments_of, reassemble
from app.dataplane.headers import IPv4
from app.dataplane.hop import Change, Evidence, Text
from app.dataplane.interface import Interface
from app.dataplane.link import in_turn
from app.dataplane.netfilter.hooks import run_hook
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet, with_ttl
from app.dataplane.pmtu import mtu_evidence, path_mtu
from app.dataplane.settings import IP_FORWARD, either, own, setting_evidence, strictest

__all__ = ["UnroutableError", "ip_receive", "route_output", "send_local"]

LOOPBACK_NET = 127  # the first byte of 127.0.0.0/8
FRAG_NEEDED = (3, 4)
TIME_EXCEEDED = (11, 0)
#: What a forwarder answers where the route says no: (ICMP type, code). Source: ip_error(), fib_props[].
ROUTE_ERRORS = {"unreachable": (3, 1), "prohibit": (3, 13)}


class UnroutableError(Exception):
    """A local sender's packet that no route would take: the errno's name is the message."""


def route_evidence(netns: NetNs, dst: IPv4Address, route: Route | None) -> RouteEvidence:
    """Return the route decision for `dst` as evidence."""
    return RouteEvidence(dst, route, netns.fib.routes)


def sysctl_evidence(netns: NetNs, key: str) -> Text:
    """Return one kernel parameter as `sysctl KEY` prints it."""
    return Text(f"sysctl {key}", f"{key} = {netns.sysctls[key]}")


def is_loopback_address(address: IPv4Address) -> bool:
    """Whether an address is in 127.0.0.0/8; by number, because every packet that comes in is asked."""
    return bool(address._ip >> 24 == LOOPBACK_NET)  # type: ignore[attr-defined]  # noqa: SLF001  (int() is Python code)


# --- in ---------------------------------------------------------------------------------------------------------------


def ip_receive(dev: Interface, packet: Packet) -> None:
    """Take an IP packet from `dev`: find out whether it is for this host, and deliver, forward or refuse it."""
    netns = dev.netns
    passed = _prerouting(dev, packet)
    if passed is None:
        return
    packet, ip = passed, passed.net
    assert isinstance(ip, IPv4)
    if dev.kind == "loopback":
        _deliver(dev, packet)
        return
    route = netns.fib.lookup(ip.dst)
    evidence = route_evidence(netns, ip.dst, route)
    if _is_martian(netns, dev, packet, ip) or _fails_rp_filter(dev, packet, ip):
        return
    if route is not None and route.type in ("local", "broadcast"):
        params: dict[str, str | int] = {"dst": address_text(ip.dst), "dev": route.dev}
        netns.hop(packet, "route", dev.name, "routing", "route-local", params, evidence)
        _deliver(dev, packet)
    elif not own(dev, "forwarding"):
        closed = sysctl_evidence(netns, IP_FORWARD) if not netns.is_forwarding else setting_evidence(dev, "forwarding")
        netns.hop(packet, "drop", dev.name, "routing", "drop-not-forwarding", {"dst": address_text(ip.dst)}, closed)
    elif route is None:
        netns.hop(packet, "no-route", dev.name, "routing", "no-route", {"dst": address_text(ip.dst)}, evidence)
        netns.network.send_icmp_error(netns, packet, 3, 0)
    elif route.type == "unicast":
        _forward(dev, packet, ip, route, evidence)
    else:
        netns.hop(packet, "blackhole", dev.name, "routing", route.type, {"dst": address_text(ip.dst)}, evidence)
        if route.type in ROUTE_ERRORS:
            netns.network.send_icmp_error(netns, packet, *ROUTE_ERRORS[route.type])


def _prerouting(dev: Interface, packet: Packet) -> Packet | None:
    """Pass the first hook, unless br_netfilter has done so at the bridge's port (ip_sabotage_in)."""
    skb = packet.skb
    if skb is not None and skb.is_prerouted:
        return packet.with_skb(replace(skb, is_prerouted=False, bridge_port="", frame_src=""))
    return run_hook(dev.netns, "PREROUTING", packet, dev, None)


def _is_martian(netns: NetNs, dev: Interface, packet: Packet, ip: IPv4) -> bool:
    """Drop a packet that claims to come from this very host, or from or to 127/8, though it came in by a wire.

    Source: ip_route_input_slow(), fib_validate_source(): IP_LOCAL_SOURCE and martian counters; no ICMP.
    """
    is_loopback = (is_loopback_address(ip.src) or is_loopback_address(ip.dst)) and not either(dev, "route_localnet")
    if not is_loopback and not netns.fib.is_local(ip.src):
        return False
    code = "drop-martian" if is_loopback_address(ip.src) or is_loopback_address(ip.dst) else "drop-local-source"
    evidence = route_evidence(netns, ip.src, netns.fib.lookup(ip.src))
    netns.hop(
        packet, "drop", dev.name, "routing", code, {"src": address_text(ip.src), "dst": address_text(ip.dst)}, evidence
    )
    return True


def _fails_rp_filter(dev: Interface, packet: Packet, ip: IPv4) -> bool:
    """Drop a packet whose source would not be answered by this device (rp_filter 1), or by none (2).

    On a device without an address 2 drops what another device would answer, too. Source: __fib_validate_source().
    """
    mode = strictest(dev, "rp_filter")
    if mode == 0:
        return False
    back = dev.netns.fib.lookup(ip.src)
    is_known = back is not None and back.type == "unicast"
    if back is not None and is_known and (back.dev == dev.name or (mode != 1 and dev.addresses)):
        return False
    params: dict[str, str | int] = {"src": address_text(ip.src), "iface": dev.name}
    evidence = route_evidence(dev.netns, ip.src, back)
    dev.netns.hop(packet, "drop", dev.name, "routing", "drop-rp-filter", params, evidence)
    return True


def _deliver(dev: Interface, packet: Packet) -> None:
    """Hand the packet to the transport protocol; fragments wait until all have come."""
    netns = dev.netns
    passed = run_hook(netns, "INPUT", packet, dev, None)
    if passed is None:
        return
    packet, ip = passed, passed.net
    assert isinstance(ip, IPv4)
    if ip.is_fragment:
        joined = reassemble(netns.fragments, ip, packet.number)
        if joined is None:
            return
        packet = Packet(joined.number, packet.leg, packet.attempt, packet.eth, joined.whole, packet.skb)
        params: dict[str, str | int] = {"length": joined.whole.length}
        netns.hop(packet, "reassemble", dev.name, "input", "reassemble", params, None, joined.changes)
    netns.network.transports[ip.proto](dev, packet)


def _forward(dev: Interface, packet: Packet, ip: IPv4, route: Route, evidence: Evidence) -> None:
    """Route a packet on: it must have TTL left and fit, or its sender is told. Source: ip_forward()."""
    netns = dev.netns
    out = netns.interfaces[route.dev]
    netns.hop(packet, "route", dev.name, "routing", route_code(route), route_params(route, ip.dst), evidence)
    if _lacks_ipv4(out, packet):
        return
    if ip.ttl <= 1:
        netns.hop(
            packet, "drop", dev.name, "forward", "drop-ttl-exceeded", {"ttl": ip.ttl, "src": address_text(ip.src)}, None
        )
        netns.network.send_icmp_error(netns, packet, *TIME_EXCEEDED)
        return
    mtu = path_mtu(netns, route, ip.dst, is_forwarded=True)
    if ip.length > mtu and ip.df:
        measure = mtu_evidence(netns, route, ip.dst, is_forwarded=True)
        _too_long(out, packet, ip, mtu, measure, "forward")
        return
    forwarding = sysctl_evidence(netns, "net.ipv4.ip_forward")
    change = Change("ipv4.ttl", ip.ttl, ip.ttl - 1)
    packet = packet.with_net(with_ttl(ip, ip.ttl - 1))
    params: dict[str, str | int] = {"before": ip.ttl, "after": ip.ttl - 1}
    netns.hop(packet, "ttl-decrement", out.name, "forward", "ttl-decrement", params, forwarding, (change,))
    passed = run_hook(netns, "FORWARD", packet, dev, out)
    if passed is not None:
        output(out, passed, route, is_forwarded=True)


def _too_long(out: Interface, packet: Packet, ip: IPv4, mtu: int, measure: Evidence, stage: str) -> None:
    """Tell the sender of a packet that may not be cut how much the way on takes."""
    params: dict[str, str | int] = {"length": ip.length, "mtu": mtu, "iface": out.name}
    out.netns.hop(packet, "mtu-exceeded", out.name, stage, "mtu-exceeded", params, measure)
    out.netns.network.send_icmp_error(out.netns, packet, *FRAG_NEEDED, mtu=mtu)


# --- out --------------------------------------------------------------------------------------------------------------


def route_output(netns: NetNs, dst: IPv4Address) -> tuple[Route, IPv4Address]:
    """Return the route of a local sender to `dst` and the source address it gives, like `ip route get DST`.

    Raises UnroutableError("ENETUNREACH") without a route, "EHOSTUNREACH" or "EACCES" where the route says so, "EINVAL"
    for a blackhole. Source: ip_route_output_key_hash_rcu().
    """
    route = netns.fib.lookup(dst)
    if route is None or route.type in ("blackhole", "unreachable", "prohibit"):
        raise UnroutableError(route_errno(route))
    if not out_of(netns, route).has_ipv4:
        raise UnroutableError("EINVAL")
    if route.type == "local":
        return route, route.src if is_loopback_address(dst) and route.src else dst
    source = route.src or netns.primary_address(route.dev, route.via or dst)
    if source is None:
        raise UnroutableError("ENETUNREACH")
    return route, source


def out_of(netns: NetNs, route: Route) -> Interface:
    """Return the device that a packet of this host leaves by: own addresses are reached by lo."""
    return netns.interfaces["lo" if route.type == "local" else route.dev]


def _lacks_ipv4(dev: Interface, packet: Packet) -> bool:
    """Drop what would leave by a device that IPv4 was taken off (__mkroute_output() and __mkroute_input(), -EINVAL)."""
    if dev.has_ipv4:
        return False
    params: dict[str, str | int] = {"iface": dev.name, "mtu": dev.mtu}
    dev.netns.hop(packet, "drop", dev.name, "routing", "drop-no-ipv4", params, dev.link_evidence())
    return True


def send_local(netns: NetNs, packet: Packet) -> str:
    """Route and send a packet that this host made, tunnels included.

    Return the errno's name where no route takes it, "" otherwise: what becomes of it later is not told here.
    """
    ip = packet.net
    assert isinstance(ip, IPv4)
    route = netns.fib.lookup(ip.dst)
    evidence = route_evidence(netns, ip.dst, route)
    if route is None or route.type not in ("unicast", "local"):
        shown = packet.with_eth(None)
        netns.hop(shown, "no-route", "", "routing", "no-route-local", {"dst": address_text(ip.dst)}, evidence)
        return route_errno(route)
    dev = out_of(netns, route)
    if _lacks_ipv4(dev, packet.with_eth(None)):
        return "EINVAL"
    code = "route-self" if route.type == "local" else route_code(route)
    netns.hop(packet.with_eth(None), "route", dev.name, "routing", code, route_params(route, ip.dst), evidence)
    passed = run_hook(netns, "OUTPUT", packet, None, dev)
    if passed is None:
        return ""
    assert isinstance(passed.net, IPv4)
    if passed.net.dst != ip.dst:
        return _reroute(netns, passed, passed.net)
    output(dev, passed, route)
    return ""


def _reroute(netns: NetNs, packet: Packet, ip: IPv4) -> str:
    """Look again for a way: OUTPUT has changed the destination; the source stays. Source: ip_route_me_harder()."""
    route = netns.fib.lookup(ip.dst)
    evidence = route_evidence(netns, ip.dst, route)
    if route is None or route.type not in ("unicast", "local"):
        netns.hop(packet, "no-route", "", "routing", "no-route-local", {"dst": address_text(ip.dst)}, evidence)
        return route_errno(route)
    dev = out_of(netns, route)
    if _lacks_ipv4(dev, packet):
        return "EINVAL"
    if is_loopback_address(ip.src) and dev.kind != "loopback" and not either(dev, "route_localnet"):
        # __mkroute_output() refuses a loopback source on any other device.
        params: dict[str, str | int] = {"src": address_text(ip.src), "dst": address_text(ip.dst)}
        netns.hop(packet, "drop", dev.name, "routing", "drop-martian", params, setting_evidence(dev, "route_localnet"))
        return "EINVAL"
    code = "route-self" if route.type == "local" else route_code(route)
    netns.hop(packet, "route", dev.name, "routing", code, route_params(route, ip.dst), evidence)
    output(dev, packet, route)
    return ""


def route_errno(route: Route | None) -> str:
    """Return what a local sender is told where no route leads on. Source: fib_props[], net/ipv4/fib_semantics.c."""
    if route is None:
        return "ENETUNREACH"
    return {"blackhole": "EINVAL", "unreachable": "EHOSTUNREACH", "prohibit": "EACCES"}.get(route.type, "ENETUNREACH")


def output(dev: Interface, packet: Packet, route: Route, *, is_forwarded: bool = False) -> None:
    """Send a routed packet out of `dev`, in pieces if it is too long. Source: ip_finish_output(), ip_fragment().

    One that may not be cut is too long here only where OUTPUT has led it another way than its sender measured.
    """
    netns = dev.netns
    passed = run_hook(netns, "POSTROUTING", packet, None, dev)
    if passed is None:
        return
    packet, ip = passed, passed.net
    assert isinstance(ip, IPv4)
    next_hop = route.via or ip.dst
    mtu = path_mtu(netns, route, ip.dst, is_forwarded=is_forwarded)
    if ip.length <= mtu:
        send_to_neighbour(dev, next_hop, packet)
        return
    measure = mtu_evidence(netns, route, ip.dst, is_forwarded=is_forwarded)
    if ip.df:
        _too_long(dev, packet, ip, mtu, measure, "output")
        return
    pieces = fragments_of(ip, mtu)
    params: dict[str, str | int] = {"length": ip.length, "mtu": mtu, "count": len(pieces), "iface": dev.name}
    netns.hop(packet, "fragment", dev.name, "output", "fragment", params, measure, cut(ip, pieces[0]))
    # The first piece is still the packet; the others are packets of their own until somebody joins them.
    cuts = [packet.with_net(pieces[0])]
    number = netns.network.next_number
    cuts += [Packet(number(), packet.leg, packet.attempt, packet.eth, p, packet.skb) for p in pieces[1:]]
    in_turn(netns, [partial(send_to_neighbour, dev, next_hop, piece) for piece in cuts])


def route_code(route: Route) -> str:
    """Return the caption for a unicast route: by a gateway, or straight to a neighbour on the link."""
    if route.via is None:
        return "route-link"
    return "route-default" if route.prefix.prefixlen == 0 else "route-via"


def route_params(route: Route, dst: IPv4Address) -> dict[str, str | int]:
    """Return what the captions of a route name."""
    return {
        "dst": address_text(dst),
        "prefix": network_text(route.prefix),
        "dev": route.dev,
        "via": address_text(route.via) if route.via else "",
    }
