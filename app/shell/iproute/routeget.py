"""`ip route get`: the resolved route, or with fibmatch the FIB entry itself.

Sources: iproute2 6.1, ip/iproute.c, iproute_get(); Linux net/ipv4/route.c (ip_route_output_key_hash_rcu,
ip_route_input_rcu).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from msgspec import Struct

from app.dataplane.fib import Route
from app.dataplane.netns import NetNs
from app.shell.iproute.options import IpOptions, joined
from app.shell.iproute.words import Words, device, network
from app.shell.result import CommandError, CommandResult, not_modelled, rtnetlink, said

__all__ = ["get_route"]

ANY = IPv4Address(0)
#: The errno's text for a route that refuses. Source: fib_props[].
REFUSALS = {"blackhole": "Invalid argument", "unreachable": "No route to host", "prohibit": "Permission denied"}


class Question(Struct):
    """What is asked: to whom, from whom, in by which and out by which device."""

    dst: IPv4Address | None = None
    source: IPv4Address | None = None
    iif: str | None = None
    oif: str | None = None
    fibmatch: bool = False


def get_route(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    """Answer `ip route get [fibmatch] ADDR [from ADDR] [iif DEV] [oif DEV]`."""
    asked, warning = _read(netns, words, options)
    dst = asked.dst
    if dst is None:
        raise CommandError("need at least a destination address\n", 1)
    route = _output(netns, asked, dst) if asked.iif is None else _input(netns, asked, dst)
    if asked.fibmatch:
        return said([f"{route.text(show_table=False)} "], warning)
    return said(joined(_resolved(netns, asked, dst, route), options), warning)


def _read(netns: NetNs, words: Words, options: IpOptions) -> tuple[Question, str]:
    asked, warning = Question(), ""
    while words:
        word = words.take()
        if word == "fibmatch":
            asked.fibmatch = True
        elif word == "from":
            asked.source = network(words.take(), "inet").ip
        elif word == "iif":
            asked.iif = device(netns, words.take()).name
        elif word in ("oif", "dev"):
            asked.oif = device(netns, words.take()).name
        elif word in ("uid", "mark", "tos", "dsfield", "vrf", "sport", "dport", "ipproto", "connected", "notify"):
            raise not_modelled(f"ip route get ... {word}")
        else:
            text = words.take() if word == "to" else word
            # Once an address is read the family is known, and the message names it.
            prefix = network(text, options.family_name if asked.dst is None else "inet")
            asked.dst = prefix.ip
            if "/" in text and prefix.network.prefixlen != 32:
                length = prefix.network.prefixlen
                warning = f"Warning: /{length} as prefix is invalid, only /32 (or none) is supported.\n"
    return asked, warning


def _output(netns: NetNs, asked: Question, dst: IPv4Address) -> Route:
    """Return the route of what this host sends itself."""
    if asked.source is not None and not netns.fib.is_local(asked.source):
        raise rtnetlink("Network is unreachable")
    if dst == ANY:
        dst = IPv4Address("127.0.0.1")
    route = _lookup(netns, dst, asked.oif)
    if route is None and asked.oif is not None and netns.interfaces[asked.oif].up:
        # "Apparently, routing tables are wrong. Assume, that the destination is on link."
        return Route(IPv4Network(dst), asked.oif, scope="link")
    return _accepted(route)


def _lookup(netns: NetNs, dst: IPv4Address, oif: str | None) -> Route | None:
    if oif is None:
        return netns.fib.lookup(dst)
    for name in ("local", "main"):
        fitting = [r for r in netns.fib.routes if r.table == name and dst in r.prefix and r.dev in ("", oif)]
        if fitting:
            return max(fitting, key=lambda r: (r.prefix.prefixlen, -r.metric))
    return None


def _accepted(route: Route | None) -> Route:
    if route is None:
        raise rtnetlink("Network is unreachable")
    if route.type in REFUSALS:
        raise rtnetlink(REFUSALS[route.type])
    return route


def _input(netns: NetNs, asked: Question, dst: IPv4Address) -> Route:
    """Return the route of a packet that comes in by `iif`: it must be for this host, or forwarding be on."""
    route = _accepted(netns.fib.lookup(dst))
    if route.type == "unicast" and not netns.is_forwarding:
        raise rtnetlink("No route to host")
    if asked.source is not None and netns.fib.is_local(asked.source):
        raise rtnetlink("Invalid argument")
    return route


def _resolved(netns: NetNs, asked: Question, dst: IPv4Address, route: Route) -> list[str]:
    """Return the two lines of a resolved route, each with its trailing blank."""
    words: list[str] = [] if route.type == "unicast" else [route.type]
    words.append(str(dst))
    words += ["from", str(asked.source)] if asked.source else []
    words += ["via", str(route.via)] if route.via else []
    words += ["dev", "lo" if route.type == "local" else route.dev]
    if asked.source is None and asked.iif is None:
        source = _source(netns, dst, route)
        words += ["src", str(source)] if source else []
    words += ["uid", "0"] if asked.iif is None else []
    flags = {"local": " <local>", "broadcast": " <local,brd>"}.get(route.type, "")
    iif = f" iif {asked.iif}" if asked.iif else ""
    now_us = netns.clock.now_us
    row = netns.fib.exceptions.get(route, dst, now_us)
    learned = f" {row.text(now_us)}" if row is not None else ""
    return [" ".join(words) + " ", f"    cache{flags}{learned}{iif} "]


def _source(netns: NetNs, dst: IPv4Address, route: Route) -> IPv4Address | None:
    """Return the address that a socket without one would send from."""
    if route.type == "local":
        return route.src or dst
    return route.src or netns.primary_address(route.dev, route.via or dst)
