"""One request on its way through an ingress controller: connections to Pods until one answers.

Source: nginx src/http/ngx_http_upstream.c (ngx_http_upstream_next: error, timeout; no second try of a POST that was
sent); a connection of its own for every attempt, from the controller's address to the Pod's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dataplane.hop import Param, Text
from app.dataplane.localports import local_port
from app.workloads.http.client import Fetch, Fetched, fetch
from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange
from app.workloads.ingress.done import Attempt, Done
from app.workloads.ingress.router import Route, Upstream
from app.workloads.ingress.view import Server

if TYPE_CHECKING:
    from app.workloads.ingress.program import IngressImage

__all__ = ["Proxied"]

NON_IDEMPOTENT = ("POST", "LOCK", "PATCH")
#: What the error log says, by what became of the connection.
WHY = {
    "ECONNREFUSED": "connect() failed (111: Connection refused)",
    "EHOSTUNREACH": "connect() failed (113: Host is unreachable)",
    "ENETUNREACH": "connect() failed (101: Network is unreachable)",
    "ECONNRESET": "recv() failed (104: Connection reset by peer)",
    "timeout": "upstream timed out (110: Operation timed out)", "empty": "upstream prematurely closed connection",
    "malformed": "upstream sent invalid header",
}  # fmt: skip


class Proxied:
    """The attempts of one request. `next` tries one server more."""

    def __init__(self, image: IngressImage, exchange: Exchange, route: Route, upstream: Upstream) -> None:
        self.image = image
        self.exchange = exchange
        self.route = route
        self.upstream = upstream
        self.attempts: list[Attempt] = []
        self._tried: list[Server] = []
        self._fetch: Fetch | None = None
        self._since_us = exchange.began_us
        exchange.on_gone = self._gone

    def next(self) -> None:
        """Open a connection to the next server; without one the request has failed."""
        world = self.image.world
        now_us = world.clock.now_us
        server = self.image.balancer.pick(self.upstream, self._tried, now_us, world.network.preferred)
        if server is None:
            self.image.complain(self.exchange, "no live upstreams while connecting to upstream", self.upstream.name)
            self.attempts.append(Attempt(self.upstream.name, 502, 0, 0))
            self._fail(502)
            return
        self._tried.append(server)
        self._since_us = now_us
        sport = local_port(self.exchange.netns)
        params: dict[str, Param] = {
            "controller": self.image.process, "server": str(server), "sport": sport, "upstream": self.upstream.name,
            "attempt": len(self._tried),
        }  # fmt: skip
        code = "http-upstream" if len(self._tried) == 1 else "http-upstream-next"
        evidence = Text(self.image.tool_of(self.route), self.image.line_of(self.route, str(server)))
        self.exchange.hop("http-match", code, params, evidence)
        read_us = self.upstream.read_timeout_us
        self._fetch = fetch(
            self.image.container.machine, (server.address, server.port), self.image.passed_on(self.exchange),
            lambda fetched: self._heard(server, fetched), sport=sport,
            connect_timeout_us=self.upstream.connect_timeout_us,
            timeout_us=self.upstream.connect_timeout_us + read_us if read_us else None, lasting=True,
        )  # fmt: skip

    def _heard(self, server: Server, fetched: Fetched) -> None:
        now_us = self.image.world.clock.now_us
        took_us = now_us - self._since_us
        if fetched.response is not None:
            response = fetched.response
            self.attempts.append(Attempt(str(server), response.status, len(response.body), took_us))
            self._done(self.image.passed_back(response))
            return
        status = 504 if fetched.error == "timeout" else 502
        self.attempts.append(Attempt(str(server), status, 0, took_us))
        self.image.balancer.failed(self.upstream, server, now_us)
        doing = "reading response header from" if fetched.is_connected else "connecting to"
        why = WHY.get(fetched.error, fetched.error)
        self.image.complain(self.exchange, f"{why} while {doing} upstream", str(server))
        params: dict[str, Param] = {
            "controller": self.image.process, "server": str(server), "why": why, "status": status,
            "upstream": self.upstream.name,
        }  # fmt: skip
        evidence = Text(self.image.tool_of(self.route), self.image.line_of(self.route, str(server)))
        code = "http-upstream-timeout" if status == 504 else "http-upstream-failed"
        self.exchange.hop("http-match", code, params, evidence)
        may_repeat = not (fetched.is_connected and self.exchange.request.method in NON_IDEMPOTENT)
        if may_repeat and len(self._tried) < self.image.balancer.tries(self.upstream):
            self.next()
        else:
            self._fail(status)

    def _fail(self, status: int) -> None:
        self._done(self.image.answer(status))

    def _done(self, response: HttpResponse) -> None:
        self.image.finish(Done(self.exchange, self.route, response, tuple(self.attempts)))

    def _gone(self) -> None:
        """The client has closed: nginx lets go of the server too."""
        if self._fetch is not None:
            self._fetch.close()
