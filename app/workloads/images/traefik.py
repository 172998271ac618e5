"""traefik: entry points web and websecure, and the API that tells of its routers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from app.dataplane.sockets import Listener
from app.workloads.http.dates import http_date, now_of
from app.workloads.http.message import Headers, HttpResponse
from app.workloads.http.server import Exchange, HttpServer
from app.workloads.images import images
from app.workloads.ingress.controllers.traefik import FILE
from app.workloads.ingress.program import IngressImage
from app.workloads.ingress.router import Published
from app.workloads.tls.certificates import Certificate, self_signed

__all__ = ["TraefikImage"]

API_PORT = 8080
#: What is said without a Pod. Source: Go's net/http (404), pkg/proxy/httputil (statusText), loadbalancer/wrr.
TEXTS = {404: "404 page not found\n", 503: "no available server\n", 502: "Bad Gateway", 504: "Gateway Timeout"}


@images.register("traefik")
class TraefikImage(IngressImage):
    """Changes are taken in at most once in two seconds (providersThrottleDuration)."""

    name = "traefik"
    process = "traefik"
    delay_us = 2_000_000

    def ports(self) -> Sequence[tuple[int, bool]]:
        """Return the entry points: plain ones, and `websecure` or those with http.tls."""
        found = []
        for word in self.settings.args:
            point = re.fullmatch(r"--entrypoints\.([\w-]+)\.address=.*?:(\d+)(?:/tcp)?", word, re.IGNORECASE)
            if point is not None and point[1] != "traefik":
                is_tls = point[1] == "websecure" or f"--entrypoints.{point[1]}.http.tls=true" in self.settings.args
                found.append((int(point[2]), is_tls))
        return found or [(80, False)]

    def serve_more(self) -> None:
        """Answer /ping and the API."""
        api = HttpServer(self.process, self._tell)
        self.container.listen(Listener("tcp", API_PORT, self.process, program=api))

    def _tell(self, exchange: Exchange) -> None:
        if exchange.request.path == "/ping":
            exchange.respond(HttpResponse(200, (("Content-Type", "text/plain; charset=utf-8"),), b"OK"))
        elif exchange.request.path == FILE:
            body = self.router.files()[FILE].encode()
            exchange.respond(HttpResponse(200, (("Content-Type", "application/json"),), body))
        else:
            exchange.respond(self.answer(404))

    def published(self) -> Published:
        """Return the ingressEndpoint of the flags."""
        point = "providers.kubernetesingress.ingressendpoint."
        return Published(self.settings.flag(f"{point}ip"), self.settings.flag(f"{point}publishedservice"))

    def default_certificate(self) -> Certificate:
        """Return Traefik's own (pkg/tls/generate)."""
        return self_signed("TRAEFIK DEFAULT CERT", ("TRAEFIK DEFAULT CERT",))

    def answer(self, status: int, location: str = "") -> HttpResponse:
        """Return what Go and Traefik say."""
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
        headers += [("Location", location)] if location else []
        body = TEXTS.get(status, "").encode()
        told = [*headers, ("Date", http_date(now_of(self.world))), ("Content-Length", str(len(body)))]
        return HttpResponse(status, tuple(sorted(told)), body, HTTPStatus(status).phrase)

    def upstream_headers(self, exchange: Exchange) -> Headers:
        """Return what pkg/middlewares/forwardedheaders sets; nobody's own X-Forwarded-* are trusted."""
        request = exchange.request
        host = request.header("host")
        return (
            ("Host", host),
            ("User-Agent", request.header("user-agent")),
            ("Accept", request.header("accept")),
            ("X-Forwarded-For", str(exchange.client)),
            ("X-Forwarded-Host", host),
            ("X-Forwarded-Port", "443" if exchange.is_tls else "80"),
            ("X-Forwarded-Proto", "https" if exchange.is_tls else "http"),
            ("X-Forwarded-Server", self.container.machine.hostname),
            ("X-Real-Ip", str(exchange.client)),
        )

    def client_headers(self, headers: Headers, response: HttpResponse) -> Headers:  # noqa: ARG002
        """Return a Pod's fields as Go writes them: in the order of their names."""
        return tuple(sorted(headers))
