"""registry.k8s.io/ingress-nginx/controller: the Kubernetes community's controller (retired in March 2026)."""

from __future__ import annotations

import hashlib

from app.dataplane.sockets import Listener
from app.workloads.http.message import Headers, HttpResponse
from app.workloads.http.server import Exchange, HttpServer
from app.workloads.images import images
from app.workloads.ingress.done import Done
from app.workloads.ingress.nginx_program import NginxImage
from app.workloads.ingress.router import Published
from app.workloads.tls.certificates import Certificate, self_signed

__all__ = ["IngressNginxImage"]

HEALTH_PORT = 10254
NOT_FOUND = 404
DEFAULT_BACKEND = "127.0.0.1:8181"
"""nginx's own server that answers what nobody wants, with 404."""


@images.register("ingress-nginx/controller")
class IngressNginxImage(NginxImage):
    """Endpoints reach nginx through Lua, once a second (BACKENDS_SYNC_INTERVAL)."""

    name = "ingress-nginx/controller"
    delay_us = 1_000_000
    status_period_us = 60_000_000

    @property
    def software(self) -> str:
        """nginx: server_tokens is off."""
        return "nginx"

    @property
    def server(self) -> str:
        """No field: `more_clear_headers Server`."""
        return ""

    def serve_more(self) -> None:
        """Answer the kubelet's probes."""
        health = HttpServer("nginx-ingress-controller", lambda exchange: exchange.respond(HttpResponse(200, (), b"ok")))
        self.container.listen(Listener("tcp", HEALTH_PORT, "nginx-ingress-controller", program=health))

    def published(self) -> Published:
        """Return the flags' choice: an address, a Service, or the nodes that it runs on."""
        address, service = (self.settings.flag(f"publish-{name}") for name in ("status-address", "service"))
        return Published(address, "" if address else service, not address and not service)

    def default_certificate(self) -> Certificate:
        """Return the fake certificate (internal/net/ssl/ssl.go, GetFakeSSLCert)."""
        return self_signed("Kubernetes Ingress Controller Fake Certificate", ("ingress.local",), "Acme Co")

    def upstream_headers(self, exchange: Exchange) -> Headers:
        """Return what nginx.tmpl sets; without use-forwarded-headers a client's own X-Forwarded-* count for nothing."""
        request = exchange.request
        host, scheme = request.header("host"), "https" if exchange.is_tls else "http"
        return (
            ("Host", host),
            ("X-Request-ID", self._request_id(exchange)),
            ("X-Real-IP", str(exchange.client)),
            ("X-Forwarded-For", str(exchange.client)),
            ("X-Forwarded-Host", host),
            ("X-Forwarded-Port", str(exchange.local[1])),
            ("X-Forwarded-Proto", scheme),
            ("X-Forwarded-Scheme", scheme),
            ("X-Scheme", scheme),
            ("X-Original-Forwarded-For", request.header("x-forwarded-for")),
            ("Proxy", ""),
        )

    def _request_id(self, exchange: Exchange) -> str:
        """Return the client's own id, else one that is derived from the connection and the moment."""
        given = exchange.request.header("x-request-id")
        seed = f"{exchange.remote} {exchange.began_us}".encode()
        return given or hashlib.sha1(seed, usedforsecurity=False).hexdigest()[:32]

    def log_tail(self, done: Done) -> str:
        """Return what `log_format upstreaminfo` has after the user agent."""
        exchange, attempts = done.exchange, done.attempts
        took = (self.world.clock.now_us - exchange.began_us) / 1e6
        upstream = done.route.upstream.name if done.route.upstream else "upstream-default-backend"
        rows = [
            ", ".join(each.server for each in attempts),
            ", ".join(str(each.size) for each in attempts),
            ", ".join(f"{each.took_us / 1e6:.3f}" for each in attempts),
            ", ".join(str(each.status) for each in attempts),
        ]
        if done.route.upstream is None and done.route.status == NOT_FOUND:
            rows = [DEFAULT_BACKEND, str(len(done.response.body)), "0.000", str(NOT_FOUND)]
        told = " ".join(row or "-" for row in rows)
        length = len(exchange.request.render())
        return f"{length} {took:.3f} [{upstream}] [] {told} {self._request_id(exchange)}"
