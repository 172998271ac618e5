"""Which server of an upstream a request is sent to, and which next when it fails.

Sources: nginx src/http/ngx_http_upstream_round_robin.c (max_fails, fail_timeout), upstream_random_module.c;
ingress-nginx rootfs/etc/nginx/lua/balancer/round_robin.lua (starts anywhere, asks no health); Traefik's wrr.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address

from app.core.rng import Rng
from app.workloads.ingress.router import Upstream
from app.workloads.ingress.view import Server

__all__ = ["Balancer"]


class Balancer:
    """The memory of one controller: whose turn it is, and which servers have failed lately."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._turns: dict[str, int] = {}
        self._failed_until: dict[tuple[str, Server], int] = {}

    def tries(self, upstream: Upstream) -> int:
        """Return how many connections a request may open."""
        return upstream.tries or len(upstream.backend.servers)

    def pick(
        self, upstream: Upstream, tried: Collection[Server], now_us: int, preferred: Collection[IPv4Address] = ()
    ) -> Server | None:
        """Return the next server; None: nobody is left ("no live upstreams"). `preferred` is what --pick asks for."""
        servers = upstream.backend.servers
        if upstream.fail_timeout_us and len(servers) > 1:
            servers = tuple(
                each for each in servers
                if each not in tried and self._failed_until.get((upstream.name, each), 0) <= now_us
            )  # fmt: skip
        if not servers:
            return None
        asked = next((each for each in servers if each.address in preferred and each not in tried), None)
        if asked is not None:
            return asked
        if upstream.method == "random":
            return servers[self._rng.between(0, len(servers) - 1)]
        return self._in_turn(upstream, servers)

    def _in_turn(self, upstream: Upstream, servers: tuple[Server, ...]) -> Server:
        everyone = upstream.backend.servers
        start = self._rng.between(0, len(everyone) - 1) if upstream.name not in self._turns else 0
        turn = self._turns.get(upstream.name, start)
        for step in range(len(everyone)):
            candidate = everyone[(turn + step) % len(everyone)]
            if candidate in servers:
                self._turns[upstream.name] = turn + step + 1
                return candidate
        return servers[0]

    def failed(self, upstream: Upstream, server: Server, now_us: int) -> None:
        """Note that a server did not answer: nginx leaves it out for `fail_timeout`."""
        if upstream.fail_timeout_us:
            self._failed_until[upstream.name, server] = now_us + upstream.fail_timeout_us
