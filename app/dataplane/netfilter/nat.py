"""Address translation: choosing a mapping for a flow's first packet, and applying it to every packet after.

Sources: Linux net/netfilter/nf_nat_core.c (get_unique_tuple, nf_nat_packet, nf_nat_inet_fn), nf_nat_proto.c
(nf_nat_icmp_reply_translation), nf_nat_masquerade.c.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from msgspec.structs import replace

from app.core.addresstext import address_text
from app.dataplane.conntrack import Connection, Tuple
from app.dataplane.headers import Icmp, IPv4, Tcp, Udp
from app.dataplane.hop import Change
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.targets import Dnat, Masquerade, PortRange, Snat

__all__ = ["NatTarget", "bind", "manip_of", "translate", "translate_error"]

NatTarget = Dnat | Snat | Masquerade
#: PREROUTING and OUTPUT rewrite destinations, POSTROUTING and INPUT sources. Source: HOOK2MANIP().
MANIP = {"PREROUTING": "DNAT", "OUTPUT": "DNAT", "POSTROUTING": "SNAT", "INPUT": "SNAT"}
TRIES = 128
WITH_PORTS = ("tcp", "udp")
OTHER = {"DNAT": "SNAT", "SNAT": "DNAT"}


def manip_of(hook: str) -> str:
    """Return which kind of NAT a hook does: "DNAT" or "SNAT"."""
    return MANIP[hook]


def bind(context: Context, target: NatTarget) -> None:
    """Fix the mapping of a new flow as `target` says."""
    connection = context.connection
    assert connection is not None
    is_random = "--random-fully" in target.flags or "--random" in target.flags
    if isinstance(target, Dnat):
        _bind_destination(context, connection, target.to, is_random=is_random)
        return
    address = target.to.address if isinstance(target, Snat) else _masquerade_address(context)
    _bind_source(context, connection, PortRange(address, target.to.port, target.to.last_port), is_random=is_random)


def _masquerade_address(context: Context) -> IPv4Address:
    """Return the address of the outgoing interface, as the next hop sees it. Source: nf_nat_masquerade_ipv4()."""
    out = context.out_dev
    assert out is not None
    route = context.netns.fib.lookup(context.ip.dst)
    near = (route.via if route is not None else None) or context.ip.dst
    return context.netns.primary_address(out.name, near) or context.ip.src


def _bind_destination(context: Context, connection: Connection, to: PortRange, *, is_random: bool) -> None:
    """Choose the destination: of several ports the packet's own if it is among them, else the first that is free."""
    new = connection.reply._replace(src=to.address or connection.reply.src)
    if to.port and new.proto in WITH_PORTS:
        new = _in_range(context, new, "sport", to, is_random=is_random)
    if new != connection.reply:
        connection.reply = new
        connection.nat.add("DNAT")


def _bind_source(context: Context, connection: Connection, to: PortRange, *, is_random: bool) -> None:
    """Choose the source: the port is kept if it is free and nobody asked for chance."""
    new = connection.reply._replace(dst=to.address or connection.reply.dst)
    now_us = context.netns.clock.now_us
    if to.port and new.proto in WITH_PORTS:
        is_kept = to.port <= new.dport <= to.last_port and not is_random
        # A port outside the range, or one that is taken, is drawn anew: get_random_u16() for sources.
        if not is_kept or (to.port != to.last_port and context.netns.conntrack.is_taken(new, now_us)):
            new = _in_range(context, new, "dport", to, is_random=True)
    elif is_random or context.netns.conntrack.is_taken(new, now_us):
        new = _free(context, new, now_us)
    if new != connection.reply:
        connection.reply = new
        connection.nat.add("SNAT")


def _in_range(context: Context, wanted: Tuple, end: str, to: PortRange, *, is_random: bool) -> Tuple:
    """Return `wanted` with a port of `to` at `end` ("sport" or "dport" of the reply) that no other connection uses.

    Source: nf_nat_core.c, get_unique_tuple() and nf_nat_l4proto_unique_tuple(). If all are taken the last one stays.
    """
    own = wanted.sport if end == "sport" else wanted.dport
    if not is_random and to.port <= own <= to.last_port:
        return wanted
    now_us, size = context.netns.clock.now_us, to.last_port - to.port + 1
    start = context.netns.network.rng.between(0, size - 1) if is_random and size > 1 else 0
    candidate = wanted
    for step in range(min(size, TRIES)):
        port = to.port + (start + step) % size
        candidate = wanted._replace(sport=port) if end == "sport" else wanted._replace(dport=port)
        if not context.netns.conntrack.is_taken(candidate, now_us):
            break
    return candidate


def _free(context: Context, wanted: Tuple, now_us: int) -> Tuple:
    """Return `wanted` with a port (or ICMP id) that no other connection uses; other protocols have neither."""
    if wanted.proto not in (*WITH_PORTS, "icmp"):
        return wanted
    rng = context.netns.network.rng
    for _ in range(TRIES):
        if wanted.proto == "icmp":
            candidate = wanted._replace(sport=rng.between(0, 65535))
        else:
            candidate = wanted._replace(dport=rng.between(1024, 65535))
        if not context.netns.conntrack.is_taken(candidate, now_us):
            return candidate
    return wanted


# --- applying a mapping -----------------------------------------------------------------------------------------------


def translate(ip: IPv4, connection: Connection, hook: str, *, is_reply: bool) -> tuple[IPv4, str, tuple[Change, ...]]:
    """Return the packet after this hook's share of the mapping, what was done ("", "dnat", "snat", "un-dnat",
    "un-snat"), and the changes."""
    manip = MANIP[hook]
    wanted = OTHER[manip] if is_reply else manip
    if wanted not in connection.nat:
        return ip, "", ()
    target = (connection.original if is_reply else connection.reply).inverted()
    new = _with_end(ip, target, manip)
    done = f"un-{wanted.lower()}" if is_reply else manip.lower()
    return new, done, _changes(ip, new)


def _with_end(ip: IPv4, target: Tuple, manip: str) -> IPv4:
    """Return the packet with the target's source (manip "SNAT") or destination: address, and port or ICMP id."""
    l4 = ip.payload
    if isinstance(l4, Icmp) and l4.quoted is None:
        l4 = replace(l4, ident=target.sport)
    elif isinstance(l4, Tcp | Udp):
        l4 = replace(l4, sport=target.sport) if manip == "SNAT" else replace(l4, dport=target.dport)
    if manip == "SNAT":
        return replace(ip, src=target.src, payload=l4)
    return replace(ip, dst=target.dst, payload=l4)


def _changes(old: IPv4, new: IPv4) -> tuple[Change, ...]:
    pairs: list[tuple[str, str | int, str | int]] = [
        ("ipv4.src", address_text(old.src), address_text(new.src)),
        ("ipv4.dst", address_text(old.dst), address_text(new.dst)),
    ]
    a, b = old.payload, new.payload
    if isinstance(a, Tcp | Udp) and isinstance(b, Tcp | Udp):
        pairs += [(f"{old.proto}.sport", a.sport, b.sport), (f"{old.proto}.dport", a.dport, b.dport)]
    elif isinstance(a, Icmp) and isinstance(b, Icmp):
        pairs.append(("icmp.id", a.ident, b.ident))
    return tuple(Change(field, before, after) for field, before, after in pairs if before != after)


def translate_error(
    ip: IPv4, connection: Connection, hook: str, *, is_reply: bool
) -> tuple[IPv4, str, tuple[Change, ...]]:
    """Return an ICMP error after this hook: the packet it quotes is turned back, its own address made to fit.

    Source: nf_nat_icmp_reply_translation(): "Change outer to look like the reply to an incoming packet".
    """
    manip = MANIP[hook]
    wanted = OTHER[manip] if is_reply else manip
    icmp = ip.payload
    if wanted not in connection.nat or not isinstance(icmp, Icmp) or icmp.quoted is None:
        return ip, "", ()
    inner = connection.original if is_reply else connection.reply
    quoted = _with_end(icmp.quoted, inner, OTHER[manip])
    outer = inner.inverted()
    new = replace(ip, payload=replace(icmp, quoted=quoted))
    new = replace(new, src=outer.src) if manip == "SNAT" else replace(new, dst=outer.dst)
    done = f"un-{wanted.lower()}" if is_reply else manip.lower()
    return new, done, _changes(ip, new)
