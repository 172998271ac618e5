"""`ip route show` and `flush`, and the way to the other verbs. Source: iproute2 6.1, ip/iproute.c (print_route,
iproute_list_flush_or_save); the order of lines is that of Linux net/ipv4/fib_trie.c, fn_trie_dump_leaf().
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from msgspec import Struct
from msgspec.structs import replace

from app.dataplane.fib import Route
from app.dataplane.netns import NetNs
from app.shell.iproute.link import choose
from app.shell.iproute.options import IpOptions, joined
from app.shell.iproute.routeedit import edit_route, read_type
from app.shell.iproute.routeget import get_route
from app.shell.iproute.values import TYPES, proto, scope, table, table_number
from app.shell.iproute.words import Words, address, device, network
from app.shell.result import CommandError, CommandResult, not_modelled, said

__all__ = ["ip_route"]


def ip_route(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    """Run `ip route ...`."""
    if not words:
        return _show(netns, words, options)
    name = words.take()
    commands: dict[str, Callable[[], CommandResult]] = {
        "add": lambda: edit_route(netns, words, options, "add"),
        "change": lambda: edit_route(netns, words, options, "change"),
        "chg": lambda: edit_route(netns, words, options, "change"),
        "replace": lambda: edit_route(netns, words, options, "replace"),
        "prepend": lambda: edit_route(netns, words, options, "prepend"),
        "append": lambda: edit_route(netns, words, options, "append"),
        "test": lambda: _elsewhere("test"),
        "delete": lambda: edit_route(netns, words, options, "delete"),
        "get": lambda: get_route(netns, words, options),
        "list": lambda: _show(netns, words, options),
        "show": lambda: _show(netns, words, options),
        "lst": lambda: _show(netns, words, options),
        "flush": lambda: _flush(netns, words, options),
        "save": lambda: _elsewhere("save"),
        "restore": lambda: _elsewhere("restore"),
        "showdump": lambda: _elsewhere("showdump"),
        "help": _help,
    }
    commands["ls"] = commands["list"]
    return choose(name, commands, "ip route")


def _elsewhere(verb: str) -> CommandResult:
    raise not_modelled(f"ip route {verb}")


def _help() -> CommandResult:
    raise CommandError(
        "Usage: ip route { list | flush } SELECTOR\n"
        "       ip route get [ fibmatch ] ADDRESS [ from ADDRESS iif STRING ] [ oif STRING ]\n"
        "       ip route { add | del | change | append | replace } ROUTE\n"
        "SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ] [ table TABLE_ID ] [ proto RTPROTO ]\n"
        "            [ type TYPE ] [ scope SCOPE ] [ dev STRING ] [ via ADDRESS ] [ src ADDRESS ]\n"
        "ROUTE := [ TYPE ] PREFIX [ via ADDRESS ] [ dev STRING ] [ onlink ] [ src ADDRESS ]\n"
        "         [ table TABLE_ID ] [ proto RTPROTO ] [ scope SCOPE ] [ metric METRIC ]\n"
        "TYPE := { unicast | local | broadcast | unreachable | prohibit | blackhole }\n",
        255,
    )


class RouteFilter(Struct):
    """Which routes are shown. None is no filter; table "all" is every table."""

    table: str = "main"
    cache: bool = False
    dev: str | None = None
    via: IPv4Address | None = None
    src: IPv4Address | None = None
    proto: str | None = None
    scope: str | None = None
    type: str | None = None
    exact: IPv4Interface | None = None
    root: IPv4Interface | None = None
    match: IPv4Interface | None = None

    def passes(self, route: Route) -> bool:
        """Whether a route is shown."""
        return (
            self.table in ("all", route.table)
            and self.dev in (None, route.dev)
            and self.via in (None, route.via)
            and self.src in (None, route.src)
            and self.proto in (None, route.proto)
            and self.scope in (None, route.scope)
            and self.type in (None, route.type)
            and self._is_there(route)
        )

    def _is_there(self, route: Route) -> bool:
        """Whether the prefix is the asked one (exact), inside it (root), or contains it (match)."""
        return (
            (self.exact is None or route.prefix == self.exact.network)
            and (self.root is None or route.prefix.subnet_of(self.root.network))
            and (self.match is None or self.match.network.subnet_of(route.prefix))
        )

    def line(self, netns: NetNs, route: Route) -> str:
        """Return the line with its trailing blank: what was asked for is not repeated."""
        shown = replace(
            route,
            dev=route.dev if self.dev is None else "",
            via=route.via if self.via is None else None,
            src=route.src if self.src is None else None,
            proto=route.proto if self.proto is None else "boot",
            scope=route.scope if self.scope is None else "global",
        )
        text = shown.text(show_table=self.table == "all")
        interface = netns.interfaces.get(route.dev)
        has_carrier = interface is None or not interface.up or interface.has_carrier
        return f"{text} " if has_carrier or route.type == "local" else f"{text} linkdown "


def _filter(netns: NetNs, words: Words, options: IpOptions) -> RouteFilter:
    which = RouteFilter()
    while words:
        word = words.take()
        if word in READERS:
            READERS[word](netns, words, which)
        elif word in ("root", "match", "exact"):
            setattr(which, word, network(words.take(), options.family_name))
        elif word in ("cache", "cached", "cloned"):
            which.cache = True
        elif word in ("realms", "from", "tos", "dsfield", "mark", "vrf", "nhid", "iif"):
            raise not_modelled(f"ip route show {word}")
        else:
            which.exact = network(words.take() if word == "to" else word, options.family_name)
    return which


def _read_table(_netns: NetNs, words: Words, which: RouteFilter) -> None:
    text = words.take()
    which.table = "all" if text in ("all", "0") else table(text, "table id value is invalid")


def _read_dev(netns: NetNs, words: Words, which: RouteFilter) -> None:
    which.dev = device(netns, words.take()).name


def _read_via(_netns: NetNs, words: Words, which: RouteFilter) -> None:
    which.via = address(words.take(), "inet")


def _read_src(_netns: NetNs, words: Words, which: RouteFilter) -> None:
    which.src = address(words.take(), "inet")


def _read_proto(_netns: NetNs, words: Words, which: RouteFilter) -> None:
    which.proto = proto(words.take())


def _read_scope(_netns: NetNs, words: Words, which: RouteFilter) -> None:
    which.scope = scope(words.take())


def _read_type(_netns: NetNs, words: Words, which: RouteFilter) -> None:
    which.type = read_type(words.take(), TYPES)


READERS: dict[str, Callable[[NetNs, Words, RouteFilter], None]] = {
    "table": _read_table, "dev": _read_dev, "oif": _read_dev, "via": _read_via, "src": _read_src,
    "proto": _read_proto, "protocol": _read_proto, "scope": _read_scope, "type": _read_type,
}  # fmt: skip


def _show(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    which = _filter(netns, words, options)
    if which.cache:
        return said(_cached(netns, which, options))
    if which.table not in ("all", "main", "local", "default") and not _has_table(netns, which.table):
        raise CommandError("Error: ipv4: FIB table does not exist.\nDump terminated\n", 2)
    return said([which.line(netns, r) for r in in_order(netns) if which.passes(r)])


def _cached(netns: NetNs, which: RouteFilter, options: IpOptions) -> list[str]:
    """Return what is remembered of paths: the route of each, cut down to its destination, and the exception."""
    now_us = netns.clock.now_us
    lines = []
    for route, dst, exception in netns.fib.exceptions.rows(now_us):
        shown = replace(route, prefix=IPv4Network(dst), proto="boot", scope="global", src=None, metric=0, onlink=False)
        if which.passes(shown):
            lines += joined([which.line(netns, shown), f"    cache {exception.text(now_us)} "], options)
    return lines


def _has_table(netns: NetNs, name: str) -> bool:
    return any(r.table == name for r in netns.fib.routes)


def in_order(netns: NetNs) -> list[Route]:
    """Return every route in the order of a dump: by table, address, longer prefixes first, lower metric first."""
    return sorted(
        netns.fib.routes,
        key=lambda r: (table_number(r.table) & 255, int(r.prefix.network_address), -r.prefix.prefixlen, r.metric),
    )


def _flush(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    if not words:
        raise CommandError('"ip route flush" requires arguments.\n', 1)
    which = _filter(netns, words, options)
    if which.cache:
        netns.fib.exceptions.flush()
        return said([])
    gone = {id(r) for r in netns.fib.routes if which.passes(r)}
    netns.fib.keep(tuple(r for r in netns.fib.routes if id(r) not in gone))
    if not options.statistics:
        return said([])
    if not gone:
        return said(["Nothing to flush."])
    return said(["", f"*** Round 1, deleting {len(gone)} entries ***", "*** Flush is complete after 1 round ***"])
