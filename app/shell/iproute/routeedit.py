"""`ip route add | append | prepend | replace | change | delete`, with the kernel's checks.

Sources: iproute2 6.1, ip/iproute.c, iproute_modify(); Linux net/ipv4/fib_frontend.c (inet_rtm_newroute),
fib_semantics.c (fib_create_info, fib_check_nh), fib_trie.c (fib_table_insert, fib_table_delete).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import cast

from msgspec import Struct

from app.dataplane.fib import Route, RouteType
from app.dataplane.netns import NetNs
from app.shell.iproute.options import IpOptions
from app.shell.iproute.values import TYPES, proto, scope, scope_number, table
from app.shell.iproute.words import Words, address, device, exact, fully, garbage, invalid, network, number
from app.shell.result import CommandError, CommandResult, extack, not_modelled, rtnetlink, said

__all__ = ["edit_route", "read_type"]

MODELLED = frozenset({"unicast", "local", "broadcast", "blackhole", "unreachable", "prohibit"})
REFUSING = frozenset({"blackhole", "unreachable", "prohibit"})
ELSEWHERE = frozenset(
    "mtu advmss rtt rttvar window cwnd initcwnd initrwnd features quickack congctl rto_min hoplimit reordering"
    " ssthresh realms realm expires nexthop nhid encap tos dsfield pref ttl-propagate fastopen_no_cookie as lock"
    " weight pervasive vrf".split()
)
INVALID_GATEWAY = "Nexthop has invalid gateway."


class Request(Struct):
    """What was typed. None: not said."""

    type: str | None = None
    prefix: IPv4Interface | None = None
    via: IPv4Address | None = None
    dev: str | None = None
    src: IPv4Address | None = None
    metric: int = 0
    onlink: bool = False
    table: str | None = None
    proto: str | None = None
    scope: str | None = None


def edit_route(netns: NetNs, words: Words, options: IpOptions, verb: str) -> CommandResult:
    """Change the FIB as one line of `ip route VERB ...` says, or not at all."""
    asked = _read(words, options)
    if asked.dev is not None:
        device(netns, asked.dev)
    prefix = exact(asked.prefix or IPv4Interface("0.0.0.0/0"))
    if prefix is None:
        raise extack("Invalid prefix for given prefix length.")
    if verb == "delete":
        _delete(netns, asked, prefix)
    else:
        _insert(netns, _checked(netns, asked, prefix), verb)
    return said([])


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(words: Words, options: IpOptions) -> Request:
    asked = Request()
    if not words:
        raise CommandError("Usage: ip route { add | del | change | append | replace } [ TYPE ] PREFIX ...\n", 255)
    while words:
        word = words.take()
        if word == "via":
            words.skip("inet")
            asked.via = address(words.take(), "inet")
        elif word in ("dev", "oif"):
            asked.dev = words.take()
        elif word == "src":
            asked.src = address(words.take(), "inet")
        elif word == "onlink":
            asked.onlink = True
        elif word in ELSEWHERE:
            raise not_modelled(f"ip route ... {word}")
        elif not _read_attribute(word, words, asked):
            _read_prefix(word, words, asked, options)
    return asked


def _read_attribute(word: str, words: Words, asked: Request) -> bool:
    """Read an attribute whose name may be abbreviated; False if `word` is none."""
    found = fully(word, ("metric", "priority", "preference", "scope", "protocol", "table"))
    if found in ("metric", "priority", "preference"):
        asked.metric = number(words.take(), '"metric" value is invalid')
    elif found == "scope":
        asked.scope = scope(words.take())
    elif found == "protocol":
        asked.proto = proto(words.take())
    elif found == "table":
        text = words.take()
        asked.table = "main" if text in ("0", "unspec") else table(text)
    return found is not None


def _read_prefix(word: str, words: Words, asked: Request, options: IpOptions) -> None:
    text = words.take() if word == "to" else word
    if text in TYPES and asked.prefix is None:
        asked.type = read_type(text, tuple(MODELLED))
        text = words.take()
    if asked.prefix is not None:
        raise garbage("to", text)
    asked.prefix = network(text, options.family_name)


def read_type(text: str, modelled: Sequence[str]) -> str:
    """Return a route type by its name."""
    if text not in TYPES:
        raise invalid(text, "node type value is invalid")
    if text not in modelled:
        raise not_modelled(f"a route of type {text}", "modelled: " + ", ".join(sorted(MODELLED)))
    return text


# --- the kernel's checks ----------------------------------------------------------------------------------------------


def _checked(netns: NetNs, asked: Request, prefix: IPv4Network) -> Route:
    """Return the route that fib_create_info() makes of the request."""
    kind = asked.type or "unicast"
    width = asked.scope or _default_scope(kind, asked.via)
    where = asked.table or ("local" if kind in ("local", "broadcast") else "main")
    dev = asked.dev or ""
    if scope_number(width) < {"local": 254, "broadcast": 253}.get(kind, 0):
        raise extack("Invalid scope.")
    if kind in REFUSING:
        if asked.via or dev:
            raise extack("Gateway, device and multipath can not be specified for this route type.")
    elif scope_number(width) > 254:
        raise extack("Invalid scope.")
    elif width == "host":
        _check_host_scope(asked)
    else:
        dev = _check_gateway(netns, asked, width) if _gateway(asked) else _check_link(netns, asked)
    if asked.src is not None and not netns.fib.is_local(asked.src):
        raise extack("Invalid prefsrc address.")
    return Route(
        prefix, dev, _gateway(asked), cast("RouteType", kind), where, asked.proto or "boot", width, asked.src,
        asked.metric, asked.onlink and _gateway(asked) is not None,
    )  # fmt: skip


def _gateway(asked: Request) -> IPv4Address | None:
    """Return the gateway; 0.0.0.0 is none."""
    return asked.via if asked.via is not None and int(asked.via) else None


def _default_scope(kind: str, via: IPv4Address | None) -> str:
    """Return the scope that iproute2 fills in."""
    if kind == "local":
        return "host"
    return "link" if kind == "broadcast" or (kind == "unicast" and via is None) else "global"


def _check_host_scope(asked: Request) -> None:
    """A route of host scope names a device of its own and no gateway; the device need not be up."""
    if _gateway(asked) is not None:
        raise extack("Route with host scope can not have a gateway.")
    if asked.dev is None:
        raise rtnetlink("No such device")


def _check_link(netns: NetNs, asked: Request) -> str:
    """fib_check_nh_nongw(): the device must be there and up."""
    if asked.onlink:
        raise extack("Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.")
    if asked.dev is None or not netns.interfaces[asked.dev].has_ipv4:
        raise rtnetlink("No such device")
    if not netns.interfaces[asked.dev].up:
        raise extack("Device for nexthop is not up.")
    return asked.dev


def _check_gateway(netns: NetNs, asked: Request, width: str) -> str:
    """fib_check_nh_v4_gw(): the gateway must be a neighbour by a route of link scope, unless onlink vouches for it."""
    via = _gateway(asked)
    assert via is not None
    if asked.onlink:
        if scope_number(width) >= 253:
            raise extack("Nexthop has invalid scope.")
        return _check_onlink(netns, asked, via)
    route = _way_to_gateway(netns, via, asked.dev, max(253, scope_number(width) + 1))
    if route is None or route.type not in ("unicast", "local"):
        raise extack(INVALID_GATEWAY)
    if not netns.interfaces[route.dev].up:
        raise rtnetlink("Network is down")
    return route.dev


def _check_onlink(netns: NetNs, asked: Request, via: IPv4Address) -> str:
    if asked.dev is None:
        raise extack("Nexthop device required for onlink.")
    if not netns.interfaces[asked.dev].up:
        raise extack("Nexthop device is not up.")
    own = [r for r in netns.fib.routes if r.table == "local" and via in r.prefix]
    if own or via.is_multicast or int(via) == 0xFFFFFFFF:
        raise extack(INVALID_GATEWAY)
    return asked.dev


def _way_to_gateway(netns: NetNs, via: IPv4Address, dev: str | None, scope_at_least: int) -> Route | None:
    """Return the best route to `via` that is narrower than the new one: of link or host scope; on `dev` if given."""
    for name in ("local", "main", "default"):
        fitting = [
            r
            for r in netns.fib.routes
            if r.table == name and via in r.prefix and dev in (None, r.dev) and scope_number(r.scope) >= scope_at_least
        ]
        if fitting:
            return max(fitting, key=lambda r: (r.prefix.prefixlen, -r.metric))
    return None


# --- the table --------------------------------------------------------------------------------------------------------


def _insert(netns: NetNs, route: Route, verb: str) -> None:
    """fib_table_insert(): what a route of the same prefix and metric means to each verb."""
    same = [r for r in netns.fib.routes if (r.table, r.prefix, r.metric) == (route.table, route.prefix, route.metric)]
    if not same:
        if verb == "change":
            raise rtnetlink("No such file or directory")
        netns.fib.append(route)
    elif verb == "add" or (route in same and (verb in ("append", "prepend") or route != same[0])):
        raise rtnetlink("File exists")
    elif verb in ("replace", "change"):
        netns.fib.keep(tuple(route if r is same[0] else r for r in netns.fib.routes))
    elif verb == "append":
        netns.fib.append(route)
    else:
        at = next(n for n, r in enumerate(netns.fib.routes) if r is same[0])
        netns.fib.keep((*netns.fib.routes[:at], route, *netns.fib.routes[at:]))


def _delete(netns: NetNs, asked: Request, prefix: IPv4Network) -> None:
    """fib_table_delete(): the first route of that prefix with everything that was said; lower metrics come first."""
    where = asked.table or ("local" if asked.type in ("local", "broadcast") else "main")
    fitting = [
        r
        for r in netns.fib.routes
        if (r.table, r.prefix) == (where, prefix)
        and asked.type in (None, r.type)
        and asked.scope in (None, r.scope)
        and asked.proto in (None, r.proto)
        and asked.src in (None, r.src)
        and asked.metric in (0, r.metric)
        and asked.dev in (None, r.dev)
        and asked.via in (None, r.via)
    ]
    if not fitting:
        raise rtnetlink("No such process")
    gone = min(fitting, key=lambda r: r.metric)
    netns.fib.keep(tuple(r for r in netns.fib.routes if r is not gone))
