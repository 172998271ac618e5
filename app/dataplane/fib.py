"""The forwarding information base: routes, and the longest-prefix match over them.

Two tables, as an unconfigured Linux has them: `local` (the host's own addresses) is asked first, then `main`.
Sources: ip-route(8); Linux net/ipv4/fib_trie.c, fib_frontend.c. Simplified: no policy rules, no multipath, no TOS.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from msgspec import Struct

from app.core.addresstext import address_text, network_text
from app.dataplane.pmtu import Exceptions
from app.dataplane.skipped import Rows, Skipped

__all__ = ["Fib", "Route", "RouteEvidence", "RouteType"]

RouteType = Literal["unicast", "local", "broadcast", "blackhole", "unreachable", "prohibit"]
DEFAULT = IPv4Network("0.0.0.0/0")
#: Destinations whose route a namespace remembers, until a route changes.
REMEMBERED = 256


class Route(Struct, frozen=True, gc=False):
    """One route as `ip route` shows it. `via` None: the destination is on the link itself."""

    prefix: IPv4Network
    dev: str = ""
    via: IPv4Address | None = None
    type: RouteType = "unicast"
    table: str = "main"
    proto: str = "boot"
    scope: str = "global"
    src: IPv4Address | None = None
    metric: int = 0
    onlink: bool = False

    def text(self, *, show_table: bool = True) -> str:
        """Return the line of `ip route`, without its trailing blank.

        Source: iproute2 ip/iproute.c, print_route(): type, prefix, via, dev, table, proto, scope, src, metric, flags.
        """
        words: list[str] = [] if self.type == "unicast" else [self.type]
        words.append(prefix_text(self.prefix))
        words += ["via", address_text(self.via)] if self.via else []
        words += ["dev", self.dev] if self.dev else []
        words += ["table", self.table] if show_table and self.table != "main" else []
        words += ["proto", self.proto] if self.proto != "boot" else []
        words += ["scope", self.scope] if self.scope != "global" else []
        words += ["src", address_text(self.src)] if self.src else []
        words += ["metric", str(self.metric)] if self.metric else []
        words += ["onlink"] if self.onlink else []
        return " ".join(words)


def prefix_text(prefix: IPv4Network) -> str:
    """Return a destination as iproute2 prints it: `default`, a bare address for a /32, or the prefix."""
    if prefix == DEFAULT:
        return "default"
    return address_text(prefix.network_address) if prefix.prefixlen == 32 else network_text(prefix)


class Fib:
    """The routes of one namespace. Entries are immutable; the table is replaced as a whole when one changes."""

    __slots__ = ("_by_length", "_by_table", "_found", "exceptions", "routes")

    def __init__(self) -> None:
        self.routes: tuple[Route, ...] = ()
        self.exceptions = Exceptions()
        self._by_table: dict[str, list[tuple[int, dict[int, list[Route]]]]] = {}
        self._by_length: dict[tuple[str, int], dict[int, list[Route]]] = {}
        #: What was found for the last destinations that were asked for.
        self._found: dict[int, Route | None] = {}

    def add(self, route: Route) -> None:
        """Add `route`. Two routes of one table to one prefix must differ in metric, as `RTNETLINK: File exists` says.

        Raises ValueError where such a route exists.
        """
        if self.find(route.table, route.prefix, route.metric) is not None:
            raise ValueError("RTNETLINK answers: File exists")
        self.append(route)

    def append(self, route: Route) -> None:
        """Add `route` behind others with its table, prefix and metric: it is shown, and asked when they are gone."""
        self.routes = (*self.routes, route)
        self._insert(route)

    def replace(self, route: Route) -> None:
        """Add `route` in place of one with the same table, prefix and metric, if there is one."""
        old = self.find(route.table, route.prefix, route.metric)
        self._set((*(r for r in self.routes if r is not old), route))

    def remove(self, route: Route) -> None:
        """Take `route` out. Raises ValueError where it is not in the table."""
        if route not in self.routes:
            raise ValueError("RTNETLINK answers: No such process")
        self._set(tuple(r for r in self.routes if r != route))

    def keep(self, routes: tuple[Route, ...]) -> None:
        """Keep only `routes`: what is left after a device went down."""
        self._set(routes)

    def find(self, table: str, prefix: IPv4Network, metric: int = 0) -> Route | None:
        """Return the route of exactly that table, prefix and metric."""
        same = self._by_length.get((table, prefix.prefixlen), {}).get(int(prefix.network_address), ())
        return next((r for r in same if r.metric == metric), None)

    def lookup(self, dst: IPv4Address) -> Route | None:
        """Return the route to `dst`, like `ip route get fibmatch DST`: local before main, longest prefix, low metric.

        None means no route: a local sender gets ENETUNREACH, a forwarder answers ICMP net unreachable.
        """
        number = dst._ip  # type: ignore[attr-defined]  # noqa: SLF001  (int() of it is a Python call)
        if number in self._found:
            return self._found[number]
        best = None
        for table in ("local", "main"):
            for mask, routes in self._by_table.get(table, ()) if best is None else ():
                found = routes.get(number & mask)
                if found is not None:
                    best = found[0]
                    break
        if len(self._found) >= REMEMBERED:
            self._found.clear()
        self._found[number] = best
        return best

    def is_local(self, address: IPv4Address) -> bool:
        """Whether `address` is one of the host's own (a `local` route covers it)."""
        route = self.lookup(address)
        return route is not None and route.type == "local"

    def _set(self, routes: tuple[Route, ...]) -> None:
        """Replace all routes."""
        self.routes = routes
        self.exceptions.keep_routes(routes)
        self._by_table, self._by_length, self._found = {}, {}, {}
        for route in routes:
            self._insert(route)

    def _insert(self, route: Route) -> None:
        """Put a route into the index: per table, masks from long to short, then network number to its routes.

        Best first. Cheap: a node of a large cluster has thousands of routes and gets one more with every Pod.
        """
        self._found.clear()
        prefix = route.prefix
        by_number = self._by_length.get((route.table, prefix.prefixlen))
        if by_number is None:
            by_number = self._by_length[route.table, prefix.prefixlen] = {}
            masks = self._by_table.setdefault(route.table, [])
            masks.append((int(prefix.netmask), by_number))
            masks.sort(key=lambda entry: entry[0], reverse=True)
        same = by_number.setdefault(int(prefix.network_address), [])
        same.append(route)
        if len(same) > 1:
            same.sort(key=lambda r: r.metric)


class RouteEvidence(Struct, frozen=True, gc=False):
    """Which route decided for `dst`, out of `routes` (the whole FIB at that moment)."""

    dst: IPv4Address
    route: Route | None
    routes: tuple[Route, ...]

    @property
    def tool(self) -> str:
        """The command that prints the FIB entry itself, not the resolved route.

        For a route that refuses, `ip route get` prints only the errno.
        """
        if self.route is not None and self.route.type in ("blackhole", "unreachable", "prohibit"):
            return f"ip route show match {address_text(self.dst)}"
        return f"ip route get fibmatch {address_text(self.dst)}"

    @property
    def entry(self) -> str:
        """The route's line, without its table as there, or what `ip route get` says where there is none."""
        return self.route.text(show_table=False) if self.route else "RTNETLINK answers: Network is unreachable"

    @property
    def skipped(self) -> Sequence[Skipped]:
        """The other routes of `main`: those that match but are shorter, then those that do not match."""
        return Rows(self._skipped)

    def _skipped(self) -> Sequence[Skipped]:
        rows = []
        for route in self.routes:
            if route == self.route or (route.table != "main" and self.dst not in route.prefix):
                continue
            if self.dst in route.prefix:
                rows.append((0, Skipped(route.text(), self._why_not(route))))
            elif self.route is None or self.route.table == "main":
                rows.append((1, Skipped(route.text(), f"{address_text(self.dst)} ∉ {network_text(route.prefix)}")))
        return [row for _, row in sorted(rows, key=lambda r: r[0])]

    def _why_not(self, route: Route) -> str:
        """Say why a matching route lost."""
        best = self.route
        assert best is not None
        if best.table != route.table:
            return f"table {best.table} < {route.table}"
        if best.prefix.prefixlen > route.prefix.prefixlen:
            return f"/{route.prefix.prefixlen} < /{best.prefix.prefixlen}"
        return f"metric {route.metric} > {best.metric}"
